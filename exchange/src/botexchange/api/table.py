"""Which function answers which path and which WebSocket method."""

from typing import Final

from botexchange.api import account, market, trading
from botexchange.api.call import Endpoint
from botexchange.api.params import Params

__all__ = ["METHODS", "RETIRED", "ROUTES"]


_DEPTH_COSTS: Final = ((100, 5), (500, 25), (1_000, 50), (5_000, 250))


def _open_orders_weight(params: Params) -> int:
    return 6 if params.has("symbol") else 80


def _ticker_weight(params: Params) -> int:
    return 2 if params.has("symbol") else 4


def _depth_weight(params: Params) -> int:
    limit = params.limit(100, 5_000)
    return next(
        cost for most, cost in ((100, 5), (500, 25), (1_000, 50), (5_000, 250)) if limit <= most
    )


def _trades_weight(params: Params) -> int:
    return 5 if params.has("orderId") else 20


_NEW_ORDER = Endpoint.trading(trading.new_order, places=1)
_TEST_ORDER = Endpoint.signed(trading.test_order, 1)
_GET_ORDER = Endpoint.signed(trading.get_order, 4)
_CANCEL_ORDER = Endpoint.trading(trading.cancel_order)
_CANCEL_ALL = Endpoint.trading(trading.cancel_all)
_OPEN_ORDERS = Endpoint(answer=trading.open_orders, weight=_open_orders_weight, is_signed=True)
_ALL_ORDERS = Endpoint.signed(account.all_orders, 20)
_MY_TRADES = Endpoint(answer=account.my_trades, weight=_trades_weight, is_signed=True)
_NEW_OCO = Endpoint.trading(trading.new_oco, places=2)
_ACCOUNT = Endpoint.signed(account.account, 20)
_COMMISSION = Endpoint.signed(account.commission, 20)
_PING = Endpoint.public(market.ping)
_TIME = Endpoint.public(market.server_time)
_INFO = Endpoint.public(market.exchange_info, 20)
_DEPTH = Endpoint(answer=market.depth, weight=_depth_weight)
_KLINES = Endpoint.public(market.klines, 2)

ROUTES: Final[dict[tuple[str, str], Endpoint]] = {
    ("GET", "/api/v3/ping"): _PING,
    ("GET", "/api/v3/time"): _TIME,
    ("GET", "/api/v3/exchangeInfo"): _INFO,
    ("GET", "/api/v3/depth"): _DEPTH,
    ("GET", "/api/v3/klines"): _KLINES,
    ("GET", "/api/v3/uiKlines"): _KLINES,
    ("GET", "/api/v3/avgPrice"): Endpoint.public(market.average_price, 2),
    ("GET", "/api/v3/ticker/price"): Endpoint(answer=market.price_ticker, weight=_ticker_weight),
    ("GET", "/api/v3/ticker/bookTicker"): Endpoint(
        answer=market.book_ticker, weight=_ticker_weight
    ),
    ("POST", "/api/v3/order"): _NEW_ORDER,
    ("POST", "/api/v3/order/test"): _TEST_ORDER,
    ("GET", "/api/v3/order"): _GET_ORDER,
    ("DELETE", "/api/v3/order"): _CANCEL_ORDER,
    ("GET", "/api/v3/openOrders"): _OPEN_ORDERS,
    ("DELETE", "/api/v3/openOrders"): _CANCEL_ALL,
    ("GET", "/api/v3/allOrders"): _ALL_ORDERS,
    ("GET", "/api/v3/myTrades"): _MY_TRADES,
    ("POST", "/api/v3/orderList/oco"): _NEW_OCO,
    ("GET", "/api/v3/orderList"): Endpoint.signed(trading.get_list, 4),
    ("DELETE", "/api/v3/orderList"): Endpoint.trading(trading.cancel_list),
    ("GET", "/api/v3/openOrderList"): Endpoint.signed(trading.open_lists, 6),
    ("GET", "/api/v3/account"): _ACCOUNT,
    ("GET", "/api/v3/account/commission"): _COMMISSION,
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint.signed(account.api_restrictions, 1),
}

METHODS: Final[dict[str, Endpoint]] = {
    "ping": _PING,
    "time": _TIME,
    "exchangeInfo": _INFO,
    "depth": _DEPTH,
    "klines": _KLINES,
    "order.place": _NEW_ORDER,
    "order.test": _TEST_ORDER,
    "order.status": _GET_ORDER,
    "order.cancel": _CANCEL_ORDER,
    "openOrders.status": _OPEN_ORDERS,
    "openOrders.cancelAll": _CANCEL_ALL,
    "orderList.place.oco": _NEW_OCO,
    "allOrders": _ALL_ORDERS,
    "myTrades": _MY_TRADES,
    "account.status": _ACCOUNT,
    "account.commission": _COMMISSION,
}

RETIRED: Final = frozenset({"/api/v3/userDataStream"})
"""Paths Binance has switched off (410): listen keys, since 2026-02-20."""
