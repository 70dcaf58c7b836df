"""What an indicator does along candles is what its strategy says at each of them, to the last bit."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.market import Candle, Interval
from botcore.resources.strategy_params import (
    BollingerParams,
    EmaCrossParams,
    ExitBand,
    MacdParams,
    RsiParams,
    StrategyParams,
    SupertrendParams,
)
from botrunner.trading.indicator_runs import Prices
from botrunner.trading.strategies.base import Holding, Signal, View
from botrunner.trading.strategies.registry import advise, run
from tests.support.trading import START

UNIT = Decimal("1E-8")
PARAMS: dict[str, StrategyParams] = {
    "ema-cross": EmaCrossParams(fast=2, slow=4),
    "macd": MacdParams(fast=2, slow=4, signal=3),
    "rsi": RsiParams(length=3, oversold=40, overbought=60),
    "bollinger": BollingerParams(length=4, deviations=Decimal("0.7")),
    "bollinger, upper": BollingerParams(
        length=4, deviations=Decimal("0.7"), exit_at=ExitBand.UPPER
    ),
    "supertrend": SupertrendParams(length=3, multiplier=Decimal("0.8")),
}
FLAT = Holding(quantity=Decimal(0), average_cost=Decimal(0))
HELD = Holding(quantity=Decimal(1), average_cost=Decimal(100), opened_at=START)
# Few different prices, so that values are often equal; and prices whose decimals no float holds.
PRICE = st.integers(1, 6).map(lambda one: one * 10**8) | st.integers(1, 10**13)
CANDLES = st.lists(st.tuples(PRICE, PRICE, PRICE).map(sorted), max_size=40)


def signal(params: StrategyParams, state: object, candle: Candle, holding: Holding) -> Any:
    held = {candle.symbol: holding}
    view = View(holding=holding, capital=Decimal(1000), holdings=held, marks={})
    return advise(params, state, candle, view)


@pytest.mark.parametrize("name", PARAMS)
@given(candles=CANDLES)
def test_run_remembers_the_same_and_marks_whatever_is_no_hold(
    name: str, candles: list[list[int]]
) -> None:
    params, state = PARAMS[name], None
    lows, closes, highs = ([one[column] for one in candles] for column in range(3))

    found = run(params, Prices(highs, lows, closes, 10**8))

    assert found is not None
    assert len(found.enters) == len(found.leaves) == len(candles)
    for place, (low, close, high) in enumerate(candles):
        candle = Candle(
            symbol="BTCUSDT",
            interval=Interval.M1,
            open_at=START + timedelta(minutes=place),
            close_at=START + timedelta(minutes=place + 1),
            open=close * UNIT,
            high=high * UNIT,
            low=low * UNIT,
            close=close * UNIT,
            volume=Decimal(1),
        )
        flat, held = (signal(params, state, candle, holding) for holding in (FLAT, HELD))
        assert flat.state == held.state == found.after(place)
        assert flat.signal is Signal.HOLD or found.enters[place]
        assert held.signal is Signal.HOLD or found.leaves[place]
        state = flat.state
