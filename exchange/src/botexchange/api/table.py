"""Which function answers which path and which WebSocket method."""

from typing import Final

from botexchange.api import account, history, order_lists, replacing, trading, wallet
from botexchange.api.call import Endpoint, Right
from botexchange.api.market_table import MARKET_METHODS, MARKET_ROUTES
from botexchange.api.names import (
    CANCEL,
    CANCEL_LIST,
    CANCEL_REPLACE,
    NEW_ORDER,
    NOTHING,
    OCO,
    OLD_OCO,
    OTO,
    OTOCO,
    SYMBOL,
    TEST_ORDER,
    names,
)
from botexchange.api.params import Params

__all__ = ["METHODS", "RETIRED", "RETIRED_METHODS", "ROUTES"]


def _open_orders_weight(params: Params) -> int:
    return 6 if params.has("symbol") else 80


def _trades_weight(params: Params) -> int:
    return 5 if params.has("orderId") else 20


def _prevented_weight(params: Params) -> int:
    return 2 if params.has("preventedMatchId") else 20


_HISTORY: Final = names("symbol orderId startTime endTime limit")

_NEW_ORDER = Endpoint.trading(trading.new_order, NEW_ORDER, places=1)
_TEST_ORDER = Endpoint.signed(account.test_order, account.test_weight, TEST_ORDER, Right.TRADE)
_GET_ORDER = Endpoint.signed(history.get_order, 4, names("symbol orderId origClientOrderId"))
_CANCEL_ORDER = Endpoint.trading(trading.cancel_order, CANCEL)
_CANCEL_ALL = Endpoint.trading(trading.cancel_all, SYMBOL)
_CANCEL_REPLACE = Endpoint(
    answer=replacing.cancel_replace,
    weight=1,
    is_signed=True,
    right=Right.TRADE,
    names=CANCEL_REPLACE,
    places_orders=1,
    goes_on_over_limit=replacing.cancels_over_limit,
    is_free_on_success=True,
)
_AMEND = Endpoint.signed(
    trading.amend_order,
    4,
    names("symbol orderId origClientOrderId newClientOrderId newQty"),
    Right.TRADE,
)
_AMENDMENTS = Endpoint.signed(history.amendments, 4, names("symbol orderId fromExecutionId limit"))
_OPEN_ORDERS = Endpoint.signed(history.open_orders, _open_orders_weight, SYMBOL)
_ALL_ORDERS = Endpoint.signed(history.all_orders, 20, _HISTORY)
_MY_TRADES = Endpoint.signed(history.my_trades, _trades_weight, _HISTORY | names("fromId"))
_PREVENTED = Endpoint.signed(
    history.prevented_matches,
    _prevented_weight,
    names("symbol preventedMatchId orderId fromPreventedMatchId limit"),
)
_ALLOCATIONS = Endpoint.signed(history.allocations, 20, _HISTORY | names("fromAllocationId"))
_SOR = Endpoint.trading(trading.refuse_sor)

_OLD_OCO = Endpoint.trading(order_lists.new_old_oco, OLD_OCO, places=2)
_OCO = Endpoint.trading(order_lists.new_oco, OCO, places=2)
_OTO = Endpoint.trading(order_lists.new_oto, OTO, places=2)
_OTOCO = Endpoint.trading(order_lists.new_otoco, OTOCO, places=3)
_OPO = Endpoint.trading(trading.refuse_opo)
_GET_LIST = Endpoint.signed(order_lists.get_list, 4, names("orderListId origClientOrderId"))
_CANCEL_LIST = Endpoint.trading(order_lists.cancel_list, CANCEL_LIST)
_OPEN_LISTS = Endpoint.signed(order_lists.open_lists, 6, NOTHING)
_ALL_LISTS = Endpoint.signed(order_lists.all_lists, 20, names("fromId startTime endTime limit"))

_ACCOUNT = Endpoint.signed(account.account, 20, names("omitZeroBalances"))
_COMMISSION = Endpoint.signed(account.commission, 20, SYMBOL)
_ORDER_COUNTS = Endpoint.signed(account.order_counts, 40, NOTHING)
_MY_FILTERS = Endpoint.signed(account.my_filters, 40, SYMBOL)
# A key shows its own rights whatever they are.
_RESTRICTIONS = Endpoint.signed(wallet.api_restrictions, 1, right=Right.NOTHING)
_NO_MARGIN = Endpoint.public(wallet.no_margin_pairs)

