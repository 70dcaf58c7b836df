"""Read a new order out of a request."""

from enum import StrEnum
from typing import Final

from botexchange.api.params import Params, invalid, missing
from botexchange.matching.lists import OcoRequest
from botexchange.matching.orders import (
    ALGO_TYPES,
    LIMIT_TYPES,
    OrderRequest,
    OrderType,
    Prevention,
    Side,
    TimeInForce,
)
from botexchange.matching.refusals import VenueError

__all__ = ["ResponseType", "read_oco", "read_order", "response_type"]

_TYPE: Final = VenueError(-1116, "Invalid orderType.")
_SIDE: Final = VenueError(-1117, "Invalid side.")
_FORCE: Final = VenueError(-1115, "Invalid timeInForce.")
_UNSUPPORTED: Final = {
    "icebergQty": "Iceberg orders are not supported for this symbol.",
    "trailingDelta": "Trailing stop orders are not supported for this symbol.",
}


class ResponseType(StrEnum):
    """How much the answer to a new order says."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


def response_type(params: Params, kind: OrderType) -> ResponseType:
    """Give the asked detail, or the default of the order's type."""
    if params.has("newOrderRespType"):
        return params.choice("newOrderRespType", ResponseType, invalid("newOrderRespType"))
    if kind in {OrderType.LIMIT, OrderType.MARKET}:
        return ResponseType.FULL
    return ResponseType.ACK


def read_order(params: Params) -> OrderRequest:
    """Read and check the parameters of POST order, by type."""
    for name, message in _UNSUPPORTED.items():
        if params.has(name):
            raise VenueError(-2010, message)
    symbol = params.required("symbol")
    side = params.choice("side", Side, _SIDE)
    kind = params.choice("type", OrderType, _TYPE)
    force = _time_in_force(params, "timeInForce", kind)
    for name in _needed(params, kind):
        if not params.decimal(name):
            params.required(name)
            raise VenueError(-1013, f"Invalid {'quantity' if 'uant' in name else name}.")
    _check_not_required(params, kind)
    return OrderRequest(
        symbol=symbol,
        side=side,
        type=kind,
        time_in_force=force,
        quantity=params.decimal("quantity"),
        quote_quantity=params.decimal("quoteOrderQty"),
        price=params.decimal("price"),
        stop_price=params.decimal("stopPrice"),
        client_order_id=params.client_id("newClientOrderId"),
        prevention=_prevention(params),
    )


def read_oco(params: Params) -> OcoRequest:
    """Read and check the parameters of POST orderList/oco."""
    above, below = (_leg(params, place) for place in ("above", "below"))
    if (above.type in ALGO_TYPES) == (below.type in ALGO_TYPES) and _is_stop(above) == _is_stop(
        below
    ):
        raise VenueError(-1014, "Unsupported order combination.")
    return OcoRequest(
        above=above, below=below, list_client_id=params.client_id("listClientOrderId")
    )


def _leg(params: Params, place: str) -> OrderRequest:
    kind = params.choice(f"{place}Type", OrderType, _TYPE)
    if kind in {OrderType.MARKET, OrderType.LIMIT}:
        raise VenueError(-1014, "Unsupported order combination.")
    if not params.decimal("quantity"):
        raise missing("quantity")
    needed = [f"{place}Price"] if kind in LIMIT_TYPES else []
    needed += [f"{place}StopPrice"] if kind in ALGO_TYPES else []
    for name in needed:
        params.required(name)
    return OrderRequest(
        symbol=params.required("symbol"),
        side=params.choice("side", Side, _SIDE),
        type=kind,
        time_in_force=_time_in_force(params, f"{place}TimeInForce", kind),
        quantity=params.decimal("quantity"),
        price=params.decimal(f"{place}Price") if kind in LIMIT_TYPES else 0,
        stop_price=params.decimal(f"{place}StopPrice") if kind in ALGO_TYPES else 0,
        client_order_id=params.client_id(f"{place}ClientOrderId"),
        prevention=_prevention(params),
    )


def _is_stop(leg: OrderRequest) -> bool:
    return leg.type in {OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT}


def _needed(params: Params, kind: OrderType) -> list[str]:
    if kind is OrderType.MARKET:
        return ["quoteOrderQty" if params.has("quoteOrderQty") else "quantity"]
    needed = ["quantity"]
    if kind in LIMIT_TYPES:
        needed.append("price")
    if kind in ALGO_TYPES:
        needed.append("stopPrice")
    return needed


def _check_not_required(params: Params, kind: OrderType) -> None:
    surplus = []
    if kind not in LIMIT_TYPES:
        surplus.append("price")
    if kind not in ALGO_TYPES:
        surplus.append("stopPrice")
    if kind is not OrderType.MARKET or params.has("quantity"):
        surplus.append("quoteOrderQty")
    for name in surplus:
        if params.has(name):
            raise VenueError(-1106, f"Parameter '{name}' sent when not required.")


def _time_in_force(params: Params, name: str, kind: OrderType) -> TimeInForce:
    if kind in LIMIT_TYPES and kind is not OrderType.LIMIT_MAKER:
        return params.choice(name, TimeInForce, _FORCE)
    if params.has(name):
        raise VenueError(-1106, f"Parameter '{name}' sent when not required.")
    return TimeInForce.GTC


def _prevention(params: Params) -> Prevention:
    if not params.has("selfTradePreventionMode"):
        return Prevention.EXPIRE_MAKER
    return params.choice("selfTradePreventionMode", Prevention, invalid("selfTradePreventionMode"))
