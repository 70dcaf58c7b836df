"""The store's queries, in SQL that both databases take; values are named `:value`."""

from typing import Final

from botexchange.ports import HistoryQuery
from botexchange.storage.tables import Value

__all__ = [
    "OF_ACCOUNT",
    "OF_SYMBOL",
    "amendments",
    "documents",
    "history",
    "is_oldest_first",
    "matches",
    "newest_lists",
]

Query = tuple[str, dict[str, Value]]

OF_ACCOUNT: Final = "account = :account"
OF_SYMBOL: Final = "symbol = :symbol"
_A_PAGE: Final = "ORDER BY id LIMIT :limit"
_LAST: Final = (1 << 63) - 1


def documents(table: str, *conditions: str, tail: str = "ORDER BY id") -> str:
    """Write a query for documents; what it is given is the program's own text, never input."""
    return f"SELECT document FROM {table} WHERE {' AND '.join(conditions)} {tail}"  # noqa: S608


def is_oldest_first(query: HistoryQuery) -> bool:
    """Tell whether the oldest that match are asked for, otherwise the newest."""
    return query.from_id is not None or query.start_ms is not None


def history(query: HistoryQuery, table: str, time: str) -> Query:
    """Ask for orders or trades, in the direction they are chosen in."""
    conditions, values = _page(query)
    if query.order_id is not None:
        conditions.append("id = :order_id" if table == "orders" else "order_id = :order_id")
        values["order_id"] = query.order_id
    order = "id ASC" if is_oldest_first(query) else "id DESC"
    if _has_span(query):
        _limit_to_span(query, time, conditions, values)
        if query.from_id is None:
            # Ids grow with time; by time the rows are found through its index.
            order = f"{order.replace('id', time)}, {order}"
    return documents(table, *conditions, tail=f"ORDER BY {order} LIMIT :limit"), values


def newest_lists(query: HistoryQuery) -> Query:
    """Ask for the orders of order lists over all symbols; `limit` counts lists."""
    conditions, values = [OF_ACCOUNT, "list_id >= 0"], _values(query)
    if query.from_id is not None:
        conditions.append("list_id >= :from_id")
    if _has_span(query):
        _limit_to_span(query, "created_ms", conditions, values)
    direction = "ASC" if is_oldest_first(query) else "DESC"
    chosen = f"SELECT DISTINCT list_id FROM orders WHERE {' AND '.join(conditions)}"  # noqa: S608
    chosen += f" ORDER BY list_id {direction} LIMIT :limit"
    return documents("orders", OF_ACCOUNT, "list_id >= 0", f"list_id IN ({chosen})"), values


def matches(query: HistoryQuery) -> Query:
    """Ask for prevented matches; `order_id` is the taker's or the maker's."""
    conditions, values = _page(query)
    if query.order_id is not None:
        conditions.append(":order_id IN (taker_order_id, maker_order_id)")
        values["order_id"] = query.order_id
    return documents("prevented_matches", *conditions, tail=_A_PAGE), values


def amendments(query: HistoryQuery) -> Query:
    """Ask for the amendments of the order `order_id`."""
    conditions, values = _page(query)
    conditions.append("order_id = :order_id")
    values["order_id"] = query.order_id or 0
    return documents("amendments", *conditions, tail=_A_PAGE), values


def _page(query: HistoryQuery) -> tuple[list[str], dict[str, Value]]:
    """Begin the conditions and values of a page of one symbol's history."""
    conditions = [OF_ACCOUNT, OF_SYMBOL]
    if query.from_id is not None:
        conditions.append("id >= :from_id")
    return conditions, _values(query) | {"symbol": query.symbol}


def _values(query: HistoryQuery) -> dict[str, Value]:
    values: dict[str, Value] = {"account": query.account, "limit": query.limit}
    return values if query.from_id is None else values | {"from_id": query.from_id}


def _has_span(query: HistoryQuery) -> bool:
    return query.start_ms is not None or query.end_ms is not None


def _limit_to_span(
    query: HistoryQuery, time: str, conditions: list[str], values: dict[str, Value]
) -> None:
    conditions.append(f"{time} BETWEEN :start AND :end")
    values["start"] = query.start_ms or 0
    values["end"] = _LAST if query.end_ms is None else query.end_ms
