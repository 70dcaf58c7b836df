"""User data as Binance writes it (user-data-stream.md)."""

from typing import Final, assert_never

import orjson

from botcore.matching.numbers import notional, plain
from botcore.matching.orders import Contingency, Order, Trade
from botcore.matching.reports import (
    BalanceReport,
    Execution,
    ExecutionReport,
    ListReport,
    PreventedMatch,
    Report,
)

__all__ = [
    "balance_update",
    "external_lock_update",
    "stream_terminated",
    "subscribed",
    "user_event",
]

_ZERO: Final = plain(0)
_NO_TRADE_GROUP: Final = -1


def user_event(report: Report) -> bytes:
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
    return orjson.dumps(event)


def subscribed(subscription: int, event: bytes) -> bytes:
    """Put an event into the frame of its subscription."""
    return b'{"subscriptionId":%d,"event":%b}' % (subscription, event)


def balance_update(asset: str, delta: int, time_ms: int) -> bytes:
    """Write that an amount (1e-8 units, negative if paid out) came from outside."""
    event = {"e": "balanceUpdate", "E": time_ms, "a": asset, "d": _signed(delta), "T": time_ms}
    return orjson.dumps(event)


def external_lock_update(asset: str, delta: int, time_ms: int) -> bytes:
    """Write that another system locked an amount (1e-8 units), or unlocked a negative one."""
    event = {"e": "externalLockUpdate", "E": time_ms, "a": asset, "d": _signed(delta), "T": time_ms}
    return orjson.dumps(event)


def stream_terminated(time_ms: int) -> bytes:
    """Write that a subscription has ended."""
    return orjson.dumps({"e": "eventStreamTerminated", "E": time_ms})


def _execution(report: ExecutionReport) -> dict[str, object]:
    order, trade = report.order, report.trade
    name, former_name = _client_ids(report)
    return {
        "e": "executionReport",
        "E": report.time_ms,
        "s": order.symbol,
        "c": name,
        "S": order.side,
        "o": order.type,
        "f": order.time_in_force,
        "q": plain(order.quantity),
        "p": plain(order.price),
        "P": plain(order.stop_price),
        **_trailing(order),
        "F": plain(order.iceberg_quantity),
        "g": order.list_id,
        "C": former_name,
        "x": report.execution,
        "X": order.status,
        "r": report.reject_reason or "NONE",
        "i": order.id,
        **_fill(trade, order),
        "T": report.time_ms,
        **_prevented(report),
        "I": report.execution_id,
        "w": order.is_open and not order.is_waiting,
        "M": False,
        "O": order.created_ms,
        "Q": plain(order.quote_quantity),
        **_strategy(order),
        **({} if order.is_waiting else {"W": order.working_ms}),
        "V": order.prevention,
        **({"eR": order.expiry_reason} if order.expiry_reason else {}),
    }


def _client_ids(report: ExecutionReport) -> tuple[str, str]:
    """Give c and C: a cancel has an id of its own, a replaced order the one it had before."""
    name, other = report.order.client_order_id, report.cancel_client_id
    if not other or report.execution is Execution.REPLACED:
        return name, other
    return other, name


def _fill(trade: Trade | None, order: Order) -> dict[str, object]:
    sums = {"z": plain(order.executed), "Z": plain(order.quote_executed)}
    if trade is None:
        none = {"l": _ZERO, "L": _ZERO, "Y": _ZERO, "n": "0", "N": None, "t": -1, "m": False}
        return {**none, **sums}
    return {
        "l": plain(trade.quantity),
        "L": plain(trade.price),
        "Y": plain(trade.quote),
        "n": plain(trade.commission),
        "N": trade.commission_asset,
        "t": trade.id,
        "m": trade.maker,
        **sums,
    }


def _trailing(order: Order) -> dict[str, object]:
    if not order.trailing_delta:
        return {}
    return {"d": order.trailing_delta, "D": order.trailing_ms}


def _strategy(order: Order) -> dict[str, object]:
    shown: dict[str, object] = {}
    if order.strategy_id is not None:
        shown["j"] = order.strategy_id
    if order.strategy_type is not None:
        shown["J"] = order.strategy_type
    return shown


def _prevented(report: ExecutionReport) -> dict[str, object]:
    """Show what self-trade prevention took: so far (v, A), and in this step (the others)."""
    order, match = report.order, report.prevented
    if order.prevented_match_id < 0:
        return {}
    shown: dict[str, object] = {
        "v": order.prevented_match_id,
        "A": plain(order.prevented_quantity),
    }
    if match is None or report.execution is not Execution.TRADE_PREVENTION:
        return shown
    is_taker = order.id == match.taker_order_id
    last = match.taker_prevented_quantity if is_taker else match.maker_prevented_quantity
    quantity = _would_have_traded(match)
    return {
        **shown,
        "B": plain(last),
        "u": _NO_TRADE_GROUP,
        "U": match.maker_order_id if is_taker else match.taker_order_id,
        "Cs": match.symbol,
        "pl": plain(quantity),
        "pL": plain(match.price),
        "pY": plain(notional(match.price, quantity)),
    }


def _would_have_traded(match: PreventedMatch) -> int:
    """Give the smaller of the quantities that were taken; a mode may take from one side alone."""
    taken = (match.taker_prevented_quantity, match.maker_prevented_quantity)
    return min(quantity for quantity in taken if quantity)


def _list_status(report: ListReport) -> dict[str, object]:
    first = report.orders[0]
    status = "ALL_DONE" if report.is_done else "EXECUTING"
    kind = "ALL_DONE" if report.is_done else "UPDATED" if report.is_update else "EXEC_STARTED"
    return {
        "e": "listStatus",
        "E": report.time_ms,
        "s": first.symbol,
        "g": first.list_id,
        "c": first.contingency or Contingency.OCO,
        "l": kind,
        "L": status,
        "r": "NONE",
        "C": first.list_client_id,
        "T": report.time_ms,
        "O": [
            {"s": order.symbol, "i": order.id, "c": order.client_order_id}
            for order in report.orders
        ],
    }


def _signed(units: int) -> str:
    return f"-{plain(-units)}" if units < 0 else plain(units)
