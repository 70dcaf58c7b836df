"""What every strategy keeps to, whatever the market does."""

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.domain.instruments import Instrument
from botcore.domain.market import Candle
from botcore.domain.money import ZERO, floor_to_step
from botcore.domain.orders import Side
from botcore.resources.strategy_params import (
    PARAMETER_MODELS,
    BollingerParams,
    CustomParams,
    DcaParams,
    EmaCrossParams,
    GridParams,
    MacdParams,
    RebalanceParams,
    RsiParams,
    Spacing,
    StrategyParams,
    SupertrendParams,
)
from botrunner.trading.strategies.base import Advice, Holding, Quote, Signal, View
from botrunner.trading.strategies.registry import advise, warm_up_candles
from tests.support.trading import a_candle, an_instrument

RANGE = {"lower_price": Decimal("0.5"), "upper_price": Decimal(20000)}
PARAMS: tuple[StrategyParams, ...] = (
    DcaParams(amount=Decimal(10)),
    GridParams(**RANGE, grids=7),
    GridParams(**RANGE, grids=20, spacing=Spacing.GEOMETRIC),
    EmaCrossParams(fast=2, slow=4),
    RsiParams(length=3),
    BollingerParams(length=3, deviations=Decimal("0.5")),
    MacdParams(fast=2, slow=3, signal=2),
    SupertrendParams(length=2, multiplier=Decimal("0.5")),
    RebalanceParams(weights={"BTCUSDT": 70, "ETHUSDT": 30}, threshold_percent=Decimal("0.5")),
)
FILTERS = (
    an_instrument(),
    an_instrument(tick_size=Decimal(0), step_size=Decimal(0), min_notional=Decimal(0)),
    an_instrument(tick_size=Decimal("0.1"), step_size=Decimal("0.1"), max_quantity=Decimal(3)),
    None,
)
VALUES = (int, float, str, Decimal, type(None))

amounts = st.one_of(
    st.decimals("0.00000001", 10**6, places=8),
    st.sampled_from(
        [Decimal("0.00000001"), Decimal(1), Decimal(100), Decimal("99999999.99999999")]
    ),
)


@st.composite
def steps(draw: Any) -> tuple[Candle, View]:
    """A candle of any shape, and what could be held at the time."""
    close = draw(amounts)
    high, low = max(close, draw(amounts)), min(close, draw(amounts))
    holdings = {symbol: draw(holding()) for symbol in ("BTCUSDT", "ETHUSDT")}
    marks = {"BTCUSDT": close} | draw(st.sampled_from([{}, {"ETHUSDT": Decimal(7)}]))
    return a_candle(0, str(close), high=str(high), low=str(low)), View(
        holding=holdings["BTCUSDT"],
        capital=draw(st.sampled_from([Decimal(1), Decimal(1000), Decimal("99999999999.12345678")])),
        instrument=draw(st.sampled_from(FILTERS)),
        holdings=holdings,
        marks=marks,
    )


@st.composite
def holding(draw: Any) -> Holding:
    quantity = draw(st.one_of(st.just(ZERO), amounts))
    return Holding(quantity=quantity, average_cost=draw(amounts) if quantity else ZERO)


def run(
    params: StrategyParams, path: list[tuple[Candle, View]]
) -> Iterator[tuple[View, Candle, Advice]]:
    state: object = None
    for candle, view in path:
        advice = advise(params, state, candle, view)
        yield view, candle, advice
        state = advice.state


def test_every_type_has_its_module_and_is_tried_here() -> None:
    tried = {type(params) for params in PARAMS} | {CustomParams}

    assert tried == set(PARAMETER_MODELS.values())
    assert all(1 <= warm_up_candles(params) <= 1000 for params in PARAMS)


@pytest.mark.parametrize("params", PARAMS, ids=lambda one: type(one).__name__)
@given(path=st.lists(steps(), min_size=1, max_size=12))
@settings(deadline=None, max_examples=40)
def test_strategy_keeps_to_the_rules(
    params: StrategyParams, path: list[tuple[Candle, View]]
) -> None:
    """Never raises, always says why, the same twice (TR-37), fitted orders (TR-23 to TR-26)."""
    first, again = list(run(params, path)), list(run(params, path))

    assert [advice for _, _, advice in first] == [advice for _, _, advice in again]
    for view, candle, advice in first:
        assert advice.reason
        assert is_value(advice.state)
        assert_amounts(params, view, advice)
        for quote in advice.quotes or ():
            assert view.instrument is not None
            assert_fits(quote, view.instrument, candle)


def assert_amounts(params: StrategyParams, view: View, advice: Advice) -> None:
    if advice.signal is not Signal.ENTER:
        assert advice.spend is None
    elif advice.spend is not None and not isinstance(params, DcaParams):
        assert ZERO < advice.spend <= view.capital
    if advice.quantity is not None:
        assert advice.signal is Signal.EXIT
        assert ZERO < advice.quantity <= view.holding.quantity
    bought = [q.price * q.quantity for q in advice.quotes or () if q.side is Side.BUY]
    sold = [q.quantity for q in advice.quotes or () if q.side is Side.SELL]
    assert sum(bought, advice.spend or ZERO) <= view.capital or isinstance(params, DcaParams)
    assert sum(sold, ZERO) <= view.holding.quantity


def assert_fits(quote: Quote, filters: Instrument, candle: Candle) -> None:
    assert quote.price == floor_to_step(quote.price, filters.tick_size)
    assert quote.quantity == floor_to_step(quote.quantity, filters.step_size)
    assert filters.min_quantity <= quote.quantity
    assert not filters.max_quantity or quote.quantity <= filters.max_quantity
    assert quote.price * quote.quantity >= filters.min_notional
    assert (quote.price < candle.close) == (quote.side is Side.BUY)


def is_value(state: object) -> bool:
    """Tell whether nothing can change it: plain values, tuples and frozen dataclasses of these."""
    if isinstance(state, tuple):
        return all(is_value(one) for one in state)
    if dataclasses.is_dataclass(state):
        frozen = type(state).__dataclass_params__.frozen  # type: ignore[attr-defined]
        return frozen and all(is_value(getattr(state, f.name)) for f in dataclasses.fields(state))
    return isinstance(state, VALUES)
