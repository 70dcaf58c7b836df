"""Every fill is booked once, whoever tells it and in whatever order."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botcore.domain.errors import InvariantBroken
from botcore.domain.orders import OrderStatus
from botrunner.trading.commands import CancelOrder, ReadTrades, SaveBooking
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    OrderReported,
    TimerFired,
    TradesRead,
)
from tests.support.trading import (
    KEY,
    START,
    a_fill,
    a_report,
    accepted,
    bought,
    dca_rules,
    filled,
    partly_filled,
    play,
    saved,
    selling,
    sent,
    stop_of,
)

RULES = dca_rules()
STOPPED = dca_rules(stop="2")


def test_fills_before_the_answer_are_booked_once() -> None:
    state, order = sent(RULES)

    step = play(state, RULES, partly_filled(order, "0.4"), filled(order, "100", trade_id=1))

    bookings = [c.booked.fill.trade_id for c in step.commands if isinstance(c, SaveBooking)]
    assert bookings == [1]  # TR-41
    rest = TradesRead(
        client_order_id=order.client_order_id,
        fills=(
            a_fill(order, "100", quantity=Decimal("0.4")),
            a_fill(order, "100", trade_id=2, quantity=Decimal("0.6")),
        ),
    )
    after = decide(step.state, rest, RULES)
    assert after.state.sub_book(KEY).quantity == Decimal("0.999")
    assert after.state.orders == {}


def test_event_told_twice_changes_nothing_the_second_time() -> None:
    state, order = sent(RULES)
    state = decide(state, partly_filled(order, "0.4"), RULES).state

    step = decide(state, partly_filled(order, "0.4"), RULES)

    assert step.commands == ()
    assert step.state == state


def test_end_reported_without_its_fills_reads_them() -> None:
    state, order = sent(RULES)

    step = decide(state, OrderReported(report=a_report(order, OrderStatus.FILLED)), RULES)

    assert step.commands[-1] == ReadTrades(
        symbol="BTCUSDT", client_order_id=order.client_order_id, exchange_order_id=1
    )
    assert order.client_order_id in step.state.orders  # until every fill is booked
    retry = decide(step.state, TimerFired(tick=1), RULES)
    assert retry.commands == (step.commands[-1],)


def test_fill_that_ends_an_order_also_saves_its_end() -> None:
    state, order = sent(RULES)
    half = OrderReported(report=a_report(order, OrderStatus.PARTIALLY_FILLED, Decimal("0.5")))
    state = decide(state, half, RULES).state

    read = TradesRead(client_order_id=order.client_order_id, fills=(a_fill(order, "100"),))
    step = decide(state, read, RULES)

    assert step.state.orders == {}
    assert saved(step) == [OrderStatus.FILLED]  # else the ledger shows it open for ever


def test_report_of_an_order_not_ours_is_left_alone() -> None:
    state, order = sent(RULES)
    stranger = replace(order, client_order_id="web_123-7")

    step = decide(state, filled(stranger, "100"), RULES)

    assert step == type(step)(state=state)  # TR-42
    assert decide(state, TradesRead(client_order_id="web_123-7", fills=()), RULES).commands == ()


def test_fill_of_a_symbol_without_filters_stops_the_process() -> None:
    state, order = sent(RULES)

    with pytest.raises(InvariantBroken, match="BTCUSDT"):
        decide(state, filled(order, "100"), dca_rules(instruments={}))


def test_partly_filled_order_with_fills_unread_is_not_acted_upon() -> None:
    state, _ = bought(STOPPED)
    stop = stop_of(state)
    state = decide(state, accepted(stop), STOPPED).state
    half = OrderReported(report=a_report(stop, OrderStatus.PARTIALLY_FILLED, Decimal("0.5")))

    step = decide(state, half, STOPPED)

    assert not [c for c in step.commands if isinstance(c, CancelOrder)]
    fill = a_fill(stop, "98", trade_id=7, quantity=Decimal("0.5"))
    read = TradesRead(client_order_id=stop.client_order_id, fills=(fill,))
    after = decide(step.state, read, STOPPED)
    assert after.state.sub_book(KEY).quantity == Decimal("0.499")
    assert not [c for c in after.commands if isinstance(c, CancelOrder)]  # the rest still fits


def test_loss_counts_on_the_venues_day_of_the_fill() -> None:
    state, flat, sale = selling(RULES)
    tomorrow = replace(a_fill(sale, "90", trade_id=2), venue_time=START + timedelta(days=1))
    event = OrderReported(report=a_report(sale, OrderStatus.FILLED), fills=(tomorrow,))
    state = replace(state, day_realized=Decimal(-7))

    after = decide(state, event, flat).state

    assert after.day == (START + timedelta(days=1)).date()  # TR-68: also before its first candle
    assert after.day_realized < -9
    assert after.day_realized > -11  # yesterday's 7 are gone


def test_fill_told_after_midnight_counts_on_the_day_it_happened() -> None:
    state, flat, sale = selling(RULES)
    state = replace(state.on_day((START + timedelta(days=1)).date()))

    after = decide(state, filled(sale, "90", trade_id=2), flat).state

    assert after.day_realized == 0
    assert after.sub_book(KEY).realized_quote < -9
