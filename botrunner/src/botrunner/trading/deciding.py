"""What a closed candle leads to.

The strategy's advice, the brakes, one recorded decision, perhaps an order.
"""

from decimal import Decimal

from botcore.domain.instruments import Instrument, Unfit, fit_market_quantity
from botcore.domain.lots import is_dust
from botcore.domain.market import Candle, Interval
from botcore.domain.money import ZERO
from botcore.domain.orders import Purpose
from botcore.domain.records import record, replace
from botcore.resources.strategy_params import StrategyParams
from botrunner.trading.asking import doubt_passed
from botrunner.trading.commands import Note, RecordDecision
from botrunner.trading.drafting import place_entry
from botrunner.trading.events import CandleClosed
from botrunner.trading.positions import opened_at
from botrunner.trading.resting import wanted_stop
from botrunner.trading.risk import entry_block, equity
from botrunner.trading.rules import Rules, StrategyRule
from botrunner.trading.sizing import size_entry
from botrunner.trading.state import BotState, Key, Step
from botrunner.trading.strategies.base import Advice, Holding, Signal, View
from botrunner.trading.strategies.registry import advise

__all__ = ["Memory", "candle_closed", "last_candle", "needs_warm_up"]


_JUMP = 30
"""Per cent between the closes of two candles in a row that look like a mistake (TR-35)."""
_NOTHING = Holding(quantity=ZERO, average_cost=ZERO)


@record
class Memory:
    """A strategy's state in one symbol, for which parameters it was built.

    And the last candle it saw.
    """

    params: StrategyParams
    interval: str
    inner: object
    last: Candle


def needs_warm_up(state: BotState, rules: Rules) -> bool:
    """Tell whether some strategy has no state yet, or one of other parameters (after a hot reload)."""
    return any(
        _memory(state, rule, symbol) is None for rule in rules.strategies for symbol in rule.symbols
    )


def last_candle(state: BotState, rules: Rules, symbol: str, interval: Interval) -> Candle | None:
    """Return the last candle a strategy saw of this pair; None before it saw any, or after a change of it."""
    for rule in rules.strategies:
        if rule.interval == interval and symbol in rule.symbols:
            memory = _memory(state, rule, symbol)
            return None if memory is None else memory.last
    return None


def candle_closed(state: BotState, event: CandleClosed, rules: Rules) -> Step:
    """Take one closed candle; a candle seen before changes nothing (TR-32, TR-37)."""
    candle = event.candle
    state = doubt_passed(state, candle)
    step = Step(state=_marked(state, candle, rules, is_history=event.is_history))
    for rule in rules.strategies:
        if rule.interval == candle.interval and candle.symbol in rule.symbols:
            step = step.then(_consider(step.state, event, rules, rule))
    return step


def _marked(state: BotState, candle: Candle, rules: Rules, *, is_history: bool) -> BotState:
    marked_at = state.marked_at.get(candle.symbol)
    marks, at = state.marks, state.marked_at
    if marked_at is None or candle.close_at >= marked_at:
        marks = {**marks, candle.symbol: candle.close}
        at = {**at, candle.symbol: candle.close_at}
    before = state.venue_time
    if is_history and before is not None and candle.close_at < before:
        return _peaked(replace(state, marks=marks, marked_at=at), candle, rules)
    venue_time = candle.close_at if before is None else max(before, candle.close_at)
    state = replace(
        state,
        marks=marks,
        marked_at=at,
        venue_time=venue_time,
        exit_failures={},
        ending_lists=frozenset(),
        unprotected=frozenset(),
    )
    state = _peaked(state, candle, rules).on_day(venue_time.date())
    if is_history:
        return state
    now = equity(state, rules)
    peak = state.peak_equity
    return state if peak is not None and now <= peak else replace(state, peak_equity=now)


def _peaked(state: BotState, candle: Candle, rules: Rules) -> BotState:
    """Remember the highest closed price of every position in the symbol, for trailing stops."""
    raised = {}
    for key, sub_book in state.sub_books.items():
        if key[1] != candle.symbol or not sub_book.lots:
            continue
        peak = state.peaks.get(key)
        began = opened_at(sub_book, state.sold_at.get(key), rules.instruments.get(key[1]))
        if began is not None and candle.close_at >= began and (peak is None or candle.close > peak):
            raised[key] = candle.close
    return replace(state, peaks={**state.peaks, **raised}) if raised else state


def _memory(state: BotState, rule: StrategyRule, symbol: str) -> Memory | None:
    """Return the strategy's state if it was built for the parameters and the interval in force."""
    memory = state.signals.get((rule.name, symbol))
    if not isinstance(memory, Memory) or memory.interval != rule.interval:
        return None
    is_same = memory.params is rule.params or memory.params == rule.params
    return memory if is_same else None


def _consider(state: BotState, event: CandleClosed, rules: Rules, rule: StrategyRule) -> Step:
    candle = event.candle
    key = (rule.name, candle.symbol)
    current = _memory(state, rule, candle.symbol)
    if current is not None and candle.close_at <= current.last.close_at:
        return Step(state=state)
    view = _view(state, rules, rule, candle)
    advice = advise(rule.params, current.inner if current else None, candle, view)
    fresh = Memory(params=rule.params, interval=rule.interval, inner=advice.state, last=candle)
    signals = {**state.signals, key: fresh}
    decided = state.decided.get(key)
    is_decided = decided is not None and candle.close_at <= decided
    if event.is_history or is_decided or state.is_fenced:
        return Step(state=replace(state, signals=signals))
    state = replace(state, signals=signals, decided={**state.decided, key: candle.close_at})
    state = _overrule(state, rules, rule, key, candle)
    step = Step(state=state, commands=_doubts(current, candle))
    return step.then(_act(state, rules, key, advice, candle))


