"""The life of an order as one table: which status may follow which."""

from dataclasses import replace
from typing import Final

from botcore.domain.orders import TERMINAL, Fill, Order, OrderReport, OrderStatus

__all__ = ["TRANSITIONS", "apply_report", "book_fill"]

_S = OrderStatus
_OUTCOMES = frozenset({_S.NEW, _S.PARTIALLY_FILLED, *TERMINAL})

TRANSITIONS: Final[dict[OrderStatus, frozenset[OrderStatus]]] = {
    _S.PENDING_NEW: frozenset({_S.UNKNOWN}) | _OUTCOMES,
    _S.UNKNOWN: _OUTCOMES,
    _S.NEW: frozenset({_S.PARTIALLY_FILLED, *TERMINAL}),
    # A report of NEW after the first fill is an answer overtaken by the stream.
    _S.PARTIALLY_FILLED: TERMINAL - {_S.REJECTED},
    _S.FILLED: frozenset(),
    _S.CANCELED: frozenset({_S.FILLED}),  # real world: the fill was matched before the cancel
    # Given up as never arrived, yet the venue knows it: the venue is right.
    _S.REJECTED: _OUTCOMES - {_S.REJECTED},
    _S.EXPIRED: frozenset(),
    _S.EXPIRED_IN_MATCH: frozenset(),
}


def apply_report(order: Order, report: OrderReport) -> Order:
    """Move an order by a report.

    Stale and repeated reports change nothing but never lose an execution.
    """
    moves = report.status in TRANSITIONS[order.status]
    executed = max(order.executed_quantity, report.executed_quantity)
    return replace(
        order,
        status=report.status if moves else order.status,
        exchange_order_id=report.exchange_order_id or order.exchange_order_id,
        executed_quantity=executed,
        cumulative_quote=max(order.cumulative_quote, report.cumulative_quote),
        reason=report.reason if moves and report.reason else order.reason,
    )


def book_fill(order: Order, fill: Fill) -> Order:
    """Count a fill once (TR-41).

    A fill proves execution, so the executed quantity follows when no report came yet.
    """
    if fill.trade_id in order.booked_trades:
        return order
    booked = order.booked_quantity + fill.quantity
    status = order.status
    if booked >= order.quantity:
        status = OrderStatus.FILLED
    elif status in {OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN, OrderStatus.NEW}:
        status = OrderStatus.PARTIALLY_FILLED
    return replace(
        order,
        status=status,
        exchange_order_id=fill.exchange_order_id,
        booked_quantity=booked,
        booked_trades=order.booked_trades | {fill.trade_id},
        executed_quantity=max(order.executed_quantity, booked),
    )
