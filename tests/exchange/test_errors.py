"""Refusals in Binance's words, asked for by a real client."""

import pytest
from binance.exceptions import BinanceAPIException

from tests.exchange.trader import SYMBOL, a_bid, ask, away, refused

pytestmark = pytest.mark.e2e

MARKET = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quoteOrderQty": "10"}
SELL = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "0.01"}
LIMIT = {
    "symbol": SYMBOL,
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1",
    "price": "100",
}


@pytest.mark.parametrize(
    ("order", "change", "code", "message"),
    [
        (MARKET, {"symbol": "NOPEUSDT"}, -1121, "Invalid symbol."),
        (MARKET, {"symbol": "btcusdt"}, -1100, "found in parameter 'symbol'; legal range is"),
        (MARKET, {"side": "HOLD"}, -1117, "Invalid side."),
        (MARKET, {"type": "ICEBERG"}, -1116, "Invalid orderType."),
        (MARKET, {"quoteOrderQty": "1e3"}, -1100, "found in parameter 'quoteOrderQty'"),
        (MARKET, {"quoteOrderQty": "1.123456789"}, -1111, "too much precision"),
        (MARKET, {"quoteOrderQty": "99999999999999"}, -1108, "overflowed"),
        (MARKET, {"quoteOrderQty": "20000"}, -2010, "insufficient balance"),
        (MARKET, {"quoteOrderQty": "1"}, -1013, "Filter failure: NOTIONAL"),
        (SELL, {"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        (MARKET, {"quoteOrderQty": ""}, -1105, "Parameter 'quoteOrderQty' was empty."),
        (MARKET, {"price": "100"}, -1106, "Parameter 'price' sent when not required."),
        (MARKET, {"newClientOrderId": "a.b"}, -1100, "newClientOrderId"),
        (MARKET, {"newOrderRespType": "LONG"}, -1130, "newOrderRespType"),
        (MARKET, {"icebergQty": "1"}, -1106, "Parameter 'icebergQty' sent when not required."),
        (LIMIT, {}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        (LIMIT, {"timeInForce": None}, -1102, "Mandatory parameter 'timeInForce'"),
        (LIMIT, {"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        (LIMIT, {"price": None}, -1102, "Mandatory parameter 'price'"),
        (LIMIT, {"price": "0"}, -1013, "Invalid price."),
        (LIMIT, {"quantity": "0"}, -1013, "Invalid quantity."),
        (LIMIT, {"price": "100.001"}, -1013, "Filter failure: PRICE_FILTER"),
        (LIMIT, {"icebergQuantity": "1"}, -1104, "Not all sent parameters were read"),
        (
            LIMIT,
            {"timeInForce": None, "timeInforce": "GTC"},
            -1104,
            "read '8' parameter(s) but was sent '9'",
        ),
        (LIMIT, {"strategyType": "1"}, -1134, "strategyType was less than 1000000."),
        (LIMIT, {"pegPriceType": "PRIMARY_PEG"}, -2010, "Pegged orders are not supported"),
    ],
)
async def test_wrong_order_is_refused_in_binances_words(client, order, change, code, message):
    wrong = {name: value for name, value in {**order, **change}.items() if value is not None}

    for path in ("order", "order/test"):
        if path == "order/test" and "insufficient" in message:
            continue  # funds are the one thing a test order is not checked for
        status, _ = await refused(ask(client, "post", path, **wrong), code, message)
        assert status == 400


@pytest.mark.parametrize(
    ("kind", "factor", "message"),
    [
        ("LIMIT_MAKER", "1.05", "Order would immediately match and take."),
        ("STOP_LOSS", "0.95", "Order would trigger immediately."),
        ("TAKE_PROFIT", "1.05", "Order would trigger immediately."),
    ],
)
async def test_order_the_market_is_past_is_refused(client, kind, factor, message):
    name = "price" if kind == "LIMIT_MAKER" else "stopPrice"
    order = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": kind,
        "quantity": "0.01",
        name: await away(client, factor),
    }

    await refused(ask(client, "post", "order", **order), -2010, message)


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"icebergQty": "0.02"}, -2010, "IcebergQty exceeds QTY."),
        ({"icebergQty": "0.00001"}, -1013, "Filter failure: ICEBERG_PARTS"),
        ({"icebergQty": "0.005", "timeInForce": "IOC"}, -1014, "Unsupported order combination."),
        ({"price": "0.01"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"price": "54000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"selfTradePreventionMode": "TRANSFER"}, -1013, "This symbol does not allow the spec"),
    ],
)
async def test_bid_that_breaks_a_rule_is_refused(client, changes, code, message):
    await refused(client.create_order(**await a_bid(client, **changes)), code, message)


async def test_client_id_is_free_again_once_its_order_is_closed(client):
    bid = await a_bid(client, newClientOrderId="once")
    order = await client.create_order(**bid)

    await refused(client.create_order(**bid), -2010, "Duplicate order sent.")
    await client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])

    assert (await client.create_order(**bid))["status"] == "NEW"


