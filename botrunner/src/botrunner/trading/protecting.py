"""Keeps every position protected, or sells it.

Level-triggered, so that whatever was missed is made good.

Called after every event for every sub-book. It looks only at what is held and what is alive at the
venue, never at what happened before.
"""

from decimal import Decimal

from botcore.domain.instruments import Instrument, Unfit, fit_market_quantity
from botcore.domain.money import ZERO
from botcore.domain.orders import Purpose
from botrunner.trading.cancelling import cancel, is_unresolved
from botrunner.trading.drafting import place_exit
from botrunner.trading.quoting import keep_quotes
from botrunner.trading.resting import keep_shield
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key, Step

__all__ = ["protect"]


def protect(state: BotState, rules: Rules, key: Key) -> Step:
    """Do the next thing that brings a sub-book to what it should be."""
    instrument = rules.instruments.get(key[1])
    if state.is_fenced or instrument is None:
        return Step(state=state)
    if any(is_unresolved(order) for order in state.orders_of(key)):
        return Step(state=state)
    sub_book = state.sub_book(key)
    held = sub_book.quantity
    mark = state.marks.get(key[1]) or (sub_book.cost_quote / held if held else ZERO)
    sellable = fit_market_quantity(instrument, held, mark)
    if isinstance(sellable, Unfit):  # dust: not a position, not retried for ever (TR-21)
        return _flat(state, rules, key)
    if key in state.trims and key not in state.exiting:
        return _trim(state, rules, key, instrument, mark)
    return _hold(state, rules, key, sellable)


def _hold(state: BotState, rules: Rules, key: Key, sellable: Decimal) -> Step:
    """Keep what protects a position, or sell it."""
    if key in state.exiting:
        return _sell(state, rules, key, sellable)
    if key in state.quotes:
        return keep_quotes(state, rules, key)
    step = keep_shield(state, rules, key, sellable)
    if key in step.state.exiting:
        return step.then(_sell(step.state, rules, key, sellable))
    return step


def _flat(state: BotState, rules: Rules, key: Key) -> Step:
    # A target that has sold so much that the rest is dust may finish (TR-14); the other leg of a list that
    # has sold ends by itself.
    ended = tuple(
        o
        for o in state.protective(key)
        if o.executed_quantity == ZERO and o.list_client_order_id not in state.ending_lists
    )
    step = cancel(state.without_exit(key).without_trim(key), ended)
    return step if step.commands else step.then(keep_quotes(step.state, rules, key))


def _sell(state: BotState, rules: Rules, key: Key, sellable: Decimal) -> Step:
    # What rests locks the asset: it goes first, and its cancel must be certain before the sale
    # (TR-65).
    resting = (*state.protective(key), *state.working(key, Purpose.ENTRY))
    if resting:
        return cancel(state, resting)
    if _may_not_sell(state, key):
        return Step(state=state)
    return place_exit(state, rules, key, sellable)


def _trim(state: BotState, rules: Rules, key: Key, instrument: Instrument, mark: Decimal) -> Step:
    """Sell down to the wished quantity; a rest too small to be sold ends the wish."""
    excess = state.sub_book(key).quantity - state.trims[key]
    fitted = fit_market_quantity(instrument, excess, mark)
    if isinstance(fitted, Unfit):
        after = state.without_trim(key)
        return Step(state=after).then(protect(after, rules, key))
    resting = state.protective(key)
    if resting:
        return cancel(state, resting)
    if _may_not_sell(state, key):
        return Step(state=state)
    return place_exit(state, rules, key, fitted)


def _may_not_sell(state: BotState, key: Key) -> bool:
    selling = state.working(key, Purpose.EXIT)
    return bool(selling or state.exit_failures.get(key) or state.venue_time is None)
