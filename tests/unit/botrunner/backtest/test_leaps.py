"""Candles passed in one step leave what `decide` leaves of them one by one."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.candles.bars import Bar
from botcore.candles.csv_file import Series
from botcore.candles.intervals import INTERVALS
from botrunner.backtest.driver import Backtest
from tests.support.backtesting import FullRecord, a_backtest

UNITS = 100_000_000
CENT = 1_000_000
BEGIN_MS = 1_709_251_200_000
PRICES = {"BTCUSDT": 40_000, "ETHUSDT": 2_500, "BNBUSDT": 600, "SOLUSDT": 150, "LTCUSDT": 80}
FAST = {"fast": 4, "slow": 9}


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


BOTS: dict[str, list[dict[str, Any]]] = {
    "ema-cross": [one("a", "ema-cross", "BTCUSDT", **FAST, stopLossPercent="2")],
    "ema-cross, bare": [one("a", "ema-cross", "BTCUSDT", **FAST)],
    "ema-cross, target": [one("a", "ema-cross", "BTCUSDT", **FAST, takeProfitPercent="3")],
    "ema-cross, trail": [one("a", "ema-cross", "BTCUSDT", **FAST, trailingStopPercent="2")],
    "ema-cross, all": [
        one("a", "ema-cross", "BTCUSDT", **FAST, trailingStopPercent="3", stopLossPercent="2",
            takeProfitPercent="5", timeLimitCandles=7, cooldownCandles=2)
    ],
    "ema-cross, so little that it leaves dust": [
        one("a", "ema-cross", "BTCUSDT", **FAST, stopLossPercent="2", capital="12")
    ],
    "rsi": [one("a", "rsi", "ETHUSDT", length=5, oversold=40, overbought=60, timeLimitCandles=9)],
    "bollinger": [one("a", "bollinger", "BNBUSDT", length=8, deviations="1", stopLossPercent="4")],
    "bollinger, upper": [one("a", "bollinger", "BNBUSDT", length=8, deviations="1", exitAt="upper")],
    "macd": [one("a", "macd", "SOLUSDT", fast=4, slow=9, signal=3, stopLossPercent="5")],
    "supertrend": [one("a", "supertrend", "LTCUSDT", length=5, multiplier="1.5", takeProfitPercent="4")],
    "grid": [one("a", "grid", "BTCUSDT", lowerPrice="34000", upperPrice="46000", grids=12)],
    "grid beside ema-cross": [
        one("a", "grid", "BTCUSDT", lowerPrice="34000", upperPrice="46000", grids=6, stopLossPercent="9"),
        one("b", "ema-cross", "ETHUSDT", **FAST),
    ],
    "dca": [one("a", "dca", "BTCUSDT", interval="12h", amount="50", stopLossPercent="6")],
    "rebalance": [
        one("a", "rebalance", "BTCUSDT", "LTCUSDT", interval="4h", thresholdPercent="1",
            weights={"BTCUSDT": 60, "LTCUSDT": 40})
    ],
    "several symbols and intervals": [
        one("a", "ema-cross", "BTCUSDT", "ETHUSDT", **FAST, stopLossPercent="3"),
        one("b", "macd", "SOLUSDT", fast=3, slow=6, signal=3, interval="4h", stopLossPercent="8"),
        one("c", "dca", "LTCUSDT", interval="1d", amount="40"),
    ],
    "only longer candles": [
        one("a", "ema-cross", "BTCUSDT", fast=2, slow=5, interval="4h", trailingStopPercent="4"),
        one("b", "supertrend", "ETHUSDT", length=3, multiplier="1", interval="2h", timeLimitCandles=5),
    ],
    "brakes": [
        one("a", "ema-cross", "BTCUSDT", **FAST, stopLossPercent="1"),
        one("b", "supertrend", "ETHUSDT", length=3, multiplier="1", stopLossPercent="2"),
    ],
}  # fmt: skip
RISKS = {
    "brakes": {
        "maxDailyLoss": "60", "maxDrawdownPercent": "4", "maxStopLosses": 2, "stopLossPauseMinutes": 300,
    },
}  # fmt: skip


def a_walk(symbol: str, count: int, seed: int, *, first: int = 0) -> Series:
    """Make hourly candles with gaps, quiet hours, plateaus and leaps."""
    chance, bars = random.Random(seed), []
    last = PRICES[symbol] * UNITS
    while len(bars) < count:
        kind = chance.random()
        if kind < 0.04:
            bars += [Bar(last, last, last, last, 0)] * chance.randint(1, 6)
            continue
        if kind < 0.05:
            last = last * chance.randint(880, 1120) // 1000
        opened = last * chance.randint(9_980, 10_020) // 10_000
        last = opened * chance.randint(9_880, 10_122) // 10_000
        high = max(opened, last) * chance.randint(10_000, 10_060) // 10_000
        low = min(opened, last) * chance.randint(9_940, 10_000) // 10_000
        bars.append(Bar(opened, high, low, last, chance.randint(1, 10**6) * CENT))
    begin_ms = BEGIN_MS + first * INTERVALS["1h"]
    return Series(symbol=symbol, interval="1h", begin_ms=begin_ms, bars=bars[:count])


def a_tape(strategies: Sequence[dict[str, Any]], count: int, seed: int) -> list[Series]:
    symbols = {symbol: None for strategy in strategies for symbol in strategy["symbols"]}
    chance = random.Random(seed)
    return [
        a_walk(symbol, count - chance.randint(0, 30), seed + place, first=chance.randint(0, 20) * (place > 0))
        for place, symbol in enumerate(symbols)
    ]  # fmt: skip


def both(
    case: str, count: int, seed: int, first: int = 0
) -> list[tuple[Backtest, FullRecord, Any]]:
    spec = {"owner": "alice", "mode": "paper", "paper": {"balances": {"USDT": "1000000"}}}
    spec |= {"strategies": BOTS[case]} | ({"risk": RISKS[case]} if case in RISKS else {})
    series = a_tape(BOTS[case], count, seed)
    runs = [a_backtest(spec, series, first=first, is_exact=exact) for exact in (True, False)]
    for run, _, _ in runs:
        run.run()
    return runs


def leaves(run: Backtest, record: FullRecord, venue: Any) -> dict[str, Any]:
    worth = record.worth
    return {
        "state": run.state,
        "done": run.done,
        "fills": record.every_fill,
        "trades": record.trades,
        "decisions": {key: count for key, count in record.decisions.items() if count},
        "blocked": record.blocked,
        "fees": record.fees,
        "equity": worth.whole.samples(10**6),
        "parts": {name: curve.samples(10**6) for name, curve in worth.strategies.items()},
        "performance": worth.whole.performance(3_600_000),
        "held": {key: count for key, count in worth.held.items() if count},
        "holding": {key: count for key, count in worth.holding.items() if count},
        "invested": worth.invested,
        "balances": venue.balances(),
    }


def compare(runs: list[tuple[Backtest, FullRecord, Any]]) -> None:
    exact, leaping = (leaves(*one) for one in runs)
    for name, value in exact.items():
        assert leaping[name] == value, name


@pytest.mark.parametrize("case", BOTS)
def test_leaps_leave_what_every_candle_leaves(case: str) -> None:
    runs = both(case, 700, 11, first=40)

    compare(runs)
    assert runs[0][1].fills > 2


@settings(max_examples=40, deadline=None)
@given(
    case=st.sampled_from(sorted(BOTS)),
    seed=st.integers(0, 10**6),
    count=st.integers(60, 260),
    first=st.integers(0, 30),
)
def test_leaps_leave_what_every_candle_leaves_of_any_tape(
    case: str, seed: int, count: int, first: int
) -> None:
    compare(both(case, count, seed, first))


def test_most_candles_are_passed_without_a_decision() -> None:
    exact, leaping = both("ema-cross", 700, 11)

    decided = [len(record.every_decision) for _, record, _ in (exact, leaping)]
    assert decided[0] == exact[0].done
    assert decided[1] < 350
    assert Decimal(leaping[1].decisions["a", "Hold"]) == exact[1].decisions["a", "Hold"]
