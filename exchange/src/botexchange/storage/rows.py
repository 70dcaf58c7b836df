"""Records as JSON documents with the columns they are found by."""

from typing import TypeVar

from pydantic import TypeAdapter

from botexchange.matching.orders import Order, Trade
from botexchange.matching.reports import Amendment, PreventedMatch
from botexchange.ports import ApiKey

__all__ = ["AMENDMENT", "KEY", "ORDER", "PREVENTED", "TRADE", "order_row", "text", "trade_row"]

T = TypeVar("T")
ORDER = TypeAdapter(Order)
TRADE = TypeAdapter(Trade)
PREVENTED = TypeAdapter(PreventedMatch)
AMENDMENT = TypeAdapter(Amendment)
KEY = TypeAdapter(ApiKey)


def text(adapter: TypeAdapter[T], record: T) -> str:
    """Write a record as JSON; what has its default is left out."""
    return adapter.dump_json(record, exclude_defaults=True).decode()


def order_row(order: Order) -> tuple[object, ...]:
    """Turn an order into a row."""
    return (
        order.id,
        order.account,
        order.symbol,
        order.client_order_id,
        order.list_id,
        order.list_client_id,
        order.created_ms,
        order.is_open,
        text(ORDER, order),
    )


def trade_row(trade: Trade) -> tuple[object, ...]:
    """Turn a trade into a row."""
    return (
        trade.id,
        trade.account,
        trade.symbol,
        trade.order_id,
        trade.time_ms,
        text(TRADE, trade),
    )
