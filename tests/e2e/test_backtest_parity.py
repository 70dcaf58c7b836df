"""A backtest and a lockstep paper run over the same candles: the same decisions, the same trades."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.backtesting import a_backtest, read
from tests.support.logins import a_bot_login
from tests.support.lone_runner import LoneRunner, lone_exchange
from tests.support.postgres import Database, Server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.standalone

CANDLES = 500
START = datetime(2024, 3, 1, tzinfo=UTC)


PRICES = {
    "BTCUSDT": "40000", "ETHUSDT": "2500", "BNBUSDT": "600", "SOLUSDT": "150", "ADAUSDT": "0.5",
    "LTCUSDT": "80",
}  # fmt: skip


def one(name: str, kind: str, *symbols: str, **params: Any) -> dict[str, Any]:
    """Describe a strategy; `capital` and `interval` may be among its parameters."""
    return {
        "name": name,
        "type": kind,
        "symbols": list(symbols),
        "interval": params.pop("interval", "1h"),
        "capital": params.pop("capital", "5000"),
        "params": params,
    }


CASES: dict[str, list[dict[str, Any]]] = {
    "stop, beside a longer candle": [
        one("trend", "ema-cross", "BTCUSDT", fast=5, slow=12, stopLossPercent="2"),
        one("savings", "dca", "ETHUSDT", interval="4h", amount="40", stopLossPercent="6"),
    ],
    "more than the best offer holds": [
        one("trend", "ema-cross", "BTCUSDT", fast=5, slow=12, stopLossPercent="3", capital="400000"),
    ],
    "targets, trails, pauses, limits of time": [
        one("trend", "ema-cross", "BTCUSDT", fast=5, slow=12, takeProfitPercent="3"),
        one("dips", "bollinger", "ETHUSDT", deviations="1.5", trailingStopPercent="3"),
        one("oversold", "rsi", "BNBUSDT", length=6, oversold=35, overbought=60, timeLimitCandles=9),
        one("momentum", "macd", "SOLUSDT", fast=5, slow=12, signal=4, cooldownCandles=3),
        one("turns", "supertrend", "ADAUSDT", length=7, multiplier="2", takeProfitPercent="4"),
    ],
    "quotes": [
        one("range", "grid", "BTCUSDT", lowerPrice="34000", upperPrice="46000", grids=12),
        one("net", "grid", "BNBUSDT", lowerPrice="480", upperPrice="720", grids=8, stopLossPercent="9"),
    ],
    "several symbols": [
        one("basket", "rebalance", "BTCUSDT", "LTCUSDT", thresholdPercent="1",
            weights={"BTCUSDT": 60, "LTCUSDT": 40}),
    ],
}  # fmt: skip


def walk(folder: Path, symbol: str, price: str, seed: int) -> Path:
    """Write a seeded walk of hourly candles with a gap, quiet hours and leaps in it."""
    chance = random.Random(seed)
    last = Decimal(price)
    cent = Decimal("0.0001") if last < 1 else Decimal("0.01")
    path = folder / f"{symbol}-1h.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("time,open,high,low,close,volume\n")
        for hour in range(CANDLES):
            if 200 <= hour < 204:
                continue  # a gap: flat candles without trades (TR-35)
            opened = last * (1 + Decimal(chance.randint(-40, 40)) / 10000)
            last = opened * (1 + Decimal(chance.randint(-180, 182)) / 10000)
            high = max(opened, last) * (1 + Decimal(chance.randint(0, 90)) / 10000)
            low = min(opened, last) * (1 - Decimal(chance.randint(0, 90)) / 10000)
            volume = Decimal(chance.randint(1, 4000)) / 10
            at = START + timedelta(hours=hour)
            prices = ",".join(str(value.quantize(cent)) for value in (opened, high, low, last))
            file.write(f"{at.isoformat()},{prices},{volume}\n")
    return path


def on_paper(
    folder: Path, spec: dict[str, Any], files: list[Path], database: Database
) -> dict[str, Any]:
    """Let exchange, runner and ledger trade the candles in lockstep."""
    options = ["--source=replay", "--lockstep=1", *(f"--csv={one}" for one in files)]
    with lone_exchange(folder, *options) as exchange:
        account = exchange.account("kbots-bots/alice", spec["paper"]["balances"])
        runner = LoneRunner(
            folder=folder,
            login=a_bot_login(database, account_uid=str(account["uid"])),
            spec=spec,
            exchange=exchange,
            account=account,
            lockstep="alice",
        )
        process = runner.start()

        def finished() -> bool:
            assert process.poll() is None, runner.log()[-3000:]
            return exchange.get("/lockstep/v1", admin=False)["state"] == "finished"

        wait_until(finished, "the candles are over", seconds=240, every=0.3)
        runner.stop()
        books = exchange.get("/admin/v1/accounts/kbots-bots/alice")["balances"]
    return {
        "fills": database.rows(
            "select venue_time, strategy, symbol, purpose, side, price, quantity, commission,"
            " commission_asset from kbots.fills order by venue_time, trade_id"
        ),
        "decisions": database.rows(
            "select candle_close, strategy, symbol, action, reason, price from kbots.decisions"
            " order by candle_close, strategy, symbol"
        ),
        "balances": {
            asset: Decimal(one["free"]) + Decimal(one["locked"]) for asset, one in books.items()
        },
    }


def in_backtest(spec: dict[str, Any], files: list[Path]) -> dict[str, Any]:
    run, record, venue = a_backtest(spec, read(*files))
    run.run()
    leaping, short, again = a_backtest(spec, read(*files), is_exact=False)
    leaping.run()
    assert (short.every_fill, again.balances()) == (record.every_fill, venue.balances())
    fills = sorted(record.every_fill, key=lambda one: (one.fill.venue_time, one.fill.trade_id))
    decisions = sorted(
        record.every_decision, key=lambda one: (one.candle_close, one.strategy, one.symbol)
    )
    return {
        "fills": [
            (
                one.fill.venue_time, one.order.strategy, one.fill.symbol, one.order.purpose.value,
                one.fill.side.value, one.fill.price, one.fill.quantity, one.fill.commission,
                one.fill.commission_asset,
            )
            for one in fills
        ],
        "decisions": [
            (one.candle_close, one.strategy, one.symbol, one.action, one.reason, one.price)
            for one in decisions
        ],
        "balances": venue.balances(),
    }  # fmt: skip


@pytest.mark.e2e
@pytest.mark.timeout(400)
@pytest.mark.parametrize("case", CASES)
def test_backtest_decides_and_trades_as_a_lockstep_paper_run(
    case: str, tmp_path: Path, postgres_server: Server
) -> None:
    strategies = CASES[case]
    spec = {"owner": "alice", "mode": "paper", "paper": {"balances": {"USDT": "1000000"}}}
    spec |= {"strategies": strategies}
    symbols = [symbol for strategy in strategies for symbol in strategy["symbols"]]
    files = [walk(tmp_path, symbol, PRICES[symbol], seed) for seed, symbol in enumerate(symbols, 7)]

    past = in_backtest(spec, files)
    paper = on_paper(tmp_path, spec, files, postgres_server.create())

    assert len(past["fills"]) > 20
    assert past["fills"] == paper["fills"]
    assert past["decisions"] == paper["decisions"]
    assert past["balances"] == paper["balances"]
