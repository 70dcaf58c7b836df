"""Fills, orders, positions, balances, decisions and log lines as table rows."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from botcore.ledger.report_rows import (
    AdjustmentRow,
    BalanceRow,
    DecisionRow,
    ExternalOrderRow,
    FillRow,
    LogRow,
    OrderRow,
    PositionRow,
)
from botdashboard.views.formats import number_text, profit_text, time_text, tone_of

__all__ = [
    "TableRow",
    "adjustment_rows",
    "balance_rows",
    "decision_rows",
    "external_rows",
    "fill_rows",
    "log_rows",
    "order_rows",
    "position_rows",
]

TableRow = dict[str, str]


def fill_rows(
    fills: Iterable[FillRow], modes: Mapping[UUID, str], units: Mapping[UUID, str]
) -> list[TableRow]:
    """Show fills; `modes` and `units` are the marks and quote assets of the bots that exist."""
    return [
        {
            "id": f"{fill.bot_uid}/{fill.symbol}/{fill.trade_id}",
            "time": time_text(fill.venue_time),
            "bot": fill.bot,
            "href": f"/bots/{fill.namespace}/{fill.bot}",
            "mode": modes.get(fill.bot_uid, ""),
            "strategy": fill.strategy,
            "symbol": fill.symbol,
            "side": fill.side,
            "price": number_text(fill.price),
            "quantity": number_text(fill.quantity),
            "value": number_text(fill.quote_quantity),
            "fee": _fee(fill),
            "profit": profit_text(fill.realized_quote, units.get(fill.bot_uid, "")),
            "tone": tone_of(fill.realized_quote),
            "purpose": fill.purpose,
        }
        for fill in fills
    ]


def order_rows(orders: Iterable[OrderRow]) -> list[TableRow]:
    """Show orders that are not settled."""
    return [
        {
            "id": str(number),
            "time": time_text(order.created_at),
            "strategy": order.strategy,
            "symbol": order.symbol,
            "order": f"{order.side} {order.type}",
            "purpose": order.purpose,
            "quantity": number_text(order.quantity),
            "filled": number_text(order.executed_quantity),
            "price": number_text(order.stop_price if order.price is None else order.price),
            "status": order.status,
        }
        for number, order in enumerate(orders)
    ]


def position_rows(positions: Iterable[PositionRow], unit: str) -> list[TableRow]:
    """Show what strategies hold and have earned; the average entry in the quote asset."""
    return [
        {
            "id": f"{one.strategy}/{one.symbol}",
            "strategy": one.strategy,
            "symbol": one.symbol,
            "quantity": number_text(one.quantity) + (" (dust)" if one.is_dust else ""),
            "entry": number_text(round(one.cost_quote / one.quantity, 8) if one.quantity else None),
            "profit": profit_text(one.realized_quote, unit),
            "tone": tone_of(one.realized_quote),
        }
        for one in positions
    ]


def balance_rows(balances: Iterable[BalanceRow]) -> list[TableRow]:
    """Show the balances of the exchange account."""
    return [
        {
            "id": one.asset,
            "asset": one.asset,
            "free": number_text(one.free),
            "locked": number_text(one.locked),
        }
        for one in balances
    ]


def external_rows(orders: Iterable[ExternalOrderRow]) -> list[TableRow]:
    """Show orders on the account that the bot did not place."""
    return [
        {
            "id": f"{one.symbol}/{one.exchange_order_id}",
            "time": time_text(one.venue_time),
            "symbol": one.symbol,
            "order": f"{one.side} {one.type}",
            "quantity": number_text(one.quantity),
            "filled": number_text(one.executed_quantity),
            "price": number_text(one.price),
            "status": one.status,
            "by": "a second instance of this bot" if one.is_own_mark else one.client_order_id,
        }
        for one in orders
    ]


def adjustment_rows(adjustments: Iterable[AdjustmentRow]) -> list[TableRow]:
    """Show changes of balances that the bot's own trades do not explain."""
    return [
        {
            "id": str(one.id),
            "time": time_text(one.venue_time),
            "asset": one.asset,
            "kind": one.kind,
            "amount": number_text(one.amount),
            "before": number_text(one.before),
            "after": number_text(one.after),
            "lots": number_text(one.lots or None),
        }
        for one in adjustments
    ]


def decision_rows(decisions: Iterable[DecisionRow]) -> list[TableRow]:
    """Show what was decided and why."""
    return [
        {
            "id": f"{one.strategy}/{one.symbol}/{time_text(one.candle_close)}",
            "time": time_text(one.candle_close),
            "strategy": one.strategy,
            "symbol": one.symbol,
            "price": number_text(one.price),
            "action": one.action,
            "reason": one.reason,
        }
        for one in decisions
    ]


def log_rows(lines: Iterable[LogRow]) -> list[TableRow]:
    """Show log lines, their facts as key=value."""
    return [
        {
            "id": str(number),
            "time": time_text(line.at),
            "level": line.level,
            "event": line.event,
            "facts": _facts(line.fields),
        }
        for number, line in enumerate(lines)
    ]


def _fee(fill: FillRow) -> str:
    """Write a fee; one that is in no profit says so (TR-16, TR-18)."""
    text = f"{number_text(fill.commission)} {fill.commission_asset}"
    if fill.doubt:
        return f"{text} (doubtful)"
    return f"{text} (not valued)" if fill.commission and fill.commission_quote is None else text


def _facts(fields: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in fields.items())
