"""A position's stop and target rest together; the trail moves up only; one leg's end is no reason to panic."""

from dataclasses import replace
from decimal import Decimal

import pytest

from botcore.domain.orders import Order, OrderStatus, OrderType, Purpose
from botcore.resources.strategy_params import EmaCrossParams, StrategyParams
from botrunner.trading.commands import CancelOrder, PlaceOrderList
from botrunner.trading.decide import decide
from botrunner.trading.events import OrderRefused, OrderReported, TimerFired
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step
from tests.support.trading import (
    KEY,
    a_fill,
    a_report,
    a_rule,
    accepted,
    bought,
    canceled,
    candle,
    filled,
    placed,
    play,
    rules,
)


def exits(**given: object) -> Rules:
    """Rules of a strategy with these exits and no stop of its own."""
    params = EmaCrossParams(fast=2, slow=3)
    return rules(a_rule(params.model_copy(update={"stop_loss_percent": None, **given})))


PAIR = EmaCrossParams(fast=2, slow=3, stop_loss_percent=Decimal(2), take_profit_percent=Decimal(5))


def with_pair(params: StrategyParams = PAIR) -> tuple[BotState, Rules, Order, Order]:
    """A position at about 120 whose target and stop were just handed to the venue."""
    in_force = rules(a_rule(params))
    state, _ = bought(in_force, price="120")
    above = next(o for o in state.orders.values() if o.purpose is Purpose.TAKE_PROFIT)
    below = next(o for o in state.orders.values() if o.purpose is Purpose.STOP_LOSS)
    return state, in_force, above, below


def cancels(step: Step) -> list[str]:
    return [c.client_order_id for c in step.commands if isinstance(c, CancelOrder)]


def pairs(step: Step) -> list[PlaceOrderList]:
    return [c for c in step.commands if isinstance(c, PlaceOrderList)]


def test_target_and_stop_are_one_list_of_the_received_quantity() -> None:
    _, _, above, below = with_pair()

    assert above.type is OrderType.LIMIT_MAKER
    assert below.type is OrderType.STOP_LOSS_LIMIT
    assert above.quantity == below.quantity
    assert above.list_client_order_id == below.list_client_order_id != ""
    assert above.client_order_id != below.client_order_id
    # cost 120 / 0.999 = 120.1201...; 5 % above and 2 % below, each rounded up (TR-23)
    assert (above.price, below.stop_price) == (Decimal("126.13"), Decimal("117.72"))


def test_resting_pair_is_left_alone() -> None:
    state, in_force, above, below = with_pair()

    step = play(state, in_force, accepted(above), accepted(below), TimerFired(tick=1))

    assert (placed(step), pairs(step), cancels(step)) == ([], [], [])


def test_pair_is_cancelled_once_and_sold_after_both_have_ended() -> None:
    state, in_force, above, below = with_pair()
    state = play(state, in_force, accepted(above), accepted(below)).state

    falling = play(state, in_force, candle(20, "119"), candle(21, "118"), candle(22, "90"))
    half = decide(falling.state, canceled(above), in_force)
    whole = decide(half.state, canceled(below), in_force)

    assert cancels(falling) == [above.client_order_id]
    assert placed(half) == []
    assert [o.purpose for o in placed(whole)] == [Purpose.EXIT]  # TR-65


def test_target_filled_ends_the_position_without_another_order() -> None:
    state, in_force, above, below = with_pair()
    state = play(state, in_force, accepted(above), accepted(below)).state
    expired = OrderReported(report=a_report(below, OrderStatus.EXPIRED, Decimal(0)))

    for order in (
        (expired, filled(above, "126.13", trade_id=9)),
        (filled(above, "126.13", trade_id=9), expired),
    ):
        step = play(state, in_force, *order)

        assert (placed(step), pairs(step), cancels(step)) == ([], [], [])
        assert step.state.sub_book(KEY).quantity < Decimal("0.00001")


def test_stop_leg_whose_target_has_just_expired_is_not_torn_down() -> None:
    state, in_force, above, below = with_pair()
    state = play(state, in_force, accepted(above), accepted(below)).state
    expired = OrderReported(report=a_report(above, OrderStatus.EXPIRED, Decimal(0)))

    step = play(state, in_force, expired, TimerFired(tick=1))
    later = play(step.state, in_force, TimerFired(tick=5))

    assert cancels(step) == []  # its fill is on its way
    assert cancels(later) == [below.client_order_id]  # it was no trigger: a new pair follows


