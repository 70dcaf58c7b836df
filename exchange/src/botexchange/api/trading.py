"""Endpoints that place, reduce and cancel orders."""

from typing import Final

from botcore.matching.orders import Contingency, Order, OrderRequest, OrderStatus, OrderType
from botcore.matching.refusals import ACCOUNT_DISABLED, UNKNOWN_ORDER, VenueError
from botexchange.api.call import Call
from botexchange.api.finding import known_symbol, list_members, open_order
from botexchange.api.new_order import ResponseType, read_order, response_type
from botexchange.api.payloads import Json, amended, canceled, list_canceled, placed

__all__ = [
    "amend_order",
    "cancel_all",
    "cancel_allowed",
    "cancel_answer",
    "cancel_id",
    "cancel_order",
    "check_may_trade",
    "new_order",
    "read_new",
    "refuse_opo",
    "refuse_sor",
]

_ORDER_REJECTED: Final = -2010
_AMEND_REJECTED: Final = -2038
_FULL_TYPES: Final = frozenset({OrderType.LIMIT, OrderType.MARKET})
_RESTRICTIONS: Final = {
    "ONLY_NEW": OrderStatus.NEW,
    "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
}


async def new_order(call: Call) -> Json:
    """Answer POST order."""
    check_may_trade(call)
    request, detail = read_new(call)
    order, changes = call.venue.place(call.uid, request)
    return placed(order, changes, detail)


async def cancel_order(call: Call) -> Json:
    """Answer DELETE order; an order of a list takes the list with it."""
    check_may_trade(call)
    name = cancel_id(call, "newClientOrderId")
    order = cancel_allowed(call, open_order(call, "orderId", "origClientOrderId"))
    return await cancel_answer(call, call.venue.cancel(order, name), name)


async def cancel_all(call: Call) -> list[Json]:
    """Answer DELETE openOrders."""
    check_may_trade(call)
    symbol, name = known_symbol(call), call.venue.new_client_id()
    groups = []
    while found := call.venue.engine.open_orders(call.uid, symbol):
        groups.append(call.venue.cancel(found[0], name))
    if not groups:
        raise VenueError(*UNKNOWN_ORDER)
    return [await cancel_answer(call, ended, name) for ended in groups]


async def amend_order(call: Call) -> Json:
    """Answer PUT order/amend/keepPriority."""
    check_may_trade(call)
    call.params.required("newQty")
    quantity = call.params.decimal("newQty")
    if not quantity:
        raise VenueError(-1013, "Invalid quantity.")
    name = cancel_id(call, "newClientOrderId")
    unknown = (_AMEND_REJECTED, UNKNOWN_ORDER[1])
    order = open_order(call, "orderId", "origClientOrderId", unknown)
    order, changes = call.venue.amend(order, quantity, name)
    amendment = next(one for one in changes.amendments if one.order_id == order.id)
    members = [] if order.list_id < 0 else await list_members(call, order.list_id)
    return amended(order, amendment, members)


async def refuse_sor(call: Call) -> Json:
    """Answer POST sor/order: no symbol here has smart order routing."""
    known_symbol(call)
    raise VenueError(_ORDER_REJECTED, "SOR orders are not supported for this symbol.")


async def refuse_opo(call: Call) -> Json:
    """Answer POST orderList/opo and opoco: no symbol here allows them (errors.md)."""
    known_symbol(call)
    raise VenueError(_ORDER_REJECTED, "OPO orders are not supported for this symbol.")


def read_new(call: Call) -> tuple[OrderRequest, ResponseType]:
    """Read a new order and how much of it the answer shows: all of LIMIT and MARKET by default."""
    request = read_order(call.params, call.venue.new_client_id)
    default = ResponseType.FULL if request.type in _FULL_TYPES else ResponseType.ACK
    return request, response_type(call.params, default)


def check_may_trade(call: Call) -> None:
    """Refuse (-2010) an account that may neither place nor cancel orders."""
    if not call.venue.engine.accounts[call.uid].can_trade:
        raise VenueError(*ACCOUNT_DISABLED)


def cancel_id(call: Call, name: str) -> str:
    """Give the client id a cancel or amendment brings, or make one."""
    return call.params.client_id(name) or call.venue.new_client_id()


def cancel_allowed(call: Call, order: Order) -> Order:
    """Give the order back if `cancelRestrictions` lets it be canceled (-1145, -2011)."""
    wanted = call.params.text("cancelRestrictions")
    if wanted is None:
        return order
    if wanted not in _RESTRICTIONS:
        raise VenueError(-1145, "Invalid cancelRestrictions")
    if order.status is not _RESTRICTIONS[wanted]:
        raise VenueError(-2011, "Order was not canceled due to cancel restrictions.")
    return order


async def cancel_answer(call: Call, ended: list[Order], name: str) -> Json:
    """Show what a cancel ended: one order, or a list with all its orders."""
    first = ended[0]
    if first.list_id < 0:
        return canceled(first, name)
    members = ended
    if first.contingency is Contingency.OTO:
        members = await list_members(call, first.list_id)  # a filled working order is among them
    return list_canceled(members, ended, name)
