"""Orders and trades as rows; the tables have the fields' names, in the same order."""

import sqlite3
from typing import Any

from botexchange.matching.orders import Order, OrderStatus, OrderType, Side, TimeInForce, Trade

__all__ = ["PUT_ORDER", "PUT_TRADE", "order_from", "order_row", "trade_from", "trade_row"]

_ORDER = tuple(Order.__dataclass_fields__)
_TRADE = tuple(Trade.__dataclass_fields__)
PUT_ORDER = (
    "INSERT OR REPLACE INTO orders VALUES"
    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
PUT_TRADE = "INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def order_row(order: Order) -> tuple[object, ...]:
    """Turn an order into a row."""
    return tuple(getattr(order, name) for name in _ORDER)


def trade_row(trade: Trade) -> tuple[object, ...]:
    """Turn a trade into a row."""
    return tuple(getattr(trade, name) for name in _TRADE)


def order_from(row: sqlite3.Row) -> Order:
    """Turn a row into an order."""
    values: dict[str, Any] = {name: row[name] for name in _ORDER}
    values["side"] = Side(values["side"])
    values["type"] = OrderType(values["type"])
    values["time_in_force"] = TimeInForce(values["time_in_force"])
    values["status"] = OrderStatus(values["status"])
    return Order(**values)


def trade_from(row: sqlite3.Row) -> Trade:
    """Turn a row into a trade."""
    values: dict[str, Any] = {name: row[name] for name in _TRADE}
    values["side"] = Side(values["side"])
    values["maker"] = bool(values["maker"])
    return Trade(**values)
