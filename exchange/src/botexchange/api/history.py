"""Queries of an account's orders, trades, prevented matches and amendments."""

from typing import Final

from botcore.matching.refusals import VenueError
from botexchange.api.call import Call
from botexchange.api.finding import any_order, known_symbol
from botexchange.api.params import Params, missing
from botexchange.api.payloads import (
    Json,
    amendment_info,
    order_info,
    prevented_info,
    trade_info,
)
from botexchange.ports import HistoryQuery

__all__ = [
    "all_orders",
    "allocations",
    "amendments",
    "get_order",
    "my_trades",
    "open_orders",
    "prevented_matches",
    "time_span",
]

_DAY_MS: Final = 86_400_000
_BAD_COMBINATION: Final = (-1128, "Combination of optional parameters invalid.")
_TRADE_FILTERS: Final = frozenset(
    frozenset(names)
    for names in (
        (),
        ("orderId",),
        ("startTime",),
        ("endTime",),
        ("fromId",),
        ("startTime", "endTime"),
        ("orderId", "fromId"),
    )
)
_MATCH_FILTERS: Final = frozenset(
    frozenset(names)
    for names in (("preventedMatchId",), ("orderId",), ("orderId", "fromPreventedMatchId"))
)


async def get_order(call: Call) -> Json:
    """Answer GET order."""
    return order_info(await any_order(call))


async def open_orders(call: Call) -> list[Json]:
    """Answer GET openOrders, of one symbol or of all."""
    symbol = known_symbol(call) if call.params.has("symbol") else None
    return [order_info(order) for order in call.venue.engine.open_orders(call.uid, symbol)]


async def all_orders(call: Call) -> list[Json]:
    """Answer GET allOrders: from an id or a start the oldest, otherwise the newest."""
    query = _query(call, from_id=call.params.integer("orderId"))
    return [order_info(order) for order in await call.venue.store.orders(query)]


async def my_trades(call: Call) -> list[Json]:
    """Answer GET myTrades; only the documented combinations of its filters (-1128)."""
    params = call.params
    sent = {name for name in ("orderId", "startTime", "endTime", "fromId") if params.has(name)}
    if sent not in _TRADE_FILTERS:
        raise VenueError(*_BAD_COMBINATION)
    query = _query(call, from_id=params.integer("fromId"), order_id=params.integer("orderId"))
    return [trade_info(trade) for trade in await call.venue.store.trades(query)]


async def prevented_matches(call: Call) -> list[Json]:
    """Answer GET myPreventedMatches; only the documented combinations of its filters (-1128)."""
    params = call.params
    names = ("preventedMatchId", "orderId", "fromPreventedMatchId")
    sent = {name for name in names if params.has(name)}
    if not sent:
        raise missing("preventedMatchId", "orderId")
    if sent not in _MATCH_FILTERS:
        raise VenueError(*_BAD_COMBINATION)
    one = params.integer("preventedMatchId")
    from_id = params.integer("fromPreventedMatchId") if one is None else one
    query = _query(call, from_id=from_id, order_id=params.integer("orderId"))
    found = await call.venue.store.prevented_matches(query)
    return [prevented_info(match) for match in found if one is None or match.id == one]


async def amendments(call: Call) -> list[Json]:
    """Answer GET order/amendments."""
    order_id = call.params.integer("orderId")
    if order_id is None:
        raise missing("orderId")
    query = _query(call, from_id=call.params.integer("fromExecutionId"), order_id=order_id)
    found = await call.venue.store.order_amendments(query)
    return [amendment_info(amendment) for amendment in found]


async def allocations(call: Call) -> list[Json]:
    """Answer GET myAllocations: without smart order routing there are none."""
    _query(call)
    return []


def time_span(params: Params) -> tuple[int | None, int | None]:
    """Give startTime and endTime in ms; a day apart at most (-1127)."""
    start, end = params.instant("startTime"), params.instant("endTime")
    if start is not None and end is not None and end - start > _DAY_MS:
        raise VenueError(-1127, "More than 24 hours between startTime and endTime.")
    return start, end


def _query(call: Call, *, from_id: int | None = None, order_id: int | None = None) -> HistoryQuery:
    symbol = known_symbol(call)
    start, end = time_span(call.params)
    return HistoryQuery(
        account=call.uid,
        symbol=symbol,
        limit=call.params.limit(500, 1_000),
        from_id=from_id,
        order_id=order_id,
        start_ms=start,
        end_ms=end,
    )
