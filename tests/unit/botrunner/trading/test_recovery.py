"""Start-up builds the state from the ledger alone, and doubts what has no answer."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botcore.domain.orders import OrderStatus, Purpose
from botrunner.trading.decide import decide
from botrunner.trading.events import LeaseAcquired, TimerFired
from botrunner.trading.recovery import restore
from botrunner.trading.state import BotState, Stored
from tests.support.trading import (
    KEY,
    START,
    accepted,
    bought,
    candle,
    dca_rules,
    decisions,
    filled,
    placed,
    play,
    sent,
    stop_of,
)

RULES = dca_rules(stop="2")


def stored(state: BotState, **changes: object) -> Stored:
    values: dict[str, object] = {
        "orders": tuple(state.orders.values()),
        "sub_books": tuple(state.sub_books.values()),
        "decided": dict(state.decided),
        "day_realized": {},
        "peak_equity": Decimal(1200),
    }
    return Stored(**{**values, **changes})  # type: ignore[arg-type]


def restored(what: Stored, *, halt: str | None = None, is_shutting_down: bool = False) -> BotState:
    now = START + timedelta(minutes=5)
    return restore(what, venue_time=now, halt=halt, is_shutting_down=is_shutting_down)


def test_intent_without_an_answer_is_unknown_and_is_not_sent_again() -> None:
    state, entry = sent(RULES)

    again = restored(stored(state))
    step = play(again, RULES, TimerFired(tick=0), LeaseAcquired(epoch=2))

    assert again.orders[entry.client_order_id].status is OrderStatus.UNKNOWN  # I3, TR-2
    assert placed(step) == []


@pytest.mark.parametrize("status", [s for s in OrderStatus if s is not OrderStatus.PENDING_NEW])
def test_every_other_status_is_kept(status: OrderStatus) -> None:
    state, entry = sent(RULES)
    state = replace(state, orders={"x": replace(entry, status=status)})

    (order,) = restored(stored(state)).orders.values()

    assert order.status is status


def test_restored_state_is_fenced_and_keeps_halt_and_shutdown() -> None:
    again = restored(stored(BotState()), halt="by hand", is_shutting_down=True)

    assert again.is_fenced
    assert (again.halt, again.is_shutting_down, again.fence_reason) == (
        "by hand",
        True,
        "Recovering",
    )
    assert again.peak_equity == Decimal(1200)  # TR-67


def test_loss_of_the_venues_day_survives_and_yesterdays_does_not_count() -> None:
    days = {START.date(): Decimal(-7), START.date() - timedelta(days=1): Decimal(-99)}

    again = restored(stored(BotState(), day_realized=days))

    assert (again.day, again.day_realized) == (START.date(), Decimal(-7))  # TR-68
    assert restored(stored(BotState())).day_realized == 0


def test_position_without_a_stop_is_protected_once_the_lease_is_held() -> None:
    state, _ = bought(RULES)
    lost = replace(state, orders={})

    step = decide(restored(stored(lost)), LeaseAcquired(epoch=2), RULES)

    (stop,) = placed(step)
    assert (stop.purpose, stop.epoch, stop.client_order_id) == (
        Purpose.STOP_LOSS,
        2,
        "kb-0a1b2c3d-2-1",
    )


def test_resting_stop_is_kept() -> None:
    state, _ = bought(RULES)
    state = decide(state, accepted(stop_of(state)), RULES).state

    assert decide(restored(stored(state)), LeaseAcquired(epoch=2), RULES).commands == ()


def test_fill_of_the_time_away_is_booked_before_anything_is_decided() -> None:
    state, entry = sent(RULES)
    again = restored(stored(state))

    settled = decide(again, filled(entry, "100"), RULES)
    step = decide(settled.state, LeaseAcquired(epoch=2), RULES)

    assert placed(settled) == []
    assert [o.quantity for o in placed(step)] == [Decimal("0.99900")]  # TR-40


def test_candle_decided_before_is_not_decided_again() -> None:
    state, _ = sent(RULES)
    again = restored(stored(state))
    step = play(again, RULES, LeaseAcquired(epoch=2), candle(1, "100"), candle(2, "100"))

    assert len(decisions(step)) == 1  # TR-37
    assert step.state.decided[KEY] > state.decided[KEY]
