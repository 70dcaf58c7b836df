"""Endpoints that place, cancel and find orders."""

from botexchange.api.call import Call
from botexchange.api.new_order import ResponseType, read_oco, read_order, response_type
from botexchange.api.params import missing
from botexchange.api.payloads import (
    Json,
    ack,
    canceled,
    full,
    list_info,
    list_result,
    order_info,
    result,
)
from botexchange.matching.orders import Order, OrderStatus
from botexchange.matching.refusals import NO_SUCH_ORDER, UNKNOWN_ORDER, VenueError

__all__ = [
    "cancel_all",
    "cancel_list",
    "cancel_order",
    "get_list",
    "get_order",
    "new_oco",
    "new_order",
    "open_lists",
    "open_orders",
    "test_order",
]


async def new_order(call: Call) -> Json:
    """Answer POST order."""
    request = read_order(call.params)
    detail = response_type(call.params, request.type)
    order, trades = call.venue.place(call.uid, request)
    match detail:
        case ResponseType.ACK:
            return ack(order)
        case ResponseType.RESULT:
            return result(order)
        case ResponseType.FULL:
            return full(order, trades)


async def test_order(call: Call) -> Json:
    """Answer POST order/test: every check but funds, no order."""
    request = read_order(call.params)
    response_type(call.params, request.type)
    call.venue.engine.test(call.uid, request)
    return {}


async def new_oco(call: Call) -> Json:
    """Answer POST orderList/oco."""
    return list_result(call.venue.place_list(call.uid, read_oco(call.params)))


async def get_order(call: Call) -> Json:
    """Answer GET order."""
    return order_info(await _find(call, NO_SUCH_ORDER))


async def cancel_order(call: Call) -> Json:
    """Answer DELETE order; an order of a list takes the list with it."""
    order = await _find(call, UNKNOWN_ORDER)
    if not order.is_open:
        raise VenueError(*UNKNOWN_ORDER)
    _check_restriction(call, order)
    cancel_id = _cancel_id(call)
    ended = call.venue.cancel(order, cancel_id)
    if order.list_id >= 0:
        return list_result(ended, cancel_id)
    return canceled(ended[0], cancel_id)


async def cancel_all(call: Call) -> list[Json]:
    """Answer DELETE openOrders."""
    symbol, cancel_id = call.params.required("symbol"), _cancel_id(call)
    answers = []
    while found := call.venue.engine.open_orders(call.uid, symbol):
        ended = call.venue.cancel(found[0], cancel_id)
        is_list = found[0].list_id >= 0
        answers.append(list_result(ended, cancel_id) if is_list else canceled(ended[0], cancel_id))
    if not answers:
        raise VenueError(*UNKNOWN_ORDER)
    return answers


async def open_orders(call: Call) -> list[Json]:
    """Answer GET openOrders."""
    found = call.venue.engine.open_orders(call.uid, call.params.text("symbol"))
    return [order_info(order) for order in found]


async def get_list(call: Call) -> Json:
    """Answer GET orderList."""
    refusal = (-2018, "Order list does not exist.")
    return list_info(await _find_list(call, refusal, "origClientOrderId"))


async def open_lists(call: Call) -> list[Json]:
    """Answer GET openOrderList."""
    lists: dict[int, list[Order]] = {}
    for order in call.venue.engine.open_orders(call.uid):
        if order.list_id >= 0:
            lists.setdefault(order.list_id, []).append(order)
    return [list_info(orders) for orders in lists.values()]


async def cancel_list(call: Call) -> Json:
    """Answer DELETE orderList."""
    found = await _find_list(call, UNKNOWN_ORDER, "listClientOrderId")
    still_open = [order for order in found if order.is_open]
    if not still_open or found[0].symbol != call.params.required("symbol"):
        raise VenueError(*UNKNOWN_ORDER)
    cancel_id = _cancel_id(call)
    return list_result(call.venue.cancel(still_open[0], cancel_id), cancel_id)


async def _find(call: Call, refusal: tuple[int, str]) -> Order:
    """Find the order that orderId and/or origClientOrderId name; both must agree (-2039)."""
    symbol = call.params.required("symbol")
    call.venue.engine.market(symbol)
    order_id = call.params.integer("orderId")
    client_id = call.params.client_id("origClientOrderId")
    if order_id is None and not client_id:
        raise VenueError(
            -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        )
    order = await call.venue.find_order(call.uid, symbol, order_id, client_id)
    if order is None:
        raise VenueError(*refusal)
    if client_id and order.client_order_id != client_id:
        raise VenueError(-2039, "Client order ID is not correct for this order ID.")
    return order


async def _find_list(call: Call, refusal: tuple[int, str], client_name: str) -> list[Order]:
    list_id = call.params.integer("orderListId")
    client_id = call.params.client_id(client_name)
    if list_id is None and not client_id:
        raise missing("orderListId")
    await call.venue.durable()
    found = await call.venue.store.list_orders(call.uid, list_id, client_id)
    if not found:
        raise VenueError(*refusal)
    return found


def _cancel_id(call: Call) -> str:
    """Give the id of the cancel: the sender's, or one made of the venue's time."""
    return call.params.client_id("newClientOrderId") or f"cancel-{call.venue.now_ms()}"


def _check_restriction(call: Call, order: Order) -> None:
    allowed = {
        None: order.status,
        "ONLY_NEW": OrderStatus.NEW,
        "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    }
    wanted = call.params.text("cancelRestrictions")
    if wanted not in allowed:
        raise VenueError(-1145, "Invalid cancelRestrictions")
    if order.status is not allowed[wanted]:
        raise VenueError(-2011, "Order was not canceled due to cancel restrictions.")
