"""Keeps a position's stop and target resting on the exchange, together as an OCO where it has both (TR-63).

Sized to what is filled and priced by the rule in force; replaced when either has changed.
"""

from decimal import Decimal

from botcore.domain.instruments import Instrument
from botcore.domain.orders import Order, OrderType, Purpose
from botcore.domain.records import record
from botrunner.trading.cancelling import cancel
from botrunner.trading.drafting import (
    StopPrices,
    place_pair,
    place_stop,
    place_target,
    stop_prices,
    target_price,
)
from botrunner.trading.rules import ExitRules, Rules
from botrunner.trading.state import BotState, Key, Step

__all__ = ["keep_shield", "wanted_stop"]

_TRAIL_STEP = Decimal("1.001")
"""A trailing stop moves up by at least a tenth of a per cent, so that it is not replaced at every tick."""


@record
class Shield:
    """What is to rest: quantity in base asset, prices in quote asset."""

    quantity: Decimal
    stop: StopPrices | None
    target: Decimal | None


def keep_shield(state: BotState, rules: Rules, key: Key, sellable: Decimal) -> Step:
    """Place, keep or replace; a price that has passed the target already sells at the market."""
    rule, instrument = rules.strategy(key[0]), rules.instruments[key[1]]
    busy = any(order.purpose in {Purpose.ENTRY, Purpose.EXIT} for order in state.orders_of(key))
    if rule is None or busy:
        return Step(state=state)
    shield = _wanted(state, key, rule.exits, instrument, sellable)
    resting = state.protective(key)
    kept = _kept(state, resting, shield)
    stale = tuple(order for order in resting if order not in kept)
    if stale:
        return cancel(state, stale)
    is_bare = shield.stop is None and shield.target is None
    if kept or is_bare or key in state.unprotected or state.venue_time is None:
        return Step(state=state)
    mark = state.marks.get(key[1])
    if shield.target is not None and mark is not None and mark >= shield.target:
        return Step(state=state.with_exit(key, "TakeProfit"))
    return _place(state, rules, key, shield)


def wanted_stop(
    state: BotState, key: Key, exits: ExitRules, instrument: Instrument
) -> StopPrices | None:
    """Return the stop's prices, the higher of the fixed and the trailing one; None without a stop."""
    sub_book = state.sub_book(key)
    average = sub_book.cost_quote / sub_book.quantity
    found: list[StopPrices] = []
    if exits.stop_loss_percent is not None:
        found.append(stop_prices(average, exits.stop_loss_percent, instrument))
    if exits.trailing_stop_percent is not None:
        peak = max(average, state.peaks.get(key, average))
        found.append(stop_prices(peak, exits.trailing_stop_percent, instrument))
    return max(found, default=None)


def _wanted(
    state: BotState, key: Key, exits: ExitRules, instrument: Instrument, sellable: Decimal
) -> Shield:
    stop = wanted_stop(state, key, exits, instrument)
    if stop is not None and exits.trailing_stop_percent is not None:
        stop = _not_lowered(state, key, stop)
    target = None
    if exits.take_profit_percent is not None:
        sub_book = state.sub_book(key)
        average = sub_book.cost_quote / sub_book.quantity
        target = target_price(average, exits.take_profit_percent, instrument)
    return Shield(quantity=sellable, stop=stop, target=target)


def _not_lowered(state: BotState, key: Key, wanted: StopPrices) -> StopPrices:
    """Return the resting stop's prices unless the trail has moved up far enough.

    What rests also remembers the peak of a time whose candles are no longer read after a restart.
    """
    for order in state.working(key, Purpose.STOP_LOSS):
        before, limit = order.stop_price, order.price
        if before is not None and limit is not None and wanted[0] < before * _TRAIL_STEP:
            return before, limit
    return wanted


def _kept(state: BotState, resting: tuple[Order, ...], shield: Shield) -> tuple[Order, ...]:
    """Return the resting orders that are the shield; none if a part of it is missing."""
    ending = tuple(o for o in resting if o.list_client_order_id in state.ending_lists)
    if ending:  # the other leg's fill is on its way, or this one's end is
        return ending
    stop = next((o for o in resting if _is_stop(o, shield)), None)
    target = next((o for o in resting if _is_target(o, shield)), None)
    if shield.stop is not None and shield.target is not None:
        pairs = (
            (one, other)
            for one in resting
            for other in resting
            if _is_stop(one, shield)
            and _is_target(other, shield)
            and one.list_client_order_id == other.list_client_order_id != ""
        )
        return next(pairs, ())
    if shield.stop is not None:
        return (stop,) if stop is not None else ()
    return (target,) if target is not None and shield.target is not None else ()


def _is_stop(order: Order, shield: Shield) -> bool:
    return (
        shield.stop is not None
        and order.type is OrderType.STOP_LOSS_LIMIT
        and order.stop_price == shield.stop[0]
        and order.quantity - order.executed_quantity == shield.quantity
    )


def _is_target(order: Order, shield: Shield) -> bool:
    return (
        order.purpose is Purpose.TAKE_PROFIT
        and order.price == shield.target
        and order.quantity - order.executed_quantity == shield.quantity
    )


def _place(state: BotState, rules: Rules, key: Key, shield: Shield) -> Step:
    match shield:
        case Shield(quantity=quantity, stop=None, target=Decimal() as target):
            return place_target(state, rules, key, quantity, target)
        case Shield(quantity=quantity, stop=(_, _) as stop, target=Decimal() as target):
            return place_pair(state, rules, key, quantity=quantity, target=target, stop=stop)
        case Shield(quantity=quantity, stop=(_, _) as stop):
            return place_stop(state, rules, key, quantity, stop)
        case _:
            return Step(state=state)
