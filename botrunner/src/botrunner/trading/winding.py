"""Winding down: Flat, Stopped, halt and SIGTERM, each level-triggered."""

from botcore.domain.money import ZERO
from botcore.domain.orders import Order, Purpose
from botcore.resources.trading_bot import DesiredState, OrdersOnStop, PositionsOnStop
from botrunner.trading.cancelling import cancel, is_unresolved
from botrunner.trading.commands import Exit
from botrunner.trading.risk import loss_breaches
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key, Step

__all__ = ["condition", "ended", "wind_down"]


def wind_down(state: BotState, rules: Rules) -> Step:
    """Mark what must be sold and cancel the entries that may no longer fill.

    Exits go on regardless (I9).
    """
    for key, sub_book in state.sub_books.items():
        reason = _sale_reason(rules, key)
        if reason is not None and sub_book.quantity > ZERO:
            state = state.with_exit(key, reason)
    if state.is_fenced or not _cancels_entries(state, rules):
        return Step(state=state)
    return cancel(
        state,
        tuple(o for o in state.orders.values() if o.purpose is Purpose.ENTRY and o.is_working),
    )


def ended(state: BotState, rules: Rules) -> Exit | None:
    """Return the process's end once nothing is left to do.

    Resting stops stay: they protect what is held (TR-48).
    """
    left = tuple(o for o in state.orders.values() if not _may_stay(o, state, rules))
    if left or state.is_fenced:
        return None
    if rules.desired is DesiredState.STOPPED:
        closing = rules.positions_on_stop is PositionsOnStop.CLOSE and state.exiting
        return None if closing else Exit(reason="Stopped", message="stopped as desired")
    if state.is_shutting_down:
        return Exit(reason="Terminated", message="the process was asked to end")
    return None


def condition(state: BotState, rules: Rules) -> tuple[str, str]:
    """Return the heartbeat's state and reason."""
    if state.is_shutting_down:
        return "Stopping", "the process was asked to end"
    if state.is_fenced:
        return "Fenced", state.fence_reason
    if state.halt is not None:
        return "Halted", state.halt
    breaches = loss_breaches(state, rules)
    if breaches and rules.desired is DesiredState.RUNNING:
        return "Halted", breaches[0]
    selling = "selling own lots" if state.exiting else ""
    return {
        DesiredState.RUNNING: ("Running", ""),
        DesiredState.PAUSED: ("Paused", "no new entries"),
        DesiredState.FLAT: ("Flat", selling),
        DesiredState.STOPPED: ("Stopping", "carrying out onStop"),
    }[rules.desired]


def _sale_reason(rules: Rules, key: Key) -> str | None:
    """Return why a position must go; a strategy that was removed or renamed sells out (design §4)."""
    stopped = rules.desired is DesiredState.STOPPED
    if stopped and rules.positions_on_stop is PositionsOnStop.KEEP:
        return None
    if stopped or rules.desired is DesiredState.FLAT:
        return f"desired state is {rules.desired}"
    return "the strategy was removed" if rules.strategy(key[0]) is None else None


def _cancels_entries(state: BotState, rules: Rules) -> bool:
    if state.is_shutting_down or state.halt is not None:
        return True
    if rules.desired in {DesiredState.FLAT, DesiredState.PAUSED}:
        return True
    return rules.desired is DesiredState.STOPPED and rules.orders_on_stop is OrdersOnStop.CANCEL


def _may_stay(order: Order, state: BotState, rules: Rules) -> bool:
    # A stop that is being cancelled is about to be replaced or followed by the sale.
    if is_unresolved(order) or order.client_order_id in state.cancelling:
        return False
    keeps = rules.desired is DesiredState.STOPPED and rules.orders_on_stop is OrdersOnStop.KEEP
    return order.purpose in {Purpose.STOP_LOSS, Purpose.TAKE_PROFIT} or keeps