def test_partly_sold_target_gets_a_pair_for_the_rest() -> None:
    state, in_force, above, below = with_pair()
    state = play(state, in_force, accepted(above), accepted(below)).state
    third = above.quantity / 4
    partial = OrderReported(
        report=a_report(above, OrderStatus.PARTIALLY_FILLED, third),
        fills=(a_fill(above, "126.13", trade_id=9, quantity=third),),
    )
    expired = OrderReported(report=a_report(below, OrderStatus.EXPIRED, Decimal(0)))

    step = play(state, in_force, expired, partial, TimerFired(tick=5))
    after = decide(
        step.state, OrderReported(report=a_report(above, OrderStatus.CANCELED, third)), in_force
    )

    assert cancels(step) == [above.client_order_id]
    (pair,) = pairs(after)
    assert pair.below.quantity == Decimal(str(above.quantity - third)).quantize(Decimal("0.00001"))


def test_pair_the_venue_refuses_sells_at_the_market() -> None:
    state, in_force, above, below = with_pair()
    no = [
        OrderRefused(client_order_id=leg.client_order_id, code=-2010, reason="relationship")
        for leg in (above, below)
    ]

    step = play(state, in_force, *no)

    assert [o.purpose for o in placed(step)] == [Purpose.EXIT]  # TR-63


def test_pair_that_never_left_is_tried_again_after_a_moment() -> None:
    state, in_force, above, below = with_pair()
    no = [
        OrderRefused(client_order_id=leg.client_order_id, code=0, reason="NotSent")
        for leg in (above, below)
    ]

    step = play(state, in_force, *no, TimerFired(tick=1))
    later = decide(step.state, TimerFired(tick=5), in_force)

    assert (placed(step), pairs(step)) == ([], [])
    assert len(pairs(later)) == 1


def test_price_beyond_the_target_sells_at_once() -> None:
    in_force = exits(take_profit_percent=Decimal(5))
    state, _ = bought(in_force)
    (target,) = state.orders.values()
    assert (target.purpose, target.type) == (Purpose.TAKE_PROFIT, OrderType.LIMIT)
    state = play(state, in_force, accepted(target), canceled(target)).state
    gone = replace(state, orders={}, marks={"BTCUSDT": Decimal(106)})

    step = decide(gone, TimerFired(tick=1), in_force)

    assert [o.purpose for o in placed(step)] == [Purpose.EXIT]


@pytest.mark.parametrize(("high", "stop"), [("110", "104.50"), ("100", "95.10")])
def test_trailing_stop_follows_the_highest_close(high: str, stop: str) -> None:
    in_force = exits(trailing_stop_percent=Decimal(5))
    state, _ = bought(in_force)
    (first,) = state.orders.values()
    assert first.stop_price == Decimal("95.10")  # 5 % below the average cost of 100.1001...
    state = play(state, in_force, accepted(first)).state

    step = play(state, in_force, candle(20, high), candle(21, high))
    after = play(step.state, in_force, *(canceled(first) for _ in cancels(step)))

    resting = after.state.working(KEY, Purpose.STOP_LOSS)
    assert [one.stop_price for one in resting] == [Decimal(stop)]


def test_trailing_stop_is_never_lowered_by_a_restart_that_forgot_the_peak() -> None:
    in_force = exits(trailing_stop_percent=Decimal(5))
    state, _ = bought(in_force, price="100")
    (stop,) = state.orders.values()
    raised = replace(stop, stop_price=Decimal(120), price=Decimal("118.8"), status=OrderStatus.NEW)
    restarted = replace(state, peaks={}, orders={stop.client_order_id: raised})

    step = decide(restarted, TimerFired(tick=1), in_force)

    assert (placed(step), cancels(step)) == ([], [])


def test_position_held_too_long_is_sold() -> None:
    in_force = exits(time_limit_candles=10)
    state, _ = bought(in_force)

    young = play(state, in_force, candle(9, "101"))
    old = play(state, in_force, candle(10, "101"))

    assert [o for o in placed(young) if o.purpose is Purpose.EXIT] == []
    assert [o.purpose for o in placed(old)] == [Purpose.EXIT]
