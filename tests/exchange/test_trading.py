"""A bot's day with python-binance: place, watch, query, cancel."""

import re
from decimal import Decimal

import pytest

from tests.exchange.trader import a_bid, ask, cents, market_price

pytestmark = pytest.mark.e2e


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
    assert {one["a"] for one in position["B"]} == {"BTC", "USDT"}
    assert all(balances[one["a"]] == one["f"] for one in position["B"])


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


async def test_orders_without_a_client_id_get_one_like_binances(client):
    bid = await ask(client, "post", "order", **await a_bid(client))

    canceled = await client.cancel_order(symbol="BTCUSDT", orderId=bid["orderId"])

    made = {bid["clientOrderId"], canceled["clientOrderId"]}
    assert len(made) == 2
    assert all(re.fullmatch("[a-zA-Z0-9]{22}", one) for one in made)


async def test_every_answer_shows_what_only_some_orders_have(client):
    price = await market_price(client)
    sent = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "STOP_LOSS_LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.1",
        "price": cents(price * Decimal("0.8")),
        "stopPrice": cents(price * Decimal("0.9")),
        "trailingDelta": "500",
        "icebergQty": "0.05",
        "strategyId": "3",
        "strategyType": "1000000",
    }

    placed = await client.create_order(**sent, newOrderRespType="RESULT")
    (shown,) = await client.get_open_orders(symbol="BTCUSDT")
    canceled = await client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])

    for answer in (placed, shown, canceled):
        assert Decimal(answer["stopPrice"]) == Decimal(sent["stopPrice"])
        assert (answer["trailingDelta"], answer["trailingTime"]) == (500, -1)
        assert answer["icebergQty"] == "0.05000000"
        assert (answer["strategyId"], answer["strategyType"]) == (3, 1_000_000)
    assert placed["workingTime"] == shown["workingTime"] == -1
    assert shown["isWorking"] is False
    assert "workingTime" not in canceled


async def test_all_open_orders_are_canceled_lists_as_one(client):
    bid = await client.create_order(**await a_bid(client))
    price = await market_price(client)
    both = await client.create_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.1",
        aboveType="LIMIT_MAKER",
        abovePrice=cents(price * Decimal("1.1")),
        belowType="STOP_LOSS",
        belowStopPrice=cents(price * Decimal("0.9")),
    )

    single, group = await client.cancel_all_open_orders(symbol="BTCUSDT")

    assert (single["orderId"], single["status"]) == (bid["orderId"], "CANCELED")
    assert (group["orderListId"], group["listOrderStatus"]) == (both["orderListId"], "ALL_DONE")
    assert {one["status"] for one in group["orderReports"]} == {"CANCELED"}
    assert await client.get_open_orders() == []
