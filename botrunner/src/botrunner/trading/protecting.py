"""Keeps every position protected, or sells it.

Level-triggered, so that whatever was missed is made good.

Called after every event for every sub-book. It looks only at what is held and what is alive at the
venue, never at what happened before.
"""

from dataclasses import replace
from decimal import Decimal

from botcore.domain.instruments import Instrument, Unfit, fit_market_quantity
from botcore.domain.money import ZERO
from botcore.domain.orders import Order, OrderStatus, Purpose
from botrunner.trading.commands import CancelOrder
from botrunner.trading.drafting import place_exit, place_stop, stop_prices
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key, Step

__all__ = ["cancel", "is_unresolved", "protect"]


def is_unresolved(order: Order) -> bool:
    """Tell whether the order's fate, or some of its fills, are not known yet."""
    in_doubt = order.status in {OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN}
    return in_doubt or order.booked_quantity < order.executed_quantity


def protect(state: BotState, rules: Rules, key: Key) -> Step:
    """Do the next thing that brings a sub-book to what it should be; at most one order at a time."""
    instrument = rules.instruments.get(key[1])
    orders = state.orders_of(key)
    if state.is_fenced or instrument is None or any(is_unresolved(order) for order in orders):
        return Step(state=state)
    sub_book = state.sub_book(key)
    held = sub_book.quantity
    if held == ZERO:
        return cancel(state.without_exit(key), state.working(key, Purpose.STOP_LOSS))
    mark = state.marks.get(key[1]) or sub_book.cost_quote / held
    sellable = fit_market_quantity(instrument, held, mark)
    if isinstance(sellable, Unfit):  # dust: not a position, not retried for ever (TR-21)
        return cancel(state.without_exit(key), state.working(key, Purpose.STOP_LOSS))
    if key in state.exiting:
        return _sell(state, rules, key, sellable)
    return _keep_stop(state, rules, key, sellable, instrument)


def cancel(state: BotState, orders: tuple[Order, ...]) -> Step:
    """Ask once for each cancel."""
    wanted = tuple(
        o for o in orders if o.client_order_id not in state.cancelling and not is_unresolved(o)
    )
    return Step(
        state=replace(state, cancelling=state.cancelling | {o.client_order_id for o in wanted}),
        commands=tuple(
            CancelOrder(symbol=o.symbol, client_order_id=o.client_order_id) for o in wanted
        ),
    )


def _sell(state: BotState, rules: Rules, key: Key, sellable: Decimal) -> Step:
    # The stop locks the asset: it goes first, and its cancel must be certain before the sale
    # (TR-65).
    resting = (*state.working(key, Purpose.STOP_LOSS), *state.working(key, Purpose.ENTRY))
    if resting:
        return cancel(state, resting)
    if state.working(key, Purpose.EXIT) or state.exit_failures.get(key) or state.venue_time is None:
        return Step(state=state)
    return place_exit(state, rules, key, sellable)


def _keep_stop(
    state: BotState, rules: Rules, key: Key, sellable: Decimal, instrument: Instrument
) -> Step:
    rule = rules.strategy(key[0])
    percent = rule.params.stop_loss_percent if rule is not None else None
    busy = any(order.purpose is not Purpose.STOP_LOSS for order in state.orders_of(key))
    if percent is None or busy or state.venue_time is None:
        return Step(state=state)
    sub_book = state.sub_book(key)
    prices = stop_prices(sub_book.cost_quote / sub_book.quantity, percent, instrument)
    resting = state.working(key, Purpose.STOP_LOSS)
    if not resting:
        return place_stop(state, rules, key, sellable, prices)
    # Sized to what is filled and priced by the rule in force; replaced when either has changed
    # (TR-63). A second one can rest only if the first was given up and arrived after all.
    stale = tuple(
        order
        for order in resting
        if order is not resting[0]
        or order.quantity - order.executed_quantity != sellable
        or order.stop_price != prices[0]
    )
    return cancel(state, stale)
