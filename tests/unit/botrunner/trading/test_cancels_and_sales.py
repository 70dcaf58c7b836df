"""Cancels are re-read, failed sales are tried again, and neither in a hot loop."""

from dataclasses import replace
from decimal import Decimal

from botcore.domain.orders import Order, OrderStatus, Purpose
from botcore.resources.trading_bot import DesiredState
from botrunner.trading.commands import CancelOrder, FindOrder
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    CancelUnresolved,
    OrderReported,
    RulesChanged,
    TimerFired,
)
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState
from tests.support.trading import (
    a_fill,
    a_report,
    accepted,
    bought,
    canceled,
    candle,
    dca_rules,
    denied,
    placed,
    play,
    refused,
    selling,
    stop_of,
    unknown,
)

RULES = dca_rules()
STOPPED = dca_rules(stop="2")


def cancelling() -> tuple[BotState, Rules, Order]:
    state, _ = bought(STOPPED)
    stop = stop_of(state)
    flat = replace(STOPPED, desired=DesiredState.FLAT)
    state = play(state, flat, accepted(stop), RulesChanged()).state
    assert state.cancelling == {stop.client_order_id}
    return state, flat, stop


def test_unresolved_cancel_rereads_the_order_and_asks_again_after_a_pause() -> None:
    state, flat, stop = cancelling()
    again = CancelOrder(symbol="BTCUSDT", client_order_id=stop.client_order_id)

    step = decide(
        state, CancelUnresolved(client_order_id=stop.client_order_id, reason="timeout"), flat
    )
    soon = decide(step.state, TimerFired(tick=1), flat)
    later = decide(soon.state, TimerFired(tick=2), flat)

    assert step.commands == (
        FindOrder(symbol="BTCUSDT", client_order_id=stop.client_order_id),
    )  # TR-9; never at once, the venue may be away
    assert again not in soon.commands
    assert later.commands == (again,)


def test_cancel_that_worked_unseen_is_found_and_followed_by_the_sale() -> None:
    state, flat, stop = cancelling()

    step = play(
        state,
        flat,
        CancelUnresolved(client_order_id=stop.client_order_id, reason="timeout"),
        canceled(stop),
    )

    assert [o.purpose for o in placed(step)] == [Purpose.EXIT]


def test_cancel_of_a_partly_filled_stop_sells_only_the_rest() -> None:
    state, flat, stop = cancelling()
    part = a_fill(stop, "98", trade_id=8, quantity=Decimal("0.4"))
    ended = OrderReported(
        report=a_report(stop, OrderStatus.CANCELED, Decimal("0.4")), fills=(part,)
    )

    step = decide(state, ended, flat)

    assert [o.quantity for o in placed(step)] == [Decimal("0.59900")]


def test_refused_sale_is_tried_again_with_the_next_candle_not_at_once() -> None:
    state, flat, sale = selling(RULES)

    step = decide(state, refused(sale), flat)

    assert placed(step) == []
    assert [o.purpose for o in placed(decide(step.state, candle(2, "100"), flat))] == [Purpose.EXIT]


def test_refused_sale_is_tried_again_within_a_minute_when_no_candle_comes() -> None:
    state, flat, sale = selling(RULES)
    state = decide(state, refused(sale), flat).state

    tries = [placed(decide(state, TimerFired(tick=tick), flat)) for tick in (1, 59, 60)]

    assert [len(one) for one in tries] == [0, 0, 1]  # I9: on daily candles it would wait a day


def test_sale_that_expires_unfilled_is_not_repeated_in_a_hot_loop() -> None:
    state, flat, sale = selling(RULES)
    empty = OrderReported(report=a_report(sale, OrderStatus.EXPIRED, Decimal(0)))

    step = decide(state, empty, flat)

    assert placed(step) == []
    assert len(placed(decide(step.state, TimerFired(tick=60), flat))) == 1


def test_rest_of_a_partly_filled_sale_is_sold_at_once() -> None:
    state, flat, sale = selling(RULES)
    half = OrderReported(
        report=a_report(sale, OrderStatus.EXPIRED, Decimal("0.5")),
        fills=(a_fill(sale, "100", trade_id=2, quantity=Decimal("0.5")),),
    )

    assert [o.quantity for o in placed(decide(state, half, flat))] == [Decimal("0.49900")]


def test_stop_that_was_given_up_and_arrived_after_all_leaves_one_resting() -> None:
    state, _ = bought(STOPPED)
    first = stop_of(state)
    state = play(state, STOPPED, unknown(first), *(denied(first, age) for age in (1, 3, 5))).state
    second = stop_of(state)
    state = decide(state, accepted(second), STOPPED).state

    step = decide(state, accepted(first), STOPPED)

    cancels = [c.client_order_id for c in step.commands if isinstance(c, CancelOrder)]
    assert len(cancels) == 1
    assert cancels[0] in {first.client_order_id, second.client_order_id}
