"""Follows orders: reports, fills, refusals and doubts, each applied once."""

from decimal import Decimal

from botcore.domain.errors import InvariantBroken
from botcore.domain.instruments import Instrument
from botcore.domain.lots import Booking, book, is_dust, third_assets
from botcore.domain.money import ZERO
from botcore.domain.order_lifecycle import apply_report, book_fill
from botcore.domain.orders import Fill, Order, OrderStatus, Purpose, Side
from botcore.domain.records import replace
from botrunner.trading.asking import ask, doubt, find_order, read_trades
from botrunner.trading.commands import Booked, Note, SaveBooking, SaveOrder
from botrunner.trading.events import (
    CancelUnresolved,
    IntentAbandoned,
    OrderNotFound,
    OrderRefused,
    OrderReported,
    OutcomeUnknown,
    TimerFired,
    TradesRead,
)
from botrunner.trading.quoting import spend_quote
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key, Step

__all__ = [
    "abandoned",
    "cancel_unresolved",
    "look_after",
    "not_found",
    "outcome_unknown",
    "refused",
    "reported",
    "trades_read",
]

_SETTLE_AGE = 5
"""Seconds of real time after which an order the venue does not know can't arrive any more.

I1's 3 s window and margin.
"""
_STOPS_KEPT = 50
"""More than the stoploss guard can be told to count."""
_CONFIRMATIONS = 3
"""How often the venue must deny an order (TR-5)."""
_APART = 2
"""Whole seconds between two denials that both count: a burst of looks is one look (TR-5)."""
_CANCEL_AGAIN = 2
"""Seconds after which a cancel that did not settle is asked for again."""
_PROTECT_AGAIN = 5
"""Seconds after which protection that could not be sent is tried again, and a list's other leg is judged."""
_EXIT_AGAIN = 60
"""Seconds after which a refused sale is tried again, if no candle came first."""


def reported(state: BotState, event: OrderReported, rules: Rules) -> Step:
    """Apply a report and its fills.

    An order that is not tracked is settled long since or not ours (TR-42).
    """
    order_id = event.report.client_order_id
    order = state.orders.get(order_id) or state.given_up.get(order_id)
    if order is None:
        return Step(state=state)
    after = apply_report(order, event.report)
    if order_id in state.doubted:
        state = replace(state, doubted=state.doubted - {order_id})
    step = Step(state=state)
    if after != order:
        left = {known: one for known, one in state.given_up.items() if known != order_id}
        state = replace(state, given_up=left).with_order(after)
        state = _noted_end(_counted_failure(state, order, after), after)
        step = Step(state=state, commands=(SaveOrder(order=after),))
    step = _book_all(step, after, event.fills, rules)
    return step.then(_after_end(step.state, after, rules))


def trades_read(state: BotState, event: TradesRead, rules: Rules) -> Step:
    """Book the fills that the stream did not bring."""
    order = state.orders.get(event.client_order_id)
    if order is None:
        return Step(state=state)
    return _book_all(Step(state=state), order, event.fills, rules)


def refused(state: BotState, event: OrderRefused, _rules: Rules) -> Step:
    """End a refused order; a stop the venue refuses sells the position at the market instead (TR-63).

    What never left, code 0, is tried again in a moment.
    """
    order = state.orders.get(event.client_order_id)
    if order is None or order.status not in {OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN}:
        return Step(state=state)
    after = replace(order, status=OrderStatus.REJECTED, reason=event.reason)
    key = (order.strategy, order.symbol)
    state = state.with_order(after)
    if order.purpose is Purpose.STOP_LOSS and event.code:
        state = state.with_exit(key, "StopRefused")
    elif order.purpose in {Purpose.STOP_LOSS, Purpose.TAKE_PROFIT}:
        state = replace(state, unprotected=state.unprotected | {key})
    state = spend_quote(_counted_failure(state, order, after), after)
    if event.code:  # the venue knows of something that the books don't
        state = doubt(state, state.orders_of(key))
    note = Note(
        level="warning",
        event="order_refused",
        facts=(
            ("client_order_id", order.client_order_id),
            ("purpose", order.purpose),
            ("code", str(event.code)),
            ("reason", event.reason),
        ),
    )
    return Step(state=state, commands=(SaveOrder(order=after), note))


