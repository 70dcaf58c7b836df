"""Whether a candle left everything as it was, so that nothing needs to be wound down or protected.

What protects positions looks at what is held, wished and alive at the venue, never at what happened. While
none of that has changed since the last event it would find nothing to do, whatever strategies have learned.
A second's timer comes with no candle and always looks (TR-43, TR-63).
"""

from botcore.domain.market import Candle
from botcore.resources.trading_bot import DesiredState
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["has_wishes", "is_calm"]


def is_calm(before: BotState, after: BotState, candle: Candle, rules: Rules) -> bool:
    """Tell whether a candle changed prices and memories alone, and no price near what is dust."""
    if has_wishes(after, rules) or not _is_alike(before, after):
        return False
    return all(
        _is_as_large(before, candle, rules, key[1])
        for key, sub_book in after.sub_books.items()
        if sub_book.lots
    )


def has_wishes(state: BotState, rules: Rules) -> bool:
    """Tell whether anything is to be sold, quoted or wound down."""
    return bool(
        state.exiting
        or state.trims
        or state.quotes
        or state.is_shutting_down
        or state.halt is not None
        or rules.desired is not DesiredState.RUNNING
    )


def _is_alike(before: BotState, after: BotState) -> bool:
    """Compare what the last event left; a candle itself lets go of the three that must be empty."""
    return (
        after.orders is before.orders
        and after.sub_books is before.sub_books
        and after.peaks is before.peaks
        and after.cancelling is before.cancelling
        and after.epoch == before.epoch
        and not (before.exit_failures or before.ending_lists or before.unprotected)
    )


def _is_as_large(state: BotState, candle: Candle, rules: Rules, symbol: str) -> bool:
    """Tell whether what is held was and is dust, or was and is clearly more (TR-21)."""
    if symbol != candle.symbol:
        return True
    mark, instrument = state.marks.get(symbol), rules.instruments.get(symbol)
    if mark is None or instrument is None:
        return False
    least, low, high = instrument.min_notional, min(mark, candle.close), max(mark, candle.close)
    return all(
        one.quantity * low >= least * 2 or one.quantity * high < least
        for key, one in state.sub_books.items()
        if key[1] == symbol and one.lots
    )
