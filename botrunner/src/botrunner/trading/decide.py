"""The one step of the trading core: the same in backtest, paper, testnet and live (design §7)."""

from typing import assert_never

from botcore.domain.orders import Purpose
from botcore.domain.records import replace
from botrunner.trading import following
from botrunner.trading.agreement import books_checked
from botrunner.trading.asking import doubt_all
from botrunner.trading.calm import is_calm
from botrunner.trading.commands import CancelOrder, Note, Reread
from botrunner.trading.deciding import candle_closed, needs_warm_up
from botrunner.trading.events import (
    BalanceChanged,
    BooksChecked,
    CancelUnresolved,
    CandleClosed,
    Event,
    HaltChanged,
    IntentAbandoned,
    LeaseAcquired,
    LeaseEnded,
    OrderNotFound,
    OrderRefused,
    OrderReported,
    OutcomeUnknown,
    RulesChanged,
    ShutdownRequested,
    StreamRestored,
    TimerFired,
    TradesRead,
)
from botrunner.trading.protecting import protect
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step
from botrunner.trading.winding import ended, wind_down

__all__ = ["decide"]


def decide(state: BotState, event: Event, rules: Rules) -> Step:
    """Apply one event, then bring every sub-book to what it should be."""
    step = _apply(state, event, rules)
    if step.state.is_fenced:
        return step
    if isinstance(event, CandleClosed) and is_calm(state, step.state, event.candle, rules):
        return step
    state = step.state
    if state.is_empty:
        end = ended(state, rules)
    else:
        step = step.then(wind_down(state, rules))
        for key in step.state.active_keys():
            step = step.then(protect(step.state, rules, key))
        end = ended(step.state, rules)
    return step if end is None else Step(state=step.state, commands=(*step.commands, end))


def _apply(state: BotState, event: Event, rules: Rules) -> Step:
    match event:
        case CandleClosed():
            return candle_closed(state, event, rules)
        case (
            OrderReported()
            | TradesRead()
            | OrderRefused()
            | OutcomeUnknown()
            | IntentAbandoned()
            | OrderNotFound()
        ):
            return _follow(state, event, rules)
        case CancelUnresolved():
            return following.cancel_unresolved(state, event, rules)
        case BooksChecked() | BalanceChanged():
            after = books_checked(state, event)
            return Step(state=doubt_all(after) if after.problems != state.problems else after)
        case TimerFired():
            return following.look_after(state, event, rules)
        case _:
            return _steer(state, event, rules)


def _follow(
    state: BotState,
    event: OrderReported
    | TradesRead
    | OrderRefused
    | OutcomeUnknown
    | IntentAbandoned
    | OrderNotFound,
    rules: Rules,
) -> Step:
    match event:
        case OrderReported():
            return following.reported(state, event, rules)
        case TradesRead():
            return following.trades_read(state, event, rules)
        case OrderRefused():
            return following.refused(state, event, rules)
        case OutcomeUnknown():
            return following.outcome_unknown(state, event, rules)
        case IntentAbandoned():
            return following.abandoned(state, event, rules)
        case OrderNotFound():
            return following.not_found(state, event, rules)
        case _:
            assert_never(event)


def _steer(
    state: BotState,
    event: RulesChanged
    | HaltChanged
    | LeaseAcquired
    | LeaseEnded
    | ShutdownRequested
    | StreamRestored,
    rules: Rules,
) -> Step:
    match event:
        case RulesChanged():
            reread = (Reread(stream="market"),) if needs_warm_up(state, rules) else ()
            return Step(state=state, commands=reread)
        case HaltChanged():
            return _halted(state, event)
        case LeaseAcquired():
            return Step(state=replace(state, epoch=event.epoch, sequence=0, fence_reason=""))
        case LeaseEnded():
            return _fenced(state, event)
        case ShutdownRequested():
            return Step(state=replace(state, is_shutting_down=True))
        case StreamRestored():
            after = doubt_all(state) if event.stream == "user" else state
            return Step(state=after, commands=(Reread(stream=event.stream),))
        case _:
            assert_never(event)


def _halted(state: BotState, event: HaltChanged) -> Step:
    if event.reason == state.halt:
        return Step(state=state)
    name = "halt_cleared" if event.reason is None else "halted"
    note = Note(level="warning", event=name, facts=(("reason", event.reason or ""),))
    return Step(state=replace(state, halt=event.reason), commands=(note,))


def _fenced(state: BotState, event: LeaseEnded) -> Step:
    """Send nothing more but the cancels of own entries.

    Stops resting on the exchange protect (I10).
    """
    if state.is_fenced:
        return Step(state=replace(state, fence_reason=event.reason))
    entries = tuple(
        CancelOrder(symbol=order.symbol, client_order_id=order.client_order_id)
        for order in state.orders.values()
        if order.purpose is Purpose.ENTRY
        and order.is_working
        and order.exchange_order_id is not None
    )
    note = Note(level="warning", event="fenced", facts=(("reason", event.reason),))
    return Step(state=replace(state, epoch=0, fence_reason=event.reason), commands=(*entries, note))
