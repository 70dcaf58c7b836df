"""New orders as Binance takes them: decimals as plain text, ids of our own (TR-24). Pure."""

from typing import Final

from botcore.domain.errors import InvariantBroken
from botcore.domain.money import wire
from botcore.domain.orders import Order, OrderType

__all__ = ["order_list_params", "order_params"]

_GOOD_TILL_CANCELED: Final = {"timeInForce": "GTC"}


def order_params(order: Order) -> dict[str, str]:
    """Write a new order's parameters (TR-24); the answer tells fills where there can be any."""
    is_stop = order.type is OrderType.STOP_LOSS_LIMIT
    params = {
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.type.value,
        "quantity": wire(order.quantity),
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "RESULT" if is_stop else "FULL",
    }
    if order.price is not None:
        params |= {"price": wire(order.price)}
        params |= {} if order.type is OrderType.LIMIT_MAKER else _GOOD_TILL_CANCELED
    if order.stop_price is not None:
        params["stopPrice"] = wire(order.stop_price)
    return params


def order_list_params(above: Order, below: Order) -> dict[str, str]:
    """Write a new OCO's parameters: a target above the market and a stop below it (TR-24).

    Raises:
        InvariantBroken: a leg lacks a price.
    """
    if above.price is None or below.price is None or below.stop_price is None:
        raise InvariantBroken("a leg of an order list lacks a price")
    return {
        "symbol": above.symbol,
        "side": above.side.value,
        "quantity": wire(above.quantity),
        "listClientOrderId": above.list_client_order_id,
        "aboveType": above.type.value,
        "abovePrice": wire(above.price),
        "aboveClientOrderId": above.client_order_id,
        "belowType": below.type.value,
        "belowPrice": wire(below.price),
        "belowStopPrice": wire(below.stop_price),
        "belowTimeInForce": "GTC",
        "belowClientOrderId": below.client_order_id,
        "newOrderRespType": "RESULT",
    }
