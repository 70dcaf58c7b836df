"""Orders, lists and trades as Binance's answers show them (rest-api: Trading endpoints)."""

from collections.abc import Sequence
from typing import Final

from botcore.matching.numbers import plain
from botcore.matching.orders import ALGO_TYPES, Contingency, Order, Trade
from botcore.matching.reports import Amendment, Changes, PreventedMatch
from botexchange.api.new_order import ResponseType

__all__ = [
    "Json",
    "amended",
    "amendment_info",
    "canceled",
    "list_canceled",
    "list_info",
    "list_placed",
    "order_info",
    "placed",
    "prevented_info",
    "trade_info",
]

Json = dict[str, object]
_NO_TRADE_GROUP: Final = -1


def placed(order: Order, changes: Changes, detail: ResponseType) -> Json:
    """Show what became of a new order, with as much detail as was asked for."""
    if detail is ResponseType.ACK:
        return _ack(order)
    answer = {**_ack(order), **_state(order), "workingTime": order.working_ms}
    return answer if detail is ResponseType.RESULT else {**answer, **_matches(order, changes)}


def canceled(order: Order, cancel_client_id: str) -> Json:
    """Show a canceled order; `clientOrderId` is the id of the cancel."""
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_order_id,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": cancel_client_id,
        "transactTime": order.updated_ms,
        **_state(order),
    }


def order_info(order: Order) -> Json:
    """Show an order in a query."""
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_order_id,
        **_state(order),
        "stopPrice": plain(order.stop_price),
        "icebergQty": plain(order.iceberg_quantity),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": not order.is_waiting,
        "workingTime": order.working_ms,
    }


def amended(order: Order, amendment: Amendment, orders: Sequence[Order]) -> Json:
    """Show an order whose quantity was reduced, with `orders` of its list if it is in one."""
    shown: Json = {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "origClientOrderId": amendment.old_client_order_id,
        "clientOrderId": order.client_order_id,
        "price": plain(order.price),
        "qty": plain(order.quantity),
        "executedQty": plain(order.executed),
        "preventedQty": plain(order.prevented_quantity),
        "quoteOrderQty": plain(order.quote_quantity),
        "cumulativeQuoteQty": plain(order.quote_executed),
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order.type,
        "side": order.side,
        **({} if order.is_waiting else {"workingTime": order.working_ms}),
        "selfTradePreventionMode": order.prevention,
        **_conditional(order),
    }
    answer: Json = {
        "transactTime": amendment.time_ms,
        "executionId": amendment.execution_id,
        "amendedOrder": shown,
    }
    if orders:
        status = list_info(orders)
        del status["listStatusType"], status["transactionTime"]
        answer["listStatus"] = status
    return answer


def amendment_info(amendment: Amendment) -> Json:
    """Show an amendment in order/amendments."""
    return {
        "symbol": amendment.symbol,
        "orderId": amendment.order_id,
        "executionId": amendment.execution_id,
        "origClientOrderId": amendment.old_client_order_id,
        "newClientOrderId": amendment.new_client_order_id,
        "origQty": plain(amendment.old_quantity),
        "newQty": plain(amendment.new_quantity),
        "time": amendment.time_ms,
    }


def trade_info(trade: Trade) -> Json:
    """Show a trade in myTrades."""
    return {
        "symbol": trade.symbol,
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": trade.list_id,
        "price": plain(trade.price),
        "qty": plain(trade.quantity),
        "quoteQty": plain(trade.quote),
        "commission": plain(trade.commission),
        "commissionAsset": trade.commission_asset,
        "time": trade.time_ms,
        "isBuyer": trade.side == "BUY",
        "isMaker": trade.maker,
        "isBestMatch": True,
    }


def prevented_info(match: PreventedMatch) -> Json:
    """Show a prevented match in myPreventedMatches."""
    return {
        "symbol": match.symbol,
        "preventedMatchId": match.id,
        "takerOrderId": match.taker_order_id,
        "makerSymbol": match.symbol,
        "makerOrderId": match.maker_order_id,
        "tradeGroupId": _NO_TRADE_GROUP,
        "selfTradePreventionMode": match.prevention,
        "price": plain(match.price),
        **_prevented_quantities(match),
        "transactTime": match.time_ms,
    }


