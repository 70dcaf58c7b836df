"""Many candles in one step, where each of them would change prices and memories alone.

A backtest asks `is_still` and every sub-book's `calm_of`, and with `leapt` goes to the state that `decide`
would have come to candle by candle. Whether an order is touched is the venue's to say, whether a strategy
holds its own (`strategies.registry.run`). `tests/unit/botrunner/backtest/test_leaps.py` compares both ways.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from botcore.domain.instruments import Unfit, fit_market_quantity
from botcore.domain.lots import SubBook
from botcore.domain.market import Candle
from botcore.domain.money import ZERO
from botcore.domain.orders import Purpose
from botcore.domain.records import record, replace
from botrunner.trading.calm import has_wishes
from botrunner.trading.cancelling import is_unresolved
from botrunner.trading.deciding import Memory
from botrunner.trading.positions import opened_at
from botrunner.trading.rules import Rules, StrategyRule
from botrunner.trading.state import BotState, Key

__all__ = ["Calm", "Passed", "calm_of", "is_still", "leapt"]

_PROTECTIVE = {Purpose.STOP_LOSS, Purpose.TAKE_PROFIT}


@record
class Calm:
    """Within which prices (quote asset) and until when a sub-book needs nothing but its strategy's word.

    Prices stay above `floor` and below `ceiling`, closes at or below `peak`, candles close before
    `until`; None = without an end. `is_held` tells whether the strategy has a position in it.
    """

    is_held: bool = False
    floor: Decimal | None = None
    ceiling: Decimal | None = None
    peak: Decimal | None = None
    until: datetime | None = None


@record
class Passed:
    """What candles have left that passed in one step.

    `candles` is the last one of every symbol and interval, oldest first; `memories` what each strategy
    then remembers; `highest` each held symbol's highest close (quote asset); `peak_equity` the bot's.
    """

    candles: tuple[Candle, ...]
    memories: Mapping[Key, object]
    highest: Mapping[str, Decimal]
    peak_equity: Decimal


_FLAT = Calm()


def is_still(state: BotState, rules: Rules) -> bool:
    """Tell whether nothing is under way that the next candle would have to go on with."""
    return not (
        state.is_fenced
        or state.peak_equity is None
        or state.exit_failures
        or state.ending_lists
        or state.unprotected
        or has_wishes(state, rules)
    )


def calm_of(state: BotState, rules: Rules, rule: StrategyRule, symbol: str) -> Calm | None:
    """Say what keeps a sub-book calm; None if the next candle has to be looked at."""
    key = (rule.name, symbol)
    sub_book, orders = state.sub_books.get(key), state.orders_of(key)
    if sub_book is None or not sub_book.lots:
        return None if orders else _FLAT
    mark, instrument = state.marks.get(symbol), rules.instruments.get(symbol)
    if mark is None or instrument is None:
        return None
    if any(is_unresolved(order) or order.purpose not in _PROTECTIVE for order in orders):
        return None
    quantity, least = sub_book.quantity, instrument.min_notional
    if quantity * mark < least:  # dust (TR-21)
        return None if orders else Calm(ceiling=least / quantity)
    fitted = fit_market_quantity(instrument, quantity, mark)
    exits = rule.exits
    shields = (exits.stop_loss_percent, exits.take_profit_percent, exits.trailing_stop_percent)
    is_bare = any(percent is not None for percent in shields) and not orders
    peak = None if exits.trailing_stop_percent is None else state.peaks.get(key, ZERO)
    if isinstance(fitted, Unfit) or quantity * mark < least * 2 or is_bare:
        return None
    limits = (o.price for o in orders if o.purpose is Purpose.STOP_LOSS and o.price is not None)
    return Calm(
        is_held=True,
        floor=max(least * 2 / quantity, least / fitted, *limits),
        peak=peak,
        until=_until(state, rules, rule, sub_book),
    )


def _until(state: BotState, rules: Rules, rule: StrategyRule, sub_book: SubBook) -> datetime | None:
    limit, key = rule.exits.time_limit_candles, (sub_book.strategy, sub_book.symbol)
    began = opened_at(sub_book, state.sold_at.get(key), rules.instruments.get(key[1]))
    return None if limit is None or began is None else began + limit * rule.interval.length


def leapt(state: BotState, rules: Rules, passed: Passed) -> BotState:
    """Return the state after the candles that passed."""
    if not passed.candles:
        return state
    marks, marked_at = dict(state.marks), dict(state.marked_at)
    signals, decided = dict(state.signals), dict(state.decided)
    for candle in passed.candles:
        marks[candle.symbol], marked_at[candle.symbol] = candle.close, candle.close_at
        for rule in rules.strategies:
            key = (rule.name, candle.symbol)
            if rule.interval == candle.interval and candle.symbol in rule.symbols:
                inner = passed.memories[key]
                signals[key] = Memory(
                    params=rule.params, interval=rule.interval, inner=inner, last=candle
                )
                decided[key] = candle.close_at
    venue_time = passed.candles[-1].close_at
    after = replace(
        state,
        marks=marks,
        marked_at=marked_at,
        signals=signals,
        decided=decided,
        venue_time=venue_time,
        peaks=_raised(state, passed.highest),
        peak_equity=max(passed.peak_equity, state.peak_equity or ZERO),
    )
    return after.on_day(venue_time.date())


def _raised(state: BotState, highest: Mapping[str, Decimal]) -> Mapping[Key, Decimal]:
    """Return the highest closes since positions were opened."""
    raised = {
        key: highest[key[1]]
        for key, sub_book in state.sub_books.items()
        if sub_book.lots and key[1] in highest and highest[key[1]] > state.peaks.get(key, ZERO)
    }
    return {**state.peaks, **raised} if raised else state.peaks
