"""What the strategies advise."""

from decimal import Decimal

from botcore.resources.strategy_params import DcaParams, EmaCrossParams
from botrunner.trading.strategies.base import Advice, Holding, Signal, View
from botrunner.trading.strategies.registry import advise
from tests.support.trading import a_candle

NOTHING = Holding(quantity=Decimal(0), average_cost=Decimal(0))


def a_view(holding: Holding = NOTHING) -> View:
    return View(holding=holding, capital=Decimal(100), holdings={"BTCUSDT": holding}, marks={})


CROSS = EmaCrossParams(fast=2, slow=3)


def advices(params: EmaCrossParams, *closes: str, holding: Holding = NOTHING) -> list[Advice]:
    state: object = None
    told = []
    for minute, close in enumerate(closes):
        advice = advise(params, state, a_candle(minute, close), a_view(holding))
        state = advice.state
        told.append(advice)
    return told


def test_dca_buys_its_amount_at_every_candle() -> None:
    advice = advise(DcaParams(amount=Decimal("12.5")), None, a_candle(1, "100"), a_view())

    assert (advice.signal, advice.spend) == (Signal.ENTER, Decimal("12.5"))


def test_cross_holds_while_it_warms_up() -> None:
    told = advices(CROSS, "1", "100")

    assert [advice.signal for advice in told] == [Signal.HOLD, Signal.HOLD]
    assert told[0].reason == "warming up, 2 candles to go"


def test_cross_needs_the_crossing_itself_to_enter() -> None:
    # Above from the first warm candle on: a restart must not buy late.
    rising = advices(CROSS, "1", "2", "3", "4", "5")
    crossing = advices(CROSS, "3", "2", "1", "9", "10")

    assert {advice.signal for advice in rising} == {Signal.HOLD}
    assert [advice.signal for advice in crossing] == [
        Signal.HOLD,
        Signal.HOLD,
        Signal.HOLD,
        Signal.ENTER,
        Signal.HOLD,
    ]
    assert crossing[3].spend is None


def test_cross_exits_on_the_side_alone_so_that_a_missed_crossing_still_sells() -> None:
    holding = Holding(quantity=Decimal(1), average_cost=Decimal(5))

    assert advices(CROSS, "5", "4", "3", holding=holding)[-1].signal is Signal.EXIT


def test_cross_holds_a_position_while_the_fast_average_is_above() -> None:
    holding = Holding(quantity=Decimal(1), average_cost=Decimal(5))

    assert advices(CROSS, "5", "6", "7", holding=holding)[-1].signal is Signal.HOLD


def test_target_is_the_cores_business_alone() -> None:
    params = EmaCrossParams(fast=2, slow=3, take_profit_percent=Decimal(10))
    holding = Holding(quantity=Decimal(1), average_cost=Decimal(100))

    assert advices(params, "90", "100", "150", holding=holding)[-1].signal is Signal.HOLD


def test_equal_averages_count_as_below() -> None:
    holding = Holding(quantity=Decimal(1), average_cost=Decimal(100))

    assert advices(CROSS, "100", "100", "100", holding=holding)[-1].signal is Signal.EXIT