async def test_unknown_orders_are_refused(client):
    filled = (await client.create_order(**MARKET))["orderId"]
    resting = (await client.create_order(**await a_bid(client)))["orderId"]
    both = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
    cases = [
        ("get", {"orderId": 999_999_999}, -2013, "Order does not exist."),
        ("get", {"origClientOrderId": "nobody"}, -2013, "Order does not exist."),
        ("get", {}, -1102, both),
        ("get", {"orderId": filled, "origClientOrderId": "x"}, -2039, "Client order ID is not"),
        ("delete", {"orderId": filled}, -2011, "Unknown order sent."),
        ("delete", {"origClientOrderId": "nobody"}, -2011, "Unknown order sent."),
        ("delete", {}, -1102, both),
        ("delete", {"orderId": resting, "origClientOrderId": "x"}, -2039, "Client order ID is not"),
        ("delete", {"orderId": resting, "cancelRestrictions": "X"}, -1145, "Invalid cancelRes"),
        (
            "delete",
            {"orderId": resting, "cancelRestrictions": "ONLY_PARTIALLY_FILLED"},
            -2011,
            "Order was not canceled due to cancel restrictions.",
        ),
    ]

    for method, values, code, text in cases:
        await refused(ask(client, method, "order", symbol=SYMBOL, **values), code, text)
    assert [one["orderId"] for one in await client.get_open_orders()] == [resting]


@pytest.mark.parametrize(
    ("method", "path", "values", "code", "text"),
    [
        ("get", "openOrders", {"symbol": "NOPEUSDT"}, -1121, "Invalid symbol."),
        ("delete", "openOrders", {}, -1102, "'symbol'"),
        ("delete", "openOrders", {"symbol": SYMBOL}, -2011, "Unknown order sent."),
        ("get", "allOrders", {}, -1102, "'symbol'"),
        ("get", "allOrders", {"symbol": SYMBOL, "limit": "x"}, -1100, "'limit'"),
        (
            "get",
            "allOrders",
            {"symbol": SYMBOL, "startTime": 1, "endTime": 86_400_002},
            -1127,
            "More than 24 hours between startTime and endTime.",
        ),
        ("get", "account", {"omitZeroBalances": "maybe"}, -1100, "'omitZeroBalances'"),
        ("get", "account/commission", {}, -1102, "'symbol'"),
        ("get", "myFilters", {"symbol": "NOPEUSDT"}, -1121, "Invalid symbol."),
        (
            "get",
            "myPreventedMatches",
            {"symbol": SYMBOL},
            -1102,
            "Param 'preventedMatchId' or 'orderId' must be sent",
        ),
        (
            "get",
            "myPreventedMatches",
            {"symbol": SYMBOL, "preventedMatchId": 1, "orderId": 1},
            -1128,
            "Combination of optional parameters invalid.",
        ),
        ("get", "order/amendments", {"symbol": SYMBOL}, -1102, "'orderId'"),
        ("get", "orderList", {}, -1102, "'origClientOrderId' or 'orderListId'"),
        ("get", "orderList", {"orderListId": 1}, -2018, "Order list does not exist."),
        ("delete", "orderList", {"symbol": SYMBOL, "orderListId": 1}, -2011, "Unknown order sent."),
        ("post", "sor/order", {"symbol": SYMBOL}, -2010, "SOR orders are not supported"),
    ],
)
async def test_wrong_query_is_refused_in_binances_words(client, method, path, values, code, text):
    await refused(ask(client, method, path, **values), code, text)


async def test_methods_refuse_as_paths_do(client):
    for method, values, code in [
        ("order.cancel", {"orderId": 1}, -2011),
        ("order.status", {"orderId": 1}, -2013),
        ("order.amend.keepPriority", {"orderId": 1, "newQty": "1"}, -2038),
        ("orderList.cancel", {"orderListId": 1}, -2011),
        ("openOrders.cancelAll", {}, -2011),
        ("sor.order.place", {}, -2010),
    ]:
        with pytest.raises(BinanceAPIException) as error:
            await client._ws_api_request(method, signed=True, params={"symbol": SYMBOL, **values})
        assert error.value.code == code, method
