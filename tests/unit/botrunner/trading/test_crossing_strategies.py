"""The strategies that follow a line: they enter on the crossing, exit on the side, and say why they hold."""

from decimal import Decimal

import pytest

from botcore.domain.market import Candle
from botcore.resources.strategy_params import (
    BollingerParams,
    EmaCrossParams,
    ExitBand,
    MacdParams,
    RsiParams,
    StrategyParams,
    SupertrendParams,
)
from botrunner.trading.strategies.base import Advice, Holding, Signal, View
from botrunner.trading.strategies.registry import advise, warm_up_candles
from tests.support.trading import a_candle, an_instrument, walked

NOTHING = Holding(quantity=Decimal(0), average_cost=Decimal(0))
SOME = Holding(quantity=Decimal(1), average_cost=Decimal(100))
RSI = RsiParams(length=2)
BANDS = BollingerParams(length=4, deviations=Decimal(1))
MACD = MacdParams(fast=2, slow=3, signal=2)
SUPERTREND = SupertrendParams(length=2, multiplier=Decimal(1))
FALLING = ("110", "105", "100", "95", "90")


def a_view(holding: Holding = NOTHING) -> View:
    return View(
        holding=holding,
        capital=Decimal(1000),
        instrument=an_instrument(),
        holdings={"BTCUSDT": holding},
        marks={},
    )


def told(params: StrategyParams, *closes: str, holding: Holding = NOTHING) -> list[Advice]:
    state: object = None
    advices = []
    for minute, close in enumerate(closes):
        advice = advise(params, state, ranged(minute, Decimal(close)), a_view(holding))
        state = advice.state
        advices.append(advice)
    return advices


def ranged(minute: int, close: Decimal) -> Candle:
    return a_candle(minute, str(close), high=str(close + 1), low=str(close - 1))


@pytest.mark.parametrize("params", [RSI, MACD, SUPERTREND], ids=lambda one: type(one).__name__)
def test_crossing_enters_once(params: StrategyParams) -> None:
    advices = told(params, *FALLING, "85", "120", "121", "122")

    signals = [advice.signal for advice in advices]
    assert signals.count(Signal.ENTER) == 1
    assert signals.index(Signal.ENTER) == 6
    assert advices[6].spend is None  # an even share of the capital
    assert advices[6].quotes is None


def test_fall_through_the_lower_band_enters_once() -> None:
    advices = told(BANDS, "100", "101", "100", "101", "90", "89", "101")

    assert [advice.signal for advice in advices[4:]] == [Signal.ENTER, Signal.HOLD, Signal.HOLD]
    assert advices[4].reason == "close fell below the lower band"
    assert advices[6].reason == "no crossing, close is not below the lower band"


@pytest.mark.parametrize(
    ("params", "closes"),
    [
        (RSI, ("90", "100", "120")),
        (MACD, ("100", "99", "98", "97", "99", "103", "108")),
        (SUPERTREND, ("100", "100", "100", "130", "140")),
        (BANDS, ("100", "101", "100", "80")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_side_reached_while_warming_up_does_not_enter_late(
    params: StrategyParams, closes: tuple[str, ...]
) -> None:
    """A restart must not buy what it would have bought long ago (TR-37)."""
    first = next(n for n, one in enumerate(told(params, *closes)) if "warming" not in one.reason)

    assert told(params, *closes)[first].signal is Signal.HOLD


@pytest.mark.parametrize(
    ("params", "up", "down"),
    [
        (RSI, ("100", "99", "98"), ("100", "110", "120")),
        (MACD, ("100", "100", "100", "110", "125"), ("100", "100", "100", "90", "80")),
        (SUPERTREND, ("100", "100", "100", "130", "140"), ("100", "100", "100", "90", "80")),
        (BANDS, ("100", "101", "100", "95"), ("100", "101", "100", "102")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_position_is_kept_on_one_side_and_sold_on_the_other(
    params: StrategyParams, up: tuple[str, ...], down: tuple[str, ...]
) -> None:
    kept, sold = told(params, *up, holding=SOME)[-1], told(params, *down, holding=SOME)[-1]

    assert kept.signal is Signal.HOLD
    assert kept.reason.startswith("in position")
    assert sold.signal is Signal.EXIT
    assert sold.quantity is None  # all it holds


def test_bollinger_waits_for_the_upper_band_when_told_so() -> None:
    params = BollingerParams(length=4, deviations=Decimal(1), exit_at=ExitBand.UPPER)
    middle, upper = ("100", "98", "102", "100.5"), ("100", "101", "100", "104")

    assert told(BANDS, *middle, holding=SOME)[-1].signal is Signal.EXIT
    assert told(params, *middle, holding=SOME)[-1].signal is Signal.HOLD
    assert told(params, *upper, holding=SOME)[-1].reason == "close is back at the upper band"


def test_reasons_carry_the_figures() -> None:
    advices = told(RSI, *FALLING, "120")

    assert advices[0].reason == "warming up, 2 candles to go"
    assert advices[3].reason == "RSI 0.0 is oversold, waits until it rises above 30"
    assert advices[5].reason.startswith("RSI crossed above 30, to ")


WARM = [
    EmaCrossParams(fast=12, slow=48),
    EmaCrossParams(fast=50, slow=100),
    MacdParams(),
    RsiParams(),
    RsiParams(length=50, oversold=45, overbought=55),
    BollingerParams(),
    BollingerParams(length=100),
    SupertrendParams(),
    SupertrendParams(length=14, multiplier=Decimal(2)),
]


@pytest.mark.parametrize("params", WARM, ids=repr)
@pytest.mark.parametrize("seed", [1, 2])
def test_warm_run_advises_like_one_from_much_earlier(params: StrategyParams, seed: int) -> None:
    """TR-37, TR-39: what was decided does not hang on when the process started."""
    closes = [str(close) for close in walked(2400, seed)]
    needed = warm_up_candles(params)

    for holding in (NOTHING, SOME):
        long = told(params, *closes, holding=holding)[1400:]
        short = told(params, *closes[1400 - needed :], holding=holding)[needed:]
        assert [one.signal for one in short] == [one.signal for one in long]
        assert {Signal.ENTER, Signal.EXIT} & {one.signal for one in long}


def test_warm_up_never_needs_a_second_request() -> None:
    longest = [
        EmaCrossParams(fast=200, slow=400),
        MacdParams(fast=200, slow=400, signal=100),
        RsiParams(length=100),
        BollingerParams(length=100),
        SupertrendParams(length=100),
    ]

    assert [warm_up_candles(params) for params in longest] == [1000, 1000, 1000, 100, 1000]
    assert warm_up_candles(EmaCrossParams(fast=12, slow=48)) == 384