ROUTES: Final[dict[tuple[str, str], Endpoint]] = {
    **MARKET_ROUTES,
    ("POST", "/api/v3/order"): _NEW_ORDER,
    ("POST", "/api/v3/order/test"): _TEST_ORDER,
    ("GET", "/api/v3/order"): _GET_ORDER,
    ("DELETE", "/api/v3/order"): _CANCEL_ORDER,
    ("POST", "/api/v3/order/cancelReplace"): _CANCEL_REPLACE,
    ("PUT", "/api/v3/order/amend/keepPriority"): _AMEND,
    ("GET", "/api/v3/order/amendments"): _AMENDMENTS,
    ("GET", "/api/v3/openOrders"): _OPEN_ORDERS,
    ("DELETE", "/api/v3/openOrders"): _CANCEL_ALL,
    ("GET", "/api/v3/allOrders"): _ALL_ORDERS,
    ("GET", "/api/v3/myTrades"): _MY_TRADES,
    ("GET", "/api/v3/myPreventedMatches"): _PREVENTED,
    ("GET", "/api/v3/myAllocations"): _ALLOCATIONS,
    ("POST", "/api/v3/sor/order"): _SOR,
    ("POST", "/api/v3/sor/order/test"): _SOR,
    ("POST", "/api/v3/order/oco"): _OLD_OCO,
    ("POST", "/api/v3/orderList/oco"): _OCO,
    ("POST", "/api/v3/orderList/oto"): _OTO,
    ("POST", "/api/v3/orderList/otoco"): _OTOCO,
    ("POST", "/api/v3/orderList/opo"): _OPO,
    ("POST", "/api/v3/orderList/opoco"): _OPO,
    ("GET", "/api/v3/orderList"): _GET_LIST,
    ("DELETE", "/api/v3/orderList"): _CANCEL_LIST,
    ("GET", "/api/v3/openOrderList"): _OPEN_LISTS,
    ("GET", "/api/v3/allOrderList"): _ALL_LISTS,
    ("GET", "/api/v3/account"): _ACCOUNT,
    ("GET", "/api/v3/account/commission"): _COMMISSION,
    ("GET", "/api/v3/rateLimit/order"): _ORDER_COUNTS,
    ("GET", "/api/v3/myFilters"): _MY_FILTERS,
    ("GET", "/sapi/v1/account/apiRestrictions"): _RESTRICTIONS,
    ("GET", "/sapi/v1/account/status"): Endpoint.signed(wallet.account_status, 1),
    ("GET", "/sapi/v1/account/info"): Endpoint.signed(wallet.account_info, 1),
    ("GET", "/sapi/v1/account/apiTradingStatus"): Endpoint.signed(wallet.api_trading_status, 1),
    ("GET", "/sapi/v1/asset/tradeFee"): Endpoint.signed(wallet.trade_fees, 1),
    ("GET", "/sapi/v1/asset/assetDetail"): Endpoint.signed(wallet.asset_details, 1),
    ("POST", "/sapi/v3/asset/getUserAsset"): Endpoint.signed(wallet.user_assets, 5),
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint.signed(wallet.all_coins, 10),
    ("GET", "/sapi/v1/margin/allPairs"): _NO_MARGIN,
    ("GET", "/sapi/v1/margin/isolated/allPairs"): _NO_MARGIN,
    ("GET", "/sapi/v1/system/status"): Endpoint.public(wallet.system_status),
    ("GET", "/sapi/v1/spot/delist-schedule"): Endpoint.public(wallet.delist_schedule, 100),
}

METHODS: Final[dict[str, Endpoint]] = {
    **MARKET_METHODS,
    "order.place": _NEW_ORDER,
    "order.test": _TEST_ORDER,
    "order.status": _GET_ORDER,
    "order.cancel": _CANCEL_ORDER,
    "order.cancelReplace": _CANCEL_REPLACE,
    "order.amend.keepPriority": _AMEND,
    "order.amendments": _AMENDMENTS,
    "openOrders.status": _OPEN_ORDERS,
    "openOrders.cancelAll": _CANCEL_ALL,
    "sor.order.place": _SOR,
    "sor.order.test": _SOR,
    "orderList.place": _OLD_OCO,
    "orderList.place.oco": _OCO,
    "orderList.place.oto": _OTO,
    "orderList.place.otoco": _OTOCO,
    "orderList.place.opo": _OPO,
    "orderList.place.opoco": _OPO,
    "orderList.status": _GET_LIST,
    "orderList.cancel": _CANCEL_LIST,
    "openOrderLists.status": _OPEN_LISTS,
    "allOrderLists": _ALL_LISTS,
    "allOrders": _ALL_ORDERS,
    "myTrades": _MY_TRADES,
    "myPreventedMatches": _PREVENTED,
    "myAllocations": _ALLOCATIONS,
    "myFilters": _MY_FILTERS,
    "account.status": _ACCOUNT,
    "account.commission": _COMMISSION,
    "account.rateLimits.orders": _ORDER_COUNTS,
}

RETIRED: Final = frozenset(
    {
        "/api/v1/userDataStream",
        "/api/v3/userDataStream",
        "/sapi/v1/userDataStream",
        "/sapi/v1/userDataStream/isolated",
    }
)
"""Paths Binance has switched off (410): listen keys, since 2026-02-20."""
RETIRED_METHODS: Final = frozenset(
    {"userDataStream.start", "userDataStream.ping", "userDataStream.stop"}
)
"""WebSocket methods that were switched off with them."""