def abandoned(state: BotState, event: IntentAbandoned, _rules: Rules) -> Step:
    """End an intent that certainly never left."""
    order = state.orders.get(event.client_order_id)
    if order is None or order.status is not OrderStatus.PENDING_NEW:
        return Step(state=state)
    after = replace(order, status=OrderStatus.REJECTED, reason=event.reason)
    return Step(state=state.with_order(after), commands=(SaveOrder(order=after),))


def outcome_unknown(state: BotState, event: OutcomeUnknown, _rules: Rules) -> Step:
    """Hold an order whose fate is unknown; it is never sent again (I3)."""
    order = state.orders.get(event.client_order_id)
    if order is None or order.status is not OrderStatus.PENDING_NEW:
        return Step(state=state)
    after = replace(order, status=OrderStatus.UNKNOWN, reason=event.reason)
    return Step(state=state.with_order(after), commands=(SaveOrder(order=after), find_order(after)))


def not_found(state: BotState, event: OrderNotFound, _rules: Rules) -> Step:
    """Give an order up once the venue has denied it over time and it can't arrive any more (TR-5, TR-7)."""
    order = state.orders.get(event.client_order_id)
    if order is None or order.status not in {OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN}:
        return Step(state=state)
    denials = state.not_found.get(order.client_order_id, ())
    if not denials or event.age_seconds >= denials[-1] + _APART:
        denials = (*denials, event.age_seconds)
    if len(denials) < _CONFIRMATIONS or event.age_seconds < _SETTLE_AGE:
        return Step(
            state=replace(state, not_found={**state.not_found, order.client_order_id: denials})
        )
    after = replace(order, status=OrderStatus.REJECTED, reason="NeverArrived")
    given_up = {**state.given_up, order.client_order_id: after}
    state = replace(state.with_order(after), given_up=given_up)
    return Step(state=state, commands=(SaveOrder(order=after),))


def cancel_unresolved(state: BotState, event: CancelUnresolved, _rules: Rules) -> Step:
    """Re-read an order whose cancel did not say what became of it; the timer asks again (TR-9)."""
    order = state.orders.get(event.client_order_id)
    return Step(state=state, commands=() if order is None else (find_order(order),))


def look_after(state: BotState, event: TimerFired, _rules: Rules) -> Step:
    """Query what is in doubt (TR-43).

    What the venue refused is asked for again after a pause, never at once.
    """
    if event.tick % _CANCEL_AGAIN == 0:
        state = replace(state, cancelling=frozenset())
    if event.tick % _PROTECT_AGAIN == 0:
        state = replace(state, ending_lists=frozenset(), unprotected=frozenset())
    if event.tick % _EXIT_AGAIN == 0:
        state = replace(state, exit_failures={})
    return Step(state=state, commands=ask(state, event.tick))


def _book_all(step: Step, order: Order, fills: tuple[Fill, ...], rules: Rules) -> Step:
    for fill in fills:
        step = step.then(_book(step.state, order.client_order_id, fill, rules))
    return step


