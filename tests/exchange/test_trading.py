"""A bot's day with python-binance: place, watch, query, cancel."""

from decimal import Decimal

import pytest
from binance.exceptions import BinanceAPIException

pytestmark = pytest.mark.e2e


async def market_price(client):
    return Decimal((await client.get_symbol_ticker(symbol="BTCUSDT"))["price"])


def cents(price):
    return str(price.quantize(Decimal("0.01")))


async def test_market_order_is_told_by_answer_stream_and_history(client, events):
    answer = await client.create_order(
        symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01", newClientOrderId="one"
    )

    new, *trades = [await events() for _ in range(1 + len(answer["fills"]))]
    position = await events()
    history = await client.get_my_trades(symbol="BTCUSDT")
    assert answer["status"] == "FILLED"
    assert (new["x"], new["X"], new["c"], new["i"]) == ("NEW", "NEW", "one", answer["orderId"])
    assert [trade["x"] for trade in trades] == ["TRADE"] * len(trades)
    assert trades[-1]["X"] == "FILLED"
    assert [trade["t"] for trade in trades] == [fill["tradeId"] for fill in answer["fills"]]
    assert [trade["id"] for trade in history] == [trade["t"] for trade in trades]
    assert sum(Decimal(trade["qty"]) for trade in history) == Decimal(answer["executedQty"])
    assert position["e"] == "outboundAccountPosition"
    balances = {one["asset"]: one["free"] for one in (await client.get_account())["balances"]}
    assert {one["a"]: one["f"] for one in position["B"]} == balances


async def test_limit_order_rests_is_found_and_canceled(client, events):
    price = cents(await market_price(client) * Decimal("0.9"))
    placed = await client.create_order(
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.01",
        price=price,
        newClientOrderId="rests",
    )

    by_client_id = await client.get_order(symbol="BTCUSDT", origClientOrderId="rests")
    (open_order,) = await client.get_open_orders(symbol="BTCUSDT")
    canceled = await client.cancel_order(
        symbol="BTCUSDT", orderId=placed["orderId"], newClientOrderId="stop-it"
    )
    reports = [await events() for _ in range(4)]
    assert placed["status"] == open_order["status"] == "NEW"
    assert by_client_id == open_order
    assert (canceled["origClientOrderId"], canceled["clientOrderId"]) == ("rests", "stop-it")
    assert [event.get("x", event["e"]) for event in reports] == [
        "NEW",
        "outboundAccountPosition",
        "CANCELED",
        "outboundAccountPosition",
    ]
    assert (reports[2]["c"], reports[2]["C"]) == ("stop-it", "rests")
    assert await client.get_open_orders() == []
    (closed,) = await client.get_all_orders(symbol="BTCUSDT")
    assert closed["status"] == "CANCELED"


async def test_stop_sells_after_a_shock(exchange, client, events):
    price = await market_price(client)
    stop = await client.create_order(
        symbol="BTCUSDT",
        side="SELL",
        type="STOP_LOSS_LIMIT",
        timeInForce="GTC",
        quantity="0.1",
        stopPrice=cents(price * Decimal("0.95")),
        price=cents(price * Decimal("0.80")),
    )
    assert "status" not in stop, "conditional orders are answered by ACK"

    exchange.admin("POST", "shock", {"symbol": "BTCUSDT", "percent": "-8"})

    reports = [await events() for _ in range(4)]
    assert [event.get("x") for event in reports[:2]] == ["NEW", None]
    assert (reports[2]["x"], reports[2]["w"]) == ("NEW", True)
    assert reports[3]["x"] == "TRADE"
    assert Decimal(reports[3]["L"]) < price * Decimal("0.93")
    exchange.admin("POST", "shock", {"symbol": "BTCUSDT", "percent": "8.6957"})


