"""User data as Binance writes it."""

import json
from typing import assert_never

from botexchange.matching.numbers import plain
from botexchange.matching.reports import BalanceReport, ExecutionReport, ListReport, Report

__all__ = ["user_event"]


def user_event(report: Report) -> str:
    """Write a report as the JSON of its event."""
    match report:
        case ExecutionReport():
            event = _execution(report)
        case BalanceReport():
            event = {
                "e": "outboundAccountPosition",
                "E": report.time_ms,
                "u": report.time_ms,
                "B": [
                    {"a": asset, "f": plain(free), "l": plain(locked)}
                    for asset, free, locked in report.balances
                ],
            }
        case ListReport():
            event = _list_status(report)
        case _:
            assert_never(report)
    return json.dumps(event, separators=(",", ":"))


def _execution(report: ExecutionReport) -> dict[str, object]:
    order, trade, is_cancel = report.order, report.trade, bool(report.cancel_client_id)
    return {
        "e": "executionReport",
        "E": report.time_ms,
        "s": order.symbol,
        "c": report.cancel_client_id or order.client_order_id,
        "S": order.side,
        "o": order.type,
        "f": order.time_in_force,
        "q": plain(order.quantity),
        "p": plain(order.price),
        "P": plain(order.stop_price),
        "F": "0.00000000",
        "g": order.list_id,
        "C": order.client_order_id if is_cancel else "",
        "x": report.execution,
        "X": order.status,
        "r": "NONE",
        "i": order.id,
        "l": plain(trade.quantity if trade else 0),
        "z": plain(order.executed),
        "L": plain(trade.price if trade else 0),
        "n": plain(trade.commission) if trade else "0",
        "N": trade.commission_asset if trade else None,
        "T": report.time_ms,
        "t": trade.id if trade else -1,
        "I": report.execution_id,
        "w": order.is_open and not order.is_waiting,
        "m": trade.maker if trade else False,
        "M": False,
        "O": order.created_ms,
        "Z": plain(order.quote_executed),
        "Y": plain(trade.quote if trade else 0),
        "Q": plain(order.quote_quantity),
        "V": order.prevention,
        **({} if order.is_waiting else {"W": order.working_ms}),
        **({"eR": order.expiry_reason} if order.expiry_reason else {}),
    }


def _list_status(report: ListReport) -> dict[str, object]:
    first = report.orders[0]
    return {
        "e": "listStatus",
        "E": report.time_ms,
        "s": first.symbol,
        "g": first.list_id,
        "c": "OCO",
        "l": "ALL_DONE" if report.is_done else "EXEC_STARTED",
        "L": "ALL_DONE" if report.is_done else "EXECUTING",
        "r": "NONE",
        "C": first.list_client_id,
        "T": report.time_ms,
        "O": [
            {"s": order.symbol, "i": order.id, "c": order.client_order_id}
            for order in report.orders
        ],
    }