def _book(state: BotState, client_order_id: str, fill: Fill, rules: Rules) -> Step:
    order = state.orders.get(client_order_id)
    if order is None or fill.trade_id in order.booked_trades:
        return Step(state=state)
    instrument = rules.instruments.get(fill.symbol)
    if instrument is None:
        raise InvariantBroken(f"a fill of {fill.symbol}, whose filters were never read")
    key = (order.strategy, order.symbol)
    day = fill.venue_time.date()
    state = state.on_day(day)
    booking = book(
        state.sub_book(key),
        fill,
        base_asset=instrument.base_asset,
        quote_asset=instrument.quote_asset,
        fee_rate=state.marks.get(fill.commission_asset + instrument.quote_asset),
    )
    after = book_fill(order, fill)
    booked = Booked(
        order=after,
        fill=fill,
        sub_book=booking.sub_book,
        changed=booking.changed,
        realized_quote=booking.realized_quote,
        fee_quote=booking.fee_quote,
        doubt=booking.doubt,
        is_dust=is_dust(booking.sub_book, instrument, fill.price),
    )
    realized = booking.realized_quote if day == state.day else None
    state = replace(
        _noted_end(state.with_order(after), after),
        sub_books={**state.sub_books, key: booking.sub_book},
        day_realized=state.day_realized + (realized or ZERO),
    )
    state = _noted_fee(state, fill, booking, instrument)
    if fill.side is Side.SELL:
        state = _sold(state, key, booked, instrument.min_notional)
    moved = (after.status, after.executed_quantity) != (order.status, order.executed_quantity)
    saved = (SaveOrder(order=after),) if moved else ()
    return Step(state=state, commands=(SaveBooking(booked=booked), *saved))


def _noted_fee(state: BotState, fill: Fill, booking: Booking, instrument: Instrument) -> BotState:
    """Note which third asset paid the fee, and why the fill is not believed (TR-16, TR-18)."""
    doubt = ((fill.venue_time.date(), booking.doubt),) if booking.doubt else ()
    fee_assets = state.fee_assets | third_assets(fill, instrument)
    return replace(state, doubts=(*state.doubts, *doubt), fee_assets=fee_assets)


def _noted_end(state: BotState, order: Order) -> BotState:
    """Note the end of an order for its list and for the strategy's quotes."""
    is_leg = bool(order.list_client_order_id)
    if is_leg and (not order.is_working or order.executed_quantity > ZERO):
        ending = state.ending_lists | {order.list_client_order_id}
        legs = [o for o in state.orders.values() if _is_other_leg(o, order)]
        state = doubt(replace(state, ending_lists=ending), legs)
    return spend_quote(state, order)


def _is_other_leg(order: Order, ended: Order) -> bool:
    is_same_list = order.list_client_order_id == ended.list_client_order_id
    return is_same_list and order.client_order_id != ended.client_order_id


def _sold(state: BotState, key: Key, booked: Booked, least: Decimal) -> BotState:
    """Note a sale for cooldown and stoploss guard, and forget the peak of a position that is gone."""
    fill, order = booked.fill, booked.order
    state = replace(state, sold_at={**state.sold_at, key: fill.venue_time})
    if order.purpose is Purpose.STOP_LOSS and (booked.realized_quote or ZERO) < ZERO:
        stop_outs = {**state.stop_outs, order.client_order_id: fill.venue_time}
        state = replace(state, stop_outs=dict(list(stop_outs.items())[-_STOPS_KEPT:]))
    if booked.sub_book.quantity * fill.price < least:
        state = replace(state, peaks={k: v for k, v in state.peaks.items() if k != key})
    return state


def _counted_failure(state: BotState, before: Order, after: Order) -> BotState:
    """Count a sale that ended without selling anything, so that it is not repeated at once."""
    sold_nothing = not after.is_working and after.executed_quantity == ZERO
    if after.purpose is not Purpose.EXIT or not before.is_working or not sold_nothing:
        return state
    key = (after.strategy, after.symbol)
    failures = {**state.exit_failures, key: state.exit_failures.get(key, 0) + 1}
    return replace(state, exit_failures=failures)


def _after_end(state: BotState, order: Order, _rules: Rules) -> Step:
    if order.is_working or order.exchange_order_id is None:
        return Step(state=state)
    tracked = state.orders.get(order.client_order_id)
    if tracked is None:
        return Step(state=state)
    return Step(state=state, commands=(read_trades(tracked, order.exchange_order_id),))
