"""What is not known of an order is settled by query and stream, never by sending again."""

from decimal import Decimal

import pytest

from botcore.domain.orders import OrderStatus, Purpose
from botrunner.trading.commands import FindOrder
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    IntentAbandoned,
    TimerFired,
)
from tests.support.trading import (
    KEY,
    accepted,
    candle,
    dca_rules,
    denied,
    filled,
    placed,
    play,
    refused,
    saved,
    sent,
    unknown,
)

RULES = dca_rules()
STOPPED = dca_rules(stop="2")


def test_unknown_outcome_is_saved_and_queried_at_once() -> None:
    state, order = sent(RULES)

    step = decide(state, unknown(order), RULES)

    assert saved(step) == [OrderStatus.UNKNOWN]  # TR-3
    assert step.commands[-1] == FindOrder(symbol="BTCUSDT", client_order_id=order.client_order_id)


def test_unknown_outcome_after_the_streams_word_changes_nothing() -> None:
    state, order = sent(RULES)
    state = decide(state, accepted(order), RULES).state

    assert decide(state, unknown(order), RULES).commands == ()


@pytest.mark.parametrize(
    ("answers", "is_given_up"),
    [
        ([10, 12], False),
        ([0, 2, 4, 4], False),
        ([1, 3, 5], True),
        ([10, 12, 14], True),
        ([0, 1, 2, 3, 4, 5], True),
        ([10] * 9, False),  # a burst of looks is one look
        ([10, 11, 11, 11, 12, 13], False),
        ([10, 11, 12, 13, 14], True),
    ],
)
def test_denied_order_needs_three_denials_apart_and_five_seconds(
    answers: list[int], *, is_given_up: bool
) -> None:
    state, order = sent(RULES)
    state = decide(state, unknown(order), RULES).state

    step = play(state, RULES, *(denied(order, age) for age in answers))

    assert (order.client_order_id not in step.state.orders) is is_given_up  # TR-5
    assert saved(step) == ([OrderStatus.REJECTED] if is_given_up else [])


def test_denial_of_an_order_the_venue_has_acknowledged_is_ignored() -> None:
    state, order = sent(RULES)
    state = decide(state, accepted(order), RULES).state

    step = play(state, RULES, *(denied(order, age) for age in range(10)))

    assert step.state.orders[order.client_order_id].status is OrderStatus.NEW  # TR-47


def test_unknown_order_is_queried_every_second_until_it_is_settled() -> None:
    state, order = sent(RULES)
    state = decide(state, unknown(order), RULES).state

    for tick in (1, 2, 3):
        step = decide(state, TimerFired(tick=tick), RULES)
        assert step.commands == (
            FindOrder(symbol="BTCUSDT", client_order_id=order.client_order_id),
        )  # TR-7


def test_order_found_after_all_is_booked() -> None:
    state, order = sent(RULES)
    state = play(state, RULES, unknown(order), denied(order, 1), denied(order, 3)).state

    after = decide(state, filled(order, "100"), RULES)

    assert after.state.sub_book(KEY).quantity == Decimal("0.999")
    assert after.state.orders == {}


def test_fill_of_an_order_that_was_given_up_is_booked_once_and_protected() -> None:
    state, order = sent(STOPPED)
    state = play(state, STOPPED, unknown(order), *(denied(order, age) for age in (1, 3, 5))).state
    assert state.orders == {}

    step = play(state, STOPPED, filled(order, "100"), filled(order, "100"))

    assert step.state.sub_book(KEY).quantity == Decimal("0.999")
    assert [o.purpose for o in placed(step)] == [Purpose.STOP_LOSS]
    assert OrderStatus.FILLED in saved(step)


def test_intent_that_never_left_is_ended() -> None:
    state, order = sent(RULES)
    gone = IntentAbandoned(client_order_id=order.client_order_id, reason="FencedBeforeSend")

    step = decide(state, gone, RULES)

    assert saved(step) == [OrderStatus.REJECTED]
    assert step.state.orders == {}


def test_definite_refusal_frees_the_reserved_money() -> None:
    state, order = sent(RULES)

    step = decide(state, refused(order), RULES)

    assert saved(step) == [OrderStatus.REJECTED]  # TR-4
    assert step.state.orders == {}
    again = placed(play(step.state, RULES, candle(2, "100")))
    assert [o.client_order_id for o in again] == ["kb-0a1b2c3d-1-2"]  # never the same id


def test_refusal_overtaken_by_the_stream_changes_nothing() -> None:
    state, order = sent(RULES)
    state = decide(state, accepted(order), RULES).state

    assert decide(state, refused(order), RULES).commands == ()
