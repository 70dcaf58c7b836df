"""Endpoints that place, cancel and show order lists."""

from collections.abc import Callable
from typing import Final

from botcore.matching.lists import ListRequest
from botcore.matching.refusals import UNKNOWN_ORDER, VenueError
from botexchange.api.call import Call
from botexchange.api.finding import order_list
from botexchange.api.history import time_span
from botexchange.api.new_list import NewId, read_oco, read_old_oco, read_oto, read_otoco
from botexchange.api.new_order import ResponseType, response_type
from botexchange.api.params import Params
from botexchange.api.payloads import Json, list_info, list_placed
from botexchange.api.trading import cancel_answer, cancel_id, check_may_trade
from botexchange.ports import HistoryQuery

__all__ = [
    "all_lists",
    "cancel_list",
    "get_list",
    "new_oco",
    "new_old_oco",
    "new_oto",
    "new_otoco",
    "open_lists",
]

_NO_SUCH_LIST: Final = (-2018, "Order list does not exist.")


async def new_oco(call: Call) -> Json:
    """Answer POST orderList/oco."""
    return _place(call, read_oco)


async def new_old_oco(call: Call) -> Json:
    """Answer the deprecated POST order/oco."""
    return _place(call, read_old_oco)


async def new_oto(call: Call) -> Json:
    """Answer POST orderList/oto."""
    return _place(call, read_oto)


async def new_otoco(call: Call) -> Json:
    """Answer POST orderList/otoco."""
    return _place(call, read_otoco)


async def cancel_list(call: Call) -> Json:
    """Answer DELETE orderList."""
    check_may_trade(call)
    symbol, name = call.params.symbol(), cancel_id(call, "newClientOrderId")
    members = await order_list(call, "listClientOrderId", UNKNOWN_ORDER)
    wanted = {member.id for member in members}
    still_open = [
        order for order in call.venue.engine.open_orders(call.uid, symbol) if order.id in wanted
    ]
    if not still_open:
        raise VenueError(*UNKNOWN_ORDER)
    return await cancel_answer(call, call.venue.cancel(still_open[0], name), name)


async def get_list(call: Call) -> Json:
    """Answer GET orderList."""
    return list_info(await order_list(call, "origClientOrderId", _NO_SUCH_LIST))


async def open_lists(call: Call) -> list[Json]:
    """Answer GET openOrderList: every list of which an order is open, with all its orders."""
    numbers = {
        order.list_id: None
        for order in call.venue.engine.open_orders(call.uid)
        if order.list_id >= 0
    }
    found = [await call.venue.store.list_orders(call.uid, number, "") for number in numbers]
    return [list_info(orders) for orders in found if orders]


async def all_lists(call: Call) -> list[Json]:
    """Answer GET allOrderList: from an id or a start the oldest, otherwise the newest."""
    from_id, (start, end) = call.params.integer("fromId"), time_span(call.params)
    if from_id is not None and (start is not None or end is not None):
        raise VenueError(-1128, "Combination of optional parameters invalid.")
    query = HistoryQuery(
        account=call.uid,
        symbol="",
        limit=call.params.limit(500, 1_000),
        from_id=from_id,
        start_ms=start,
        end_ms=end,
    )
    return [list_info(orders) for orders in await call.venue.store.order_lists(query)]


def _place(call: Call, read: Callable[[Params, NewId], ListRequest]) -> Json:
    check_may_trade(call)
    request = read(call.params, call.venue.new_client_id)
    detail = response_type(call.params, ResponseType.RESULT)
    orders, changes = call.venue.place_list(call.uid, request)
    return list_placed(orders, changes, detail)
