"""A year of hourly candles through exchange, runner and ledger in lockstep: repeatable to the last trade."""

import csv
import os
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.logins import a_bot_login
from tests.support.lone_runner import LoneExchange, LoneRunner, lone_exchange
from tests.support.postgres import Database, Server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.standalone
YEAR = 8760
SPEC: dict[str, Any] = {
    "owner": "alice",
    "mode": "paper",
    "paper": {"balances": {"USDT": "10000"}},
    "strategies": [
        {
            "name": "trend", "type": "ema-cross", "symbols": ["BTCUSDT"], "interval": "1h",
            "capital": "5000", "params": {"fast": 12, "slow": 48, "stopLossPercent": "3"},
        }
    ],
}  # fmt: skip


def year_of_candles(folder: Path) -> Path:
    """Write BTCUSDT-1h.csv: a year of real candles where KBOTS_CANDLES has them, else a seeded walk."""
    path = folder / "BTCUSDT-1h.csv"
    real = Path(os.environ.get("KBOTS_CANDLES", "")) / "BTCUSDT-1h.csv"  # noqa: TID251 the test's own
    rows = _real_year(real) if real.is_file() else _seeded_year()
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["time", "open", "high", "low", "close", "volume"])
        writer.writerows(rows)
    return path


def _real_year(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    first = next(index for index, row in enumerate(rows) if row[0].startswith("2021-01-01"))
    return rows[first : first + YEAR]


def _seeded_year() -> list[list[str]]:
    chance = random.Random(7)
    price = Decimal(30000)
    rows = []
    for hour in range(YEAR):
        day, rest = divmod(hour, 24)
        month, of_month = divmod(day, 28)
        opened = price
        price = (opened * (1 + Decimal(chance.randint(-150, 152)) / 10000)).quantize(
            Decimal("0.01")
        )
        high, low = max(opened, price) * Decimal("1.003"), min(opened, price) * Decimal("0.997")
        when = f"{2021 + month // 12}-{month % 12 + 1:02}-{of_month + 1:02} {rest:02}:00:00"
        rows.append(
            [
                when,
                *(format(p.quantize(Decimal("0.01")), "f") for p in (opened, high, low, price)),
                "10",
            ]
        )
    return rows


def replay(folder: Path, candles: Path, database: Database) -> dict[str, Any]:
    """Run the year once; returns the ledger's fills and the exchange's books."""
    folder.mkdir()
    options = ("--source", "replay", "--csv", str(candles), "--lockstep", "1")
    with lone_exchange(folder, *options) as exchange:
        account = exchange.account("kbots-bots/alice", {"USDT": "10000"})
        login = a_bot_login(database, account_uid=str(account["uid"]))
        runner = LoneRunner(
            folder=folder,
            login=login,
            spec=SPEC,
            exchange=exchange,
            account=account,
            lockstep="alice",
        )
        process = runner.start()

        def finished() -> bool:
            assert process.poll() is None, runner.log()[-3000:]
            return exchange.get("/lockstep/v1", admin=False)["state"] == "finished"

        wait_until(finished, "the year is over", seconds=150, every=0.5)
        runner.stop()
        return {"fills": ledger_fills(database), **books(exchange), "database": database}


def ledger_fills(database: Database) -> list[tuple[Any, ...]]:
    return database.rows(
        "select venue_time, strategy, symbol, purpose, side, price, quantity, commission, commission_asset"
        " from kbots.fills order by venue_time, trade_id"
    )


def books(exchange: LoneExchange) -> dict[str, Any]:
    return {
        "truth": exchange.get("/admin/v1/orders?name=kbots-bots/alice"),
        "account": exchange.get("/admin/v1/accounts/kbots-bots/alice"),
    }


@pytest.mark.e2e
@pytest.mark.timeout(400)
def test_year_replayed_twice_gives_the_same_trades_and_books_agree(
    tmp_path: Path, postgres_server: Server
) -> None:
    candles = year_of_candles(tmp_path)

    first, second = (
        replay(tmp_path / name, candles, postgres_server.create()) for name in ("first", "second")
    )

    assert len(first["fills"]) > 50
    assert first["fills"] == second["fills"]
    for run in (first, second):
        assert len(run["truth"]["trades"]) == len(run["fills"])
        assert balances_of(run["fills"]) == exchange_balances(run["account"])


def balances_of(fills: list[tuple[Any, ...]]) -> dict[str, Decimal]:
    """Fold the ledger's fills into balances, from the start of the paper account."""
    held = {"USDT": Decimal(10000), "BTC": Decimal(0)}
    for _, _, _, _, side, price, quantity, commission, asset in fills:
        sign = 1 if side == "BUY" else -1
        held["BTC"] += sign * quantity
        held["USDT"] -= sign * price * quantity
        held[asset] -= commission
    return held


def exchange_balances(account: dict[str, Any]) -> dict[str, Decimal]:
    held = {
        asset: Decimal(amounts["free"]) + Decimal(amounts["locked"])
        for asset, amounts in account["balances"].items()
    }
    return {"USDT": held.get("USDT", Decimal(0)), "BTC": held.get("BTC", Decimal(0))}
