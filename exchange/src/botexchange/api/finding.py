"""Find the order or the list that a request names."""

from botcore.matching.orders import Order
from botcore.matching.refusals import NO_SUCH_ORDER, UNKNOWN_ORDER, VenueError
from botexchange.api.call import Call
from botexchange.api.params import missing

__all__ = ["any_order", "known_symbol", "list_members", "open_order", "order_list"]


def known_symbol(call: Call) -> str:
    """Give the mandatory `symbol`; refuses one that is not traded (-1121)."""
    symbol = call.params.symbol()
    call.venue.engine.market(symbol)
    return symbol


def open_order(
    call: Call, id_name: str, client_name: str, refusal: tuple[int, str] = UNKNOWN_ORDER
) -> Order:
    """Find an open order by its id and/or client id, for a change of it.

    Raises:
        VenueError: -1102 without any id, `refusal` if no such order is open, -2039 if both are
            given and do not agree.
    """
    symbol = known_symbol(call)
    order_id, client_id = _ids(call, id_name, client_name)
    for order in call.venue.engine.open_orders(call.uid, symbol):
        if order.id == order_id or (order_id is None and order.client_order_id == client_id):
            return _agreeing(order, client_id)
    raise VenueError(*refusal)


async def any_order(call: Call) -> Order:
    """Find an order, open or not; without orderId the newest with the client id.

    Raises:
        VenueError: -1102 without any id, -2013 if there is none, -2039 if both ids are given and
            do not agree.
    """
    symbol = known_symbol(call)
    order_id, client_id = _ids(call, "orderId", "origClientOrderId")
    order = await call.venue.find_order(call.uid, symbol, order_id, client_id)
    if order is None:
        raise VenueError(*NO_SUCH_ORDER)
    return _agreeing(order, client_id)


async def order_list(call: Call, client_name: str, refusal: tuple[int, str]) -> list[Order]:
    """Find the orders of the list that orderListId and/or its client id name."""
    list_id, client_id = _ids(call, "orderListId", client_name)
    await call.venue.durable()
    found = await call.venue.store.list_orders(call.uid, list_id, client_id)
    if not found or (client_id and found[0].list_client_id != client_id):
        raise VenueError(*refusal)
    return found


async def list_members(call: Call, list_id: int) -> list[Order]:
    """Give every order of a list, ended ones too."""
    await call.venue.durable()
    return await call.venue.store.list_orders(call.uid, list_id, "")


def _ids(call: Call, id_name: str, client_name: str) -> tuple[int | None, str]:
    order_id, client_id = call.params.integer(id_name), call.params.client_id(client_name)
    if order_id is None and not client_id:
        raise missing(client_name, id_name)
    return order_id, client_id


def _agreeing(order: Order, client_id: str) -> Order:
    if client_id and order.client_order_id != client_id:
        raise VenueError(-2039, "Client order ID is not correct for this order ID.")
    return order
