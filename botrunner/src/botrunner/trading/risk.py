"""The brakes: they block entries only, never an exit (I9)."""

from datetime import timedelta
from decimal import Decimal

from botcore.domain.money import ZERO, wire
from botcore.domain.orders import Purpose
from botcore.resources.trading_bot import DesiredState
from botrunner.trading.agreement import distrust
from botrunner.trading.cancelling import is_unresolved
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key

__all__ = [
    "breached_limits",
    "count_block",
    "entry_block",
    "equity",
    "loss_breaches",
    "standing_block",
    "stop_breach",
    "unrealized",
]

_STOP_WINDOW, _STOP_PAUSE = 1440, 60
"""Minutes of the stop-loss guard where the owner gave none."""


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
    return (
        standing_block(state, rules, key)
        or _order_block(state, key)
        or count_block(state, rules, key, spend)
    )


def standing_block(state: BotState, rules: Rules, key: Key) -> str | None:
    """Return why this sub-book may not be added to, whatever the amount."""
    instrument = rules.instruments.get(key[1])
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
        (key in state.trims, "selling a part"),
        (bool(problems), f"{problems[0].reason}: {problems[0].message}" if problems else ""),
        (instrument is None or not instrument.is_trading, f"{key[1]} is not trading"),
    )
    standing = next((reason for holds, reason in blocks if holds), None)
    return standing or _pause_block(state, rules, key) or _bot_block(state, rules)


def count_block(state: BotState, rules: Rules, key: Key, spend: Decimal) -> str | None:
    """Return which limit one more order of `spend` quote asset would exceed."""
    risk = rules.risk
    if risk.max_open_orders is not None and len(state.orders) >= risk.max_open_orders:
        return f"maxOpenOrders {risk.max_open_orders} reached"
    if risk.max_orders_per_minute is not None and _recent(state) >= risk.max_orders_per_minute:
        return f"maxOrdersPerMinute {risk.max_orders_per_minute} reached"
    most = risk.max_position_notional
    if most is not None and _position(state, key[1]) + spend > most:
        return f"maxPositionNotional {wire(most)} would be exceeded"
    return None


def loss_breaches(state: BotState, rules: Rules) -> tuple[str, ...]:
    """Return the limits of loss that are reached, as far as prices are known; they halt the bot (TR-68)."""
    risk, found = rules.risk, []
    loss = -(state.day_realized + unrealized(state))
    if risk.max_daily_loss is not None and loss >= risk.max_daily_loss:
        found.append(f"maxDailyLoss {wire(risk.max_daily_loss)} reached")
    if risk.max_drawdown_percent is not None and state.peak_equity is not None:
        floor = state.peak_equity * (1 - risk.max_drawdown_percent / 100)
        if equity(state, rules) <= floor:
            found.append(f"maxDrawdownPercent {wire(risk.max_drawdown_percent)} reached")
    return tuple(found)


def stop_breach(state: BotState, rules: Rules) -> str | None:
    """Return why entries pause after several stops in a short time (TR-62)."""
    most = rules.risk.max_stop_losses
    if most is None or state.venue_time is None:
        return None
    window = timedelta(minutes=rules.risk.stop_loss_window_minutes or _STOP_WINDOW)
    pause = timedelta(minutes=rules.risk.stop_loss_pause_minutes or _STOP_PAUSE)
    times = sorted(state.stop_outs.values())
    for first, last in zip(times, times[most - 1 :], strict=False):
        if last - first <= window and state.venue_time < last + pause:
            return f"maxStopLosses {most} reached"
    return None


def breached_limits(state: BotState, rules: Rules) -> tuple[str, ...]:
    """Return the brakes of the whole bot that block every entry; what is not known breaches none."""
    stops = stop_breach(state, rules)
    return (*((stops,) if stops is not None else ()), *loss_breaches(state, rules))


def _bot_block(state: BotState, rules: Rules) -> str | None:
    """Return which brake of the whole bot holds entries back; an unknown figure does (I9)."""
    risk = rules.risk
    if risk.max_daily_loss is None and risk.max_drawdown_percent is None:
        return stop_breach(state, rules)
    for (_, symbol), sub_book in state.sub_books.items():
        if sub_book.lots and symbol not in state.marks:
            return f"the price of {symbol} is not known yet"
    if risk.max_drawdown_percent is not None and state.peak_equity is None:
        return "equity is not known yet"
    return next(iter(breached_limits(state, rules)), None)


def _order_block(state: BotState, key: Key) -> str | None:
    protective = {Purpose.STOP_LOSS, Purpose.TAKE_PROFIT}
    if any(o.purpose not in protective or is_unresolved(o) for o in state.orders_of(key)):
        return "an order of this strategy is still open"
    return None


def _position(state: BotState, symbol: str) -> Decimal:
    """Return what the bot has in one symbol, bought or about to be, in quote asset."""
    held = sum((s.cost_quote for (_, one), s in state.sub_books.items() if one == symbol), ZERO)
    return held + sum((o.reserved_quote for o in state.orders.values() if o.symbol == symbol), ZERO)


def _pause_block(state: BotState, rules: Rules, key: Key) -> str | None:
    """Wait after a sale; the end of the pause falls on a candle's close (TR-62)."""
    rule, sold_at = rules.strategy(key[0]), state.sold_at.get(key)
    candles = rule.exits.cooldown_candles if rule is not None else None
    if rule is None or candles is None or sold_at is None or state.venue_time is None:
        return None
    if state.venue_time < sold_at + candles * rule.interval.length:
        return f"cooling down for {candles} candles after a sale"
    return None


def _recent(state: BotState) -> int:
    if state.venue_time is None:
        return 0
    since = state.venue_time - timedelta(minutes=1)
    return sum(1 for instant in state.entry_times if instant > since)
