"""Orders, trades and accounts as Binance's answers show them."""

from botexchange.matching.accounts import Account
from botexchange.matching.numbers import plain
from botexchange.matching.orders import Order, Trade

__all__ = [
    "Json",
    "account_info",
    "ack",
    "canceled",
    "full",
    "list_info",
    "list_result",
    "order_info",
    "result",
    "trade_info",
]

Json = dict[str, object]
BASIS_POINT = 10_000  # 1e-8 units in a basis point


def ack(order: Order) -> Json:
    """Show that an order was taken."""
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        "orderListId": order.list_id,
        "clientOrderId": order.client_order_id,
        "transactTime": order.updated_ms,
    }


def result(order: Order) -> Json:
    """Show what became of a new order."""
    return {**ack(order), **_state(order), "workingTime": order.working_ms}


def full(order: Order, trades: list[Trade]) -> Json:
    """Show what became of a new order, with its fills."""
    fills = [
        {
            "price": plain(trade.price),
            "qty": plain(trade.quantity),
            "commission": plain(trade.commission),
            "commissionAsset": trade.commission_asset,
            "tradeId": trade.id,
        }
        for trade in trades
    ]
    return {**result(order), "fills": fills}


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
        "icebergQty": "0.00000000",
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": not order.is_waiting,
        "workingTime": order.working_ms,
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


def account_info(account: Account, updated_ms: int, *, omit_zero: bool) -> Json:
    """Show an account with its balances."""
    balances = [
        {
            "asset": asset,
            "free": plain(account.free.get(asset, 0)),
            "locked": plain(account.locked.get(asset, 0)),
        }
        for asset in account.assets()
        if not omit_zero or account.free.get(asset) or account.locked.get(asset)
    ]
    return {
        "makerCommission": account.maker_rate // BASIS_POINT,
        "takerCommission": account.taker_rate // BASIS_POINT,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": plain(account.maker_rate),
            "taker": plain(account.taker_rate),
            "buyer": "0.00000000",
            "seller": "0.00000000",
        },
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": updated_ms,
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": account.uid,
    }


def list_info(orders: list[Order]) -> Json:
    """Show an order list in a query."""
    first = orders[0]
    is_open = any(order.is_open for order in orders)
    return {
        "orderListId": first.list_id,
        "contingencyType": "OCO",
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


def list_result(orders: list[Order], cancel_client_id: str = "") -> Json:
    """Show a placed or canceled list with the state of its orders."""
    reports = [
        canceled(order, cancel_client_id) if cancel_client_id else result(order) for order in orders
    ]
    return {**list_info(orders), "orderReports": reports}


def _state(order: Order) -> Json:
    state: Json = {
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
    }
    if order.stop_price:
        state["stopPrice"] = plain(order.stop_price)
    if order.expiry_reason:
        state["expiryReason"] = order.expiry_reason
    return state
