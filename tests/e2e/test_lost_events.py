"""A bot whose account's stream loses events: every order is in the books within seconds all the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.exchange_admin import ExchangeAdmin
from tests.support.logins import a_bot_login
from tests.support.lone_runner import LoneRunner, lone_exchange
from tests.support.postgres import Database
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.standalone, pytest.mark.e2e, pytest.mark.timeout(240)]

ACCOUNT = "kbots-bots/alice"
ORDER = "/api/v3/order"
FAR_LESS_SECONDS = 30
"""Than the two minutes between queries of an order that nothing speaks against; a slow machine included."""
SPEC: dict[str, Any] = {
    "owner": "alice", "mode": "paper", "paper": {"balances": {"USDT": "10000"}},
    "strategies": [
        {
            "name": "dca", "type": "dca", "symbols": ["BTCUSDT"], "interval": "1m", "capital": "510",
            "params": {"amount": "500", "stopLossPercent": "3"},
        }
    ],
}  # fmt: skip


@pytest.fixture
def runner(tmp_path: Path, database: Database) -> Iterator[LoneRunner]:
    with lone_exchange(tmp_path, "--seed=7", "--speed=60") as exchange:
        account = exchange.account(ACCOUNT, {"USDT": "10000"})
        made = LoneRunner(
            folder=tmp_path / "pod",
            login=a_bot_login(database, account_uid=str(account["uid"])),
            spec=SPEC,
            exchange=exchange,
            account=account,
        )
        made.start()
        yield made
        made.stop()


@pytest.mark.parametrize(
    "faults",
    [
        [{"kind": "drop", "target": "both"}],
        [
            {"kind": "error5xx", "path": ORDER, "method": "GET", "count": 4},
            {"kind": "drop", "target": "wsApi"},
        ],
        [
            {"kind": "eventLate", "path": ORDER, "count": 20, "ms": 3_600_000},
            {"kind": "reconnectStorm", "ms": 200, "count": 5},
        ],
    ],
    ids=["dropped", "dropped-and-not-answered", "late-for-ever-and-dropped-again-and-again"],
)
def test_stop_that_sells_while_the_stream_is_away_is_booked_within_seconds(
    runner: LoneRunner, database: Database, faults: list[dict[str, Any]]
) -> None:
    """TR-43, TR-59."""
    stops = "select count(*) from kbots.orders where purpose = 'StopLoss' and status = %s"
    booked = "select count(*) from kbots.fills where purpose = 'StopLoss'"
    wait_until(lambda: database.rows(stops, ("NEW",))[0][0], "a stop rests", seconds=90)
    admin = ExchangeAdmin(port=runner.exchange.admin_port)

    for fault in faults:
        admin.fault(**fault)
    admin.shock("BTCUSDT", "-3.4")  # through the trigger, and not beyond the limit

    wait_until(lambda: sold(admin), "the exchange sells", seconds=60)
    wait_until(
        lambda: database.rows(stops, ("FILLED",))[0][0] and database.rows(booked)[0][0],
        "the sale is in the books",
        seconds=FAR_LESS_SECONDS,
    )


def sold(admin: ExchangeAdmin) -> bool:
    return any(
        order["status"] == "FILLED" and order["side"] == "SELL"
        for order in admin.truth(ACCOUNT).orders
    )