def list_info(orders: Sequence[Order]) -> Json:
    """Show an order list in a query."""
    first = orders[0]
    is_open = any(order.is_open for order in orders)
    return {
        "orderListId": first.list_id,
        "contingencyType": first.contingency or Contingency.OCO,
        "listStatusType": "EXEC_STARTED" if is_open else "ALL_DONE",
        "listOrderStatus": "EXECUTING" if is_open else "ALL_DONE",
        "listClientOrderId": first.list_client_id,
        "transactionTime": max(order.updated_ms for order in orders),
        "symbol": first.symbol,
        "orders": [
            {
                "symbol": order.symbol,
                "orderId": order.id,
                "clientOrderId": order.client_order_id,
            }
            for order in orders
        ],
    }


def list_placed(orders: Sequence[Order], changes: Changes, detail: ResponseType) -> Json:
    """Show a new list with the state of its orders."""
    reports = [placed(order, changes, detail) for order in orders]
    return {**list_info(orders), "orderReports": reports}


def list_canceled(members: Sequence[Order], ended: Sequence[Order], cancel_client_id: str) -> Json:
    """Show a canceled list: all its members, and the state of the orders that ended."""
    reports = [canceled(order, cancel_client_id) for order in ended]
    return {**list_info(members), "orderReports": reports}


def _ack(order: Order) -> Json:
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_order_id,
        "transactTime": order.updated_ms,
    }


def _matches(order: Order, changes: Changes) -> Json:
    """Show the fills of a new order and the matches that self-trade prevention kept from it."""
    fills = [
        {
            "price": plain(trade.price),
            "qty": plain(trade.quantity),
            "commission": plain(trade.commission),
            "commissionAsset": trade.commission_asset,
            "tradeId": trade.id,
        }
        for trade in changes.trades
        if trade.order_id == order.id
    ]
    matches = [match for match in changes.prevented if match.taker_order_id == order.id]
    if not matches:
        return {"fills": fills}
    shown = [
        {
            "preventedMatchId": match.id,
            "makerOrderId": match.maker_order_id,
            "price": plain(match.price),
            **_prevented_quantities(match),
        }
        for match in matches
    ]
    return {"fills": fills, "preventedMatches": shown, "tradeGroupId": _NO_TRADE_GROUP}


def _prevented_quantities(match: PreventedMatch) -> Json:
    quantities: Json = {}
    if match.taker_prevented_quantity:
        quantities["takerPreventedQuantity"] = plain(match.taker_prevented_quantity)
    if match.maker_prevented_quantity:
        quantities["makerPreventedQuantity"] = plain(match.maker_prevented_quantity)
    return quantities


def _state(order: Order) -> Json:
    return {
        "price": plain(order.price),
        "origQty": plain(order.quantity),
        "executedQty": plain(order.executed),
        "origQuoteOrderQty": plain(order.quote_quantity),
        "cummulativeQuoteQty": plain(order.quote_executed),
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order.type,
        "side": order.side,
        "selfTradePreventionMode": order.prevention,
        **_conditional(order),
    }


def _conditional(order: Order) -> Json:
    """Show what only some orders have (rest-api: Conditional fields in Order Responses)."""
    fields: Json = {}
    if order.type in ALGO_TYPES:
        fields["stopPrice"] = plain(order.stop_price)
    if order.iceberg_quantity:
        fields["icebergQty"] = plain(order.iceberg_quantity)
    if order.trailing_delta:
        fields["trailingDelta"] = order.trailing_delta
        fields["trailingTime"] = order.trailing_ms
    if order.strategy_id is not None:
        fields["strategyId"] = order.strategy_id
    if order.strategy_type is not None:
        fields["strategyType"] = order.strategy_type
    if order.prevented_match_id >= 0:
        fields["preventedMatchId"] = order.prevented_match_id
        fields["preventedQuantity"] = plain(order.prevented_quantity)
    if order.expiry_reason:
        fields["expiryReason"] = order.expiry_reason
    return fields
