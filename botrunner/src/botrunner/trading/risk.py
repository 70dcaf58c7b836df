"""The brakes: they block entries only, never an exit (I9)."""

from datetime import timedelta
from decimal import Decimal

from botcore.domain.money import ZERO, wire
from botcore.resources.trading_bot import DesiredState
from botrunner.trading.agreement import distrust
from botrunner.trading.protecting import is_unresolved
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key

__all__ = ["breached_limits", "entry_block", "equity", "unrealized"]


def unrealized(state: BotState) -> Decimal:
    """Return the open profit of all own lots at the last marks, in quote asset.

    A lot without a mark counts as cost.
    """
    return sum(
        (
            sub_book.unrealized(state.marks[key[1]])
            for key, sub_book in state.sub_books.items()
            if key[1] in state.marks
        ),
        ZERO,
    )


def equity(state: BotState, rules: Rules) -> Decimal:
    """Return capital plus realised plus open profit of own lots.

    So that a deposit never hides a loss (design §6).
    """
    realized = sum((sub_book.realized_quote for sub_book in state.sub_books.values()), ZERO)
    return rules.capital + realized + unrealized(state)


def entry_block(state: BotState, rules: Rules, key: Key, spend: Decimal) -> str | None:
    """Return why this entry is not allowed now, or None (TR-66: missing data blocks)."""
    return _standing_block(state, rules, key) or _limit_block(state, rules, key, spend)


def _standing_block(state: BotState, rules: Rules, key: Key) -> str | None:
    instrument = rules.instruments.get(key[1])
    in_doubt = any(o.purpose != "StopLoss" or is_unresolved(o) for o in state.orders_of(key))
    problems = distrust(state)
    blocks = (
        (state.is_fenced, f"fenced: {state.fence_reason}"),
        (state.halt is not None, f"halted: {state.halt}"),
        (state.is_shutting_down, "shutting down"),
        (rules.desired is not DesiredState.RUNNING, f"desired state is {rules.desired}"),
        (key in state.exiting, f"selling: {state.exiting.get(key)}"),
        (
            instrument is not None and instrument.base_asset in state.fee_assets,
            f"{key[1]} is not traded while fees are paid in its asset",  # TR-16
        ),
        (bool(problems), f"{problems[0].reason}: {problems[0].message}" if problems else ""),
        (in_doubt, "an order of this strategy is still open"),
        (instrument is None or not instrument.is_trading, f"{key[1]} is not trading"),
    )
    return next((reason for holds, reason in blocks if holds), None)


def _limit_block(state: BotState, rules: Rules, key: Key, spend: Decimal) -> str | None:
    risk = rules.risk
    if risk.max_open_orders is not None and len(state.orders) >= risk.max_open_orders:
        return f"maxOpenOrders {risk.max_open_orders} reached"
    if risk.max_orders_per_minute is not None and _recent(state) >= risk.max_orders_per_minute:
        return f"maxOrdersPerMinute {risk.max_orders_per_minute} reached"
    if risk.max_position_notional is not None:
        held = sum(
            (s.cost_quote for (_, symbol), s in state.sub_books.items() if symbol == key[1]), ZERO
        )
        if held + spend > risk.max_position_notional:
            return f"maxPositionNotional {wire(risk.max_position_notional)} would be exceeded"
    return _loss_block(state, rules)


def _loss_block(state: BotState, rules: Rules) -> str | None:
    risk = rules.risk
    if risk.max_daily_loss is None and risk.max_drawdown_percent is None:
        return None
    for (_, symbol), sub_book in state.sub_books.items():
        if sub_book.lots and symbol not in state.marks:  # its loss is not known (I9)
            return f"the price of {symbol} is not known yet"
    if risk.max_drawdown_percent is not None and state.peak_equity is None:
        return "equity is not known yet"
    return next(iter(breached_limits(state, rules)), None)


def breached_limits(state: BotState, rules: Rules) -> tuple[str, ...]:
    """Return the limits of loss that are reached and block every entry; what is not known breaches none."""
    risk, found = rules.risk, []
    loss = -(state.day_realized + unrealized(state))
    if risk.max_daily_loss is not None and loss >= risk.max_daily_loss:
        found.append(f"maxDailyLoss {wire(risk.max_daily_loss)} reached")
    if risk.max_drawdown_percent is not None and state.peak_equity is not None:
        floor = state.peak_equity * (1 - risk.max_drawdown_percent / 100)
        if equity(state, rules) <= floor:
            found.append(f"maxDrawdownPercent {wire(risk.max_drawdown_percent)} reached")
    return tuple(found)


def _recent(state: BotState) -> int:
    if state.venue_time is None:
        return 0
    since = state.venue_time - timedelta(minutes=1)
    return sum(1 for instant in state.entry_times if instant > since)
