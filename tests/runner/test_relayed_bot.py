"""A whole bot on the relay: it loses the relay, gets another key, and every order is in both books."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.relays import Relay
from tests.support.logins import a_bot_login
from tests.support.lone_runner import LoneExchange, LoneRunner, lone_exchange
from tests.support.postgres import Database
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
SPEC: dict[str, Any] = {
    "owner": "alice", "mode": "paper", "quoteAsset": "USDT", "paper": {"balances": {"USDT": "10000"}},
    "strategies": [
        {
            "name": "dca", "type": "dca", "symbols": ["BTCUSDT"], "interval": "1m", "capital": "5000",
            "params": {"amount": "20"},
        }
    ],
}  # fmt: skip


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[LoneExchange]:
    with lone_exchange(tmp_path, "--seed=7", "--speed=20") as made:
        yield made


@pytest.fixture
def relay(exchange: LoneExchange) -> Iterator[Relay]:
    server = Relay(exchange.port)
    yield server
    if server.process.poll() is None:
        server.kill()


@pytest.fixture
def runner(
    tmp_path: Path, exchange: LoneExchange, relay: Relay, database: Database
) -> Iterator[LoneRunner]:
    account = exchange.account("kbots-bots/alice", {"USDT": "10000"})
    made = LoneRunner(
        folder=tmp_path / "pod",
        login=a_bot_login(database, account_uid=str(account["uid"])),
        spec=SPEC,
        exchange=exchange,
        account=account,
        relay_port=relay.port,
    )
    made.start()
    yield made
    made.stop()


def orders(exchange: LoneExchange) -> list[str]:
    found = exchange.get("/admin/v1/orders?name=kbots-bots/alice")["orders"]
    return sorted(one["clientOrderId"] for one in found)


def test_bot_trades_on_without_its_relay_and_by_a_new_key(
    runner: LoneRunner, exchange: LoneExchange, relay: Relay, database: Database
) -> None:
    def trades(more: int) -> None:
        enough = len(orders(exchange)) + more
        wait_until(lambda: len(orders(exchange)) >= enough, f"{more} more orders", seconds=60)

    trades(2)
    assert "source=relay" in runner.log() or '"source": "relay"' in runner.log()
    relay.kill()
    wait_until(lambda: "the relay is stale" in runner.log(), "the venue's own stream", seconds=30)
    trades(2)

    old = runner.account
    fresh = exchange.post("/admin/v1/keys", {"name": "kbots-bots/alice"})
    runner.account = {**old, **fresh}
    runner.write()
    wait_until(lambda: "key_taken" in runner.log(), "the new key", seconds=20)
    exchange.delete(f"/admin/v1/keys/{old['apiKey']}")
    trades(2)

    assert runner.process is not None
    os.kill(runner.process.pid, signal.SIGTERM)
    assert runner.process.wait(20) == 0
    rows = database.rows("select client_order_id, status from kbots.orders order by 1")
    assert [row[0] for row in rows] == orders(exchange)
    assert {row[1] for row in rows} == {"FILLED"}
