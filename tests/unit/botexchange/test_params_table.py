"""The table of endpoints: what each one costs, counts and asks of the key."""

import pytest

from botexchange.api.call import Right
from botexchange.api.params import Params
from botexchange.api.table import METHODS, RETIRED, RETIRED_METHODS, ROUTES

# rest-api.md: path, method of the same meaning, weight, orders counted.
DOCUMENTED = [
    ("POST", "/api/v3/order", "order.place", 1, 1),
    ("POST", "/api/v3/order/test", "order.test", 1, 0),
    ("GET", "/api/v3/order", "order.status", 4, 0),
    ("DELETE", "/api/v3/order", "order.cancel", 1, 0),
    ("DELETE", "/api/v3/openOrders", "openOrders.cancelAll", 1, 0),
    ("POST", "/api/v3/order/cancelReplace", "order.cancelReplace", 1, 1),
    ("PUT", "/api/v3/order/amend/keepPriority", "order.amend.keepPriority", 4, 0),
    ("GET", "/api/v3/order/amendments", "order.amendments", 4, 0),
    ("POST", "/api/v3/order/oco", "orderList.place", 1, 2),
    ("POST", "/api/v3/orderList/oco", "orderList.place.oco", 1, 2),
    ("POST", "/api/v3/orderList/oto", "orderList.place.oto", 1, 2),
    ("POST", "/api/v3/orderList/otoco", "orderList.place.otoco", 1, 3),
    ("DELETE", "/api/v3/orderList", "orderList.cancel", 1, 0),
    ("GET", "/api/v3/orderList", "orderList.status", 4, 0),
    ("GET", "/api/v3/openOrderList", "openOrderLists.status", 6, 0),
    ("GET", "/api/v3/allOrderList", "allOrderLists", 20, 0),
    ("GET", "/api/v3/openOrders", "openOrders.status", 80, 0),
    ("GET", "/api/v3/allOrders", "allOrders", 20, 0),
    ("GET", "/api/v3/myTrades", "myTrades", 20, 0),
    ("GET", "/api/v3/myPreventedMatches", "myPreventedMatches", 20, 0),
    ("GET", "/api/v3/myAllocations", "myAllocations", 20, 0),
    ("GET", "/api/v3/account", "account.status", 20, 0),
    ("GET", "/api/v3/account/commission", "account.commission", 20, 0),
    ("GET", "/api/v3/rateLimit/order", "account.rateLimits.orders", 40, 0),
    ("GET", "/api/v3/myFilters", "myFilters", 40, 0),
]


@pytest.mark.parametrize(("verb", "path", "method", "weight", "orders"), DOCUMENTED)
def test_path_and_method_share_an_endpoint_with_the_documented_cost(
    verb, path, method, weight, orders
):
    endpoint = ROUTES[verb, path]

    assert endpoint is METHODS[method]
    assert (endpoint.cost(Params({})), endpoint.places_orders) == (weight, orders)


@pytest.mark.parametrize(
    ("path", "sent", "weight"),
    [
        (("GET", "/api/v3/openOrders"), {"symbol": "BTCUSDT"}, 6),
        (("GET", "/api/v3/myTrades"), {"orderId": "1"}, 5),
        (("GET", "/api/v3/myPreventedMatches"), {"preventedMatchId": "1"}, 2),
        (("POST", "/api/v3/order/test"), {"computeCommissionRates": "true"}, 20),
    ],
)
def test_weight_follows_the_parameters(path, sent, weight):
    assert ROUTES[path].cost(Params(sent)) == weight


def test_every_signed_endpoint_asks_for_the_right_it_needs():
    for (verb, path), endpoint in ROUTES.items():
        if not endpoint.is_signed or path == "/sapi/v1/account/apiRestrictions":
            wanted = Right.NOTHING
        elif path.startswith("/sapi") or verb == "GET":
            wanted = Right.READ
        else:
            wanted = Right.TRADE
        assert endpoint.right is wanted, (verb, path)


def test_what_is_retired_is_not_served():
    assert not RETIRED & {path for _, path in ROUTES}
    assert not RETIRED_METHODS & METHODS.keys()
