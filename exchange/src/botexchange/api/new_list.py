"""Read a new order list out of a request: OCO, OTO, OTOCO and the deprecated form of OCO."""

from collections.abc import Callable
from typing import Final

from botcore.matching.lists import OcoRequest, OtoRequest
from botcore.matching.orders import ALGO_TYPES, STOP_TYPES, OrderRequest, OrderType, Side
from botcore.matching.refusals import VenueError
from botexchange.api.new_order import Names, Reader, read_kind, refuse_pegs
from botexchange.api.params import Params, surplus

__all__ = ["NewId", "read_oco", "read_old_oco", "read_oto", "read_otoco"]

_ABOVE: Final = Names.of("above", side="side", quantity="quantity")
_BELOW: Final = Names.of("below", side="side", quantity="quantity")
_WORKING: Final = Names.of("working", side="workingSide", quantity="workingQuantity")
_PENDING: Final = Names.of("pending", side="pendingSide", quantity="pendingQuantity")
_PENDING_ABOVE: Final = Names.of("pendingAbove", side="pendingSide", quantity="pendingQuantity")
_PENDING_BELOW: Final = Names.of("pendingBelow", side="pendingSide", quantity="pendingQuantity")
_OLD_LIMIT: Final = Names(
    price="price",
    stop_price="",
    trailing_delta="",
    iceberg="limitIcebergQty",
    force="",
    client_id="limitClientOrderId",
    strategy_id="limitStrategyId",
    strategy_type="limitStrategyType",
)
_OLD_STOP: Final = Names(
    price="stopLimitPrice",
    iceberg="stopIcebergQty",
    force="stopLimitTimeInForce",
    client_id="stopClientOrderId",
    strategy_id="stopStrategyId",
    strategy_type="stopStrategyType",
)
_LEG_TYPES: Final = ALGO_TYPES | {OrderType.LIMIT_MAKER}
_WORKING_TYPES: Final = frozenset({OrderType.LIMIT, OrderType.LIMIT_MAKER})

_LIMIT_MISPLACED: Final = {
    Side.BUY: VenueError(-1165, "A limit order in a buy OCO must be below."),
    Side.SELL: VenueError(-1166, "A limit order in a sell OCO must be above."),
}
_STOP_MISPLACED: Final = {
    Side.BUY: VenueError(-1196, "A stop loss order in a buy OCO must be above."),
    Side.SELL: VenueError(-1197, "A stop loss order in a sell OCO must be below."),
}
_PROFIT_MISPLACED: Final = {
    Side.BUY: VenueError(-1198, "A take profit order in a buy OCO must be below."),
    Side.SELL: VenueError(-1199, "A take profit order in a sell OCO must be above."),
}

NewId = Callable[[], str]


def read_oco(params: Params, new_id: NewId) -> OcoRequest:
    """Read POST orderList/oco."""
    above, below = _read_pair(params, (_ABOVE, _BELOW), ("above", "below"), new_id)
    return OcoRequest(above=above, below=below, list_client_id=_list_id(params, new_id))


def read_old_oco(params: Params, new_id: NewId) -> OcoRequest:
    """Read the deprecated POST order/oco: a limit order and a stop, placed by the side."""
    has_limit = params.has("stopLimitPrice")
    if not has_limit and params.has("stopLimitTimeInForce"):
        raise surplus("stopLimitTimeInForce")
    limit = Reader(params, _OLD_LIMIT, new_id).read(OrderType.LIMIT_MAKER)
    stop = Reader(params, _OLD_STOP, new_id).read(
        OrderType.STOP_LOSS_LIMIT if has_limit else OrderType.STOP_LOSS
    )
    above, below = (limit, stop) if limit.side is Side.SELL else (stop, limit)
    return OcoRequest(above=above, below=below, list_client_id=_list_id(params, new_id))


def read_oto(params: Params, new_id: NewId) -> OtoRequest:
    """Read POST orderList/oto; the pending order may be of any type but MARKET by quote."""
    working = _read_working(params, new_id)
    refuse_pegs(params, "pending")
    pending = Reader(params, _PENDING, new_id).read(read_kind(params, _PENDING.kind))
    return OtoRequest(working=working, pending=(pending,), list_client_id=_list_id(params, new_id))


def read_otoco(params: Params, new_id: NewId) -> OtoRequest:
    """Read POST orderList/otoco; the two pending orders keep the rules of an OCO."""
    working = _read_working(params, new_id)
    names, prefixes = (_PENDING_ABOVE, _PENDING_BELOW), ("pendingAbove", "pendingBelow")
    pending = _read_pair(params, names, prefixes, new_id)
    return OtoRequest(working=working, pending=pending, list_client_id=_list_id(params, new_id))


def _read_working(params: Params, new_id: NewId) -> OrderRequest:
    refuse_pegs(params, "working")
    kind = read_kind(params, _WORKING.kind)
    if kind not in _WORKING_TYPES:
        raise VenueError(-1014, "Unsupported order combination.")
    return Reader(params, _WORKING, new_id).read(kind)


def _read_pair(
    params: Params, names: tuple[Names, Names], prefixes: tuple[str, str], new_id: NewId
) -> tuple[OrderRequest, OrderRequest]:
    for prefix in prefixes:
        refuse_pegs(params, prefix)
    above, below = (read_kind(params, name.kind) for name in names)
    side = params.choice(names[0].side, Side, VenueError(-1117, "Invalid side."))
    _check_pair(side, above, below)
    return (
        Reader(params, names[0], new_id).read(above),
        Reader(params, names[1], new_id).read(below),
    )


def _check_pair(side: Side, above: OrderType, below: OrderType) -> None:
    """Refuse a pair that is not one exit in profit and one stop on the right sides."""
    if above not in _LEG_TYPES or below not in _LEG_TYPES:
        raise VenueError(-1158, "Order type not supported in OCO.")
    if above is below is OrderType.LIMIT_MAKER:
        raise VenueError(-1168, "At least one OCO order must be contingent.")
    stop, profit = (above, below) if side is Side.BUY else (below, above)
    if stop is OrderType.LIMIT_MAKER:
        raise _LIMIT_MISPLACED[side]
    if profit in STOP_TYPES:
        raise _STOP_MISPLACED[side]
    if stop not in STOP_TYPES:
        raise _PROFIT_MISPLACED[side]


def _list_id(params: Params, new_id: NewId) -> str:
    return params.client_id("listClientOrderId") or new_id()