async def test_oco_is_placed_shown_and_canceled(client):
    price = await market_price(client)
    placed = await client.create_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.1",
        aboveType="LIMIT_MAKER",
        abovePrice=cents(price * Decimal("1.1")),
        belowType="STOP_LOSS_LIMIT",
        belowStopPrice=cents(price * Decimal("0.9")),
        belowPrice=cents(price * Decimal("0.89")),
        belowTimeInForce="GTC",
    )
    (open_list,) = await client.v3_get_open_order_list()
    canceled = await client.cancel_order(
        symbol="BTCUSDT", orderId=placed["orderReports"][1]["orderId"]
    )

    assert placed["listOrderStatus"] == "EXECUTING"
    assert open_list["orderListId"] == placed["orderListId"]
    assert canceled["listOrderStatus"] == "ALL_DONE"
    assert {order["status"] for order in canceled["orderReports"]} == {"CANCELED"}


async def test_lists_page_from_an_id(client):
    orders = [
        await client.create_order(symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="10")
        for _ in range(3)
    ]
    ids = [fill["tradeId"] for order in orders for fill in order["fills"]]

    newest = await client.get_my_trades(symbol="BTCUSDT", limit=2)
    later = await client.get_my_trades(symbol="BTCUSDT", fromId=ids[1])
    of_one = await client.get_my_trades(symbol="BTCUSDT", orderId=orders[1]["orderId"])
    from_order = await client.get_all_orders(symbol="BTCUSDT", orderId=orders[1]["orderId"])

    assert [trade["id"] for trade in newest] == ids[-2:]
    assert [trade["id"] for trade in later] == ids[1:]
    assert [trade["id"] for trade in of_one] == [ids[1]]
    assert [order["orderId"] for order in from_order] == [one["orderId"] for one in orders[1:]]


async def test_key_may_trade_but_not_withdraw(client):
    rights = await client.get_account_api_permissions()

    assert rights["enableSpotAndMarginTrading"]
    assert not rights["enableWithdrawals"]


ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "10"}
LIMIT = {**ORDER, "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "100"}
LIMIT.pop("quoteOrderQty")


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"symbol": "NOPEUSDT"}, -1121, "Invalid symbol."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "ICEBERG"}, -1116, "Invalid orderType."),
        ({"quoteOrderQty": "1e3"}, -1100, "Illegal characters found in parameter 'quoteOrderQty'"),
        ({"quoteOrderQty": "1.123456789"}, -1111, "too much precision"),
        ({"quoteOrderQty": "99999999999999"}, -1108, "overflow"),
        ({"quoteOrderQty": "20000"}, -2010, "insufficient balance"),
        ({"quoteOrderQty": "1"}, -1013, "Filter failure: NOTIONAL"),
        ({"quoteOrderQty": ""}, -1105, "was empty"),
        ({"price": "100"}, -1106, "sent when not required"),
        ({"newClientOrderId": "a.b"}, -1100, "newClientOrderId"),
        ({"newOrderRespType": "LONG"}, -1130, "newOrderRespType"),
        ({"icebergQty": "1"}, -2010, "Iceberg orders are not supported"),
        ({**LIMIT, "quoteOrderQty": None}, -1013, "PERCENT_PRICE_BY_SIDE"),
        ({**LIMIT, "quoteOrderQty": None, "timeInForce": None}, -1102, "'timeInForce'"),
        ({**LIMIT, "quoteOrderQty": None, "timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({**LIMIT, "quoteOrderQty": None, "price": None}, -1102, "'price'"),
        ({**LIMIT, "quoteOrderQty": None, "price": "0"}, -1013, "Invalid price."),
    ],
)
async def test_wrong_order_is_refused_in_binances_words(client, change, code, message):
    wrong = {name: value for name, value in {**ORDER, **change}.items() if value is not None}

    with pytest.raises(BinanceAPIException) as refused:
        await client.create_order(**wrong)

    assert refused.value.status_code == 400
    assert refused.value.code == code
    assert message in refused.value.message


async def test_unknown_orders_are_refused(client):
    placed = await client.create_order(**ORDER)
    cases = [
        (client.get_order, {"orderId": 999_999_999}, -2013),
        (client.get_order, {}, -1102),
        (client.get_order, {"orderId": placed["orderId"], "origClientOrderId": "x"}, -2039),
        (client.cancel_order, {"orderId": placed["orderId"]}, -2011),
        (client.cancel_order, {"origClientOrderId": "nobody"}, -2011),
    ]

    for call, values, code in cases:
        with pytest.raises(BinanceAPIException) as refused:
            await call(symbol="BTCUSDT", **values)
        assert refused.value.code == code