def _doubts(memory: Memory | None, candle: Candle) -> tuple[Note, ...]:
    """Warn of a close that is far from the one before; it may be a mistake of the data (TR-35)."""
    before = candle.close if memory is None else memory.last.close
    change = abs(candle.close - before) * 100
    if change <= before * _JUMP:
        return ()
    facts = (("symbol", candle.symbol), ("percent", str(change // before)))
    return (Note(level="warning", event="price_jump", facts=facts),)


def _view(state: BotState, rules: Rules, rule: StrategyRule, candle: Candle) -> View:
    marks = {symbol: state.marks[symbol] for symbol in rule.symbols if symbol in state.marks}
    holdings = {
        symbol: _holding(state, rules, (rule.name, symbol), marks.get(symbol, candle.close))
        for symbol in rule.symbols
    }
    return View(
        holding=holdings[candle.symbol],
        capital=rule.capital,
        instrument=rules.instruments.get(candle.symbol),
        holdings=holdings,
        marks=marks,
    )


def _holding(state: BotState, rules: Rules, key: Key, price: Decimal) -> Holding:
    """Return what the strategy holds; dust that can't be sold is no position (TR-21)."""
    sub_book = state.sub_books.get(key)
    if sub_book is None or not sub_book.lots:
        return _NOTHING
    held = sub_book.quantity
    instrument = rules.instruments.get(key[1])
    if instrument is not None and isinstance(fit_market_quantity(instrument, held, price), Unfit):
        return _NOTHING
    return Holding(
        quantity=held,
        average_cost=sub_book.cost_quote / held,
        opened_at=opened_at(sub_book, state.sold_at.get(key), instrument),
    )


def _act(state: BotState, rules: Rules, key: Key, advice: Advice, candle: Candle) -> Step:
    state = _wish(state, key, advice)
    match advice.signal:
        case Signal.HOLD:
            return _record(state, key, candle, "Hold", advice.reason)
        case Signal.EXIT if advice.quantity is not None:
            left = max(state.sub_book(key).quantity - advice.quantity, ZERO)
            state = replace(state, trims={**state.trims, key: left})
            return _record(state, key, candle, "Reduce", advice.reason)
        case Signal.EXIT:
            return _record(state.with_exit(key, advice.reason), key, candle, "Exit", advice.reason)
        case Signal.ENTER:
            return _enter(state, rules, key, advice, candle)


def _wish(state: BotState, key: Key, advice: Advice) -> BotState:
    """Take the strategy's quotes; a new candle ends an unfinished partial sale."""
    state = state.without_trim(key)
    if advice.quotes is not None:
        return replace(state, quotes={**state.quotes, key: advice.quotes})
    if key not in state.quotes:
        return state
    return replace(state, quotes={k: v for k, v in state.quotes.items() if k != key})


def _enter(state: BotState, rules: Rules, key: Key, advice: Advice, candle: Candle) -> Step:
    rule = rules.strategy(key[0])
    instrument = rules.instruments.get(key[1])
    if rule is None or instrument is None:
        return _record(state, key, candle, "Blocked", f"{key[1]} is not trading")
    quantity = size_entry(state, rule, instrument, spend=advice.spend, price=candle.close)
    if isinstance(quantity, Unfit):
        return _record(state, key, candle, "Blocked", quantity.reason)
    reason = entry_block(state, rules, key, quantity * candle.close)
    if reason is not None:
        return _record(state, key, candle, "Blocked", reason)
    step = _record(state, key, candle, "Enter", advice.reason)
    return step.then(place_entry(step.state, rules, key, quantity=quantity, price=candle.close))


def _overrule(
    state: BotState, rules: Rules, rule: StrategyRule, key: Key, candle: Candle
) -> BotState:
    """Sell what must not be held on, whatever the strategy says."""
    if key in state.exiting or state.sub_book(key).quantity == ZERO:
        return state
    limits = [o.price for o in state.working(key, Purpose.STOP_LOSS) if o.price is not None]
    if any(candle.close < limit for limit in limits):  # the market has jumped over it (TR-64)
        return state.with_exit(key, "StopOverrun")
    instrument = rules.instruments.get(key[1])
    if instrument is not None and is_dust(state.sub_book(key), instrument, candle.close):
        return state  # it can't be sold, whatever its age (TR-21)
    if _is_too_old(state, rule, key, candle, instrument):
        return state.with_exit(key, "TimeLimit")
    if key in state.quotes and instrument is not None:  # not all it holds has a stop resting
        stop = wanted_stop(state, key, rule.exits, instrument)
        if stop is not None and candle.close <= stop[0]:
            return state.with_exit(key, "StopLoss")
    return state


def _is_too_old(
    state: BotState, rule: StrategyRule, key: Key, candle: Candle, instrument: Instrument | None
) -> bool:
    limit = rule.exits.time_limit_candles
    if limit is None:
        return False
    began = opened_at(state.sub_book(key), state.sold_at.get(key), instrument)
    return began is not None and candle.close_at - began >= limit * rule.interval.length


def _record(state: BotState, key: Key, candle: Candle, action: str, reason: str) -> Step:
    decision = RecordDecision(
        strategy=key[0],
        symbol=key[1],
        candle_close=candle.close_at,
        action=action,
        reason=reason,
        price=candle.close,
    )
    return Step(state=state, commands=(decision,))
