"""Orders that are replaced, reduced or kept from trading with their own account."""

from decimal import Decimal

import pytest

from tests.exchange.trader import SYMBOL, a_bid, ask, away, cents, refused

pytestmark = pytest.mark.e2e


async def replace(client, order, mode="STOP_ON_FAILURE", **changes):
    new = {**await a_bid(client, "0.8"), **changes}
    return await ask(
        client,
        "post",
        "order/cancelReplace",
        cancelReplaceMode=mode,
        cancelOrderId=order["orderId"] if isinstance(order, dict) else order,
        **{name: value for name, value in new.items() if value is not None},
    )


async def open_ids(client):
    return [order["orderId"] for order in await client.get_open_orders(symbol=SYMBOL)]


async def test_replaced_order_is_canceled_and_the_new_one_rests(client, events):
    old = await client.create_order(**await a_bid(client, newClientOrderId="same"))

    answer = await replace(client, old, newClientOrderId="same", cancelNewClientOrderId="gone")

    canceled, placed = answer["cancelResponse"], answer["newOrderResponse"]
    assert (answer["cancelResult"], answer["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert (canceled["orderId"], canceled["status"]) == (old["orderId"], "CANCELED")
    assert (canceled["origClientOrderId"], canceled["clientOrderId"]) == ("same", "gone")
    assert (placed["clientOrderId"], placed["status"], placed["fills"]) == ("same", "NEW", [])
    assert await open_ids(client) == [placed["orderId"]]
    seen = [await events() for _ in range(6)]
    assert [event.get("x") for event in seen] == ["NEW", None, "CANCELED", None, "NEW", None]


async def test_cancel_that_fails_stops_the_replacement(client):
    status, body = await refused(
        replace(client, 999_999_999), -2022, "Order cancel-replace failed."
    )

    assert status == 400
    assert body["data"] == {
        "cancelResult": "FAILURE",
        "newOrderResult": "NOT_ATTEMPTED",
        "cancelResponse": {"code": -2011, "msg": "Unknown order sent."},
        "newOrderResponse": None,
    }
    assert await open_ids(client) == []


async def test_cancel_that_fails_may_be_allowed(client):
    status, body = await refused(
        replace(client, 999_999_999, "ALLOW_FAILURE"),
        -2021,
        "Order cancel-replace partially failed.",
    )

    assert status == 409
    assert (body["data"]["cancelResult"], body["data"]["newOrderResult"]) == ("FAILURE", "SUCCESS")
    assert await open_ids(client) == [body["data"]["newOrderResponse"]["orderId"]]


async def test_new_order_that_fails_leaves_the_old_one_canceled(client):
    old = await client.create_order(**await a_bid(client))

    changes = {"type": "LIMIT_MAKER", "timeInForce": None, "price": await away(client, "1.1")}
    status, body = await refused(replace(client, old, **changes), -2021)

    assert status == 409
    assert body["data"]["cancelResponse"]["orderId"] == old["orderId"]
    assert body["data"]["newOrderResponse"] == {
        "code": -2010,
        "msg": "Order would immediately match and take.",
    }
    assert await open_ids(client) == []


async def test_both_halves_may_fail(client):
    status, body = await refused(replace(client, 999_999_999, "ALLOW_FAILURE", quantity="1"), -2022)

    assert status == 400
    assert (body["data"]["cancelResult"], body["data"]["newOrderResult"]) == ("FAILURE", "FAILURE")
    assert body["data"]["newOrderResponse"]["code"] == -2010


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"price": None}, -1102, "'price'"),
        ({"cancelReplaceMode": "MAYBE"}, -1130, "'cancelReplaceMode'"),
        ({"cancelRestrictions": "NONE"}, -1145, "Invalid cancelRestrictions"),
        ({"orderRateLimitExceededMode": "X"}, -1130, "'orderRateLimitExceededMode'"),
    ],
)
async def test_wrong_replacement_cancels_nothing(client, changes, code, text):
    old = await client.create_order(**await a_bid(client))
    new = {**await a_bid(client, "0.8"), "cancelReplaceMode": "STOP_ON_FAILURE", **changes}
    sent = {name: value for name, value in new.items() if value is not None}

    call = ask(client, "post", "order/cancelReplace", cancelOrderId=old["orderId"], **sent)
    status, _ = await refused(call, code, text)

    assert status == 400
    assert await open_ids(client) == [old["orderId"]]


async def test_replacement_keeps_the_restrictions_of_the_cancel(client):
    old = await client.create_order(**await a_bid(client))

    call = replace(client, old, cancelRestrictions="ONLY_PARTIALLY_FILLED")
    _, body = await refused(call, -2022)

    assert body["data"]["cancelResponse"] == {
        "code": -2011,
        "msg": "Order was not canceled due to cancel restrictions.",
    }
    assert await open_ids(client) == [old["orderId"]]


async def test_account_over_its_order_limit_may_still_cancel(run_exchange):
    server = run_exchange("--seed=7", "--order-limit=2")
    client = await server.client(server.account("test/full", USDT="10000"))
    try:
        first, second = [await client.create_order(**await a_bid(client)) for _ in range(2)]

        status, _ = await refused(replace(client, first), -1015, "Too many new orders")
        assert status == 429
        assert await open_ids(client) == [first["orderId"], second["orderId"]]
        call = replace(client, first, orderRateLimitExceededMode="CANCEL_ONLY")
        status, body = await refused(call, -2021)
        assert status == 429
        assert body["data"]["cancelResult"] == "SUCCESS"
        assert body["data"]["newOrderResponse"]["code"] == -1015
        assert await open_ids(client) == [second["orderId"]]
    finally:
        await client.close_connection()


async def test_reduced_order_keeps_its_id_and_frees_the_difference(client, events):
    order = await client.create_order(**await a_bid(client, newClientOrderId="big"))
    before = Decimal((await client.get_asset_balance("USDT"))["locked"])

    answer = await ask(
        client,
        "put",
        "order/amend/keepPriority",
        symbol=SYMBOL,
        orderId=order["orderId"],
        newQty="0.004",
        newClientOrderId="small",
    )

    changed = answer["amendedOrder"]
    assert (changed["orderId"], changed["qty"]) == (order["orderId"], "0.00400000")
    assert (changed["origClientOrderId"], changed["clientOrderId"]) == ("big", "small")
    assert (changed["status"], changed["workingTime"]) == ("NEW", order["workingTime"])
    locked = Decimal((await client.get_asset_balance("USDT"))["locked"])
    assert locked == before * Decimal("0.4")
    (record,) = await ask(
        client, "get", "order/amendments", symbol=SYMBOL, orderId=order["orderId"]
    )
    assert record == {
        "symbol": SYMBOL,
        "orderId": order["orderId"],
        "executionId": answer["executionId"],
        "origClientOrderId": "big",
        "newClientOrderId": "small",
        "origQty": "0.01000000",
        "newQty": "0.00400000",
        "time": answer["transactTime"],
    }
    seen = [await events() for _ in range(4)]
    assert (seen[2]["x"], seen[2]["c"], seen[2]["C"]) == ("REPLACED", "small", "big")
    assert (await client.get_order(symbol=SYMBOL, origClientOrderId="small"))["origQty"] == (
        "0.00400000"
    )


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"newQty": "0.02"}, -2038, "Order amend (quantity increase) is not supported."),
        ({"newQty": "0.01"}, -2038, "The requested action would change no state; rejecting"),
        ({"newQty": "0"}, -1013, "Invalid quantity."),
        ({"newQty": None}, -1102, "'newQty'"),
        ({"orderId": None}, -1102, "'origClientOrderId' or 'orderId'"),
        ({"orderId": "999999999"}, -2038, "Unknown order sent."),
        ({"origClientOrderId": "other"}, -2039, "Client order ID is not correct"),
    ],
)
async def test_wrong_reduction_is_refused(client, changes, code, text):
    order = await client.create_order(**await a_bid(client))
    wanted = {"symbol": SYMBOL, "orderId": order["orderId"], "newQty": "0.005", **changes}
    sent = {name: value for name, value in wanted.items() if value is not None}

    await refused(ask(client, "put", "order/amend/keepPriority", **sent), code, text)

    assert (await client.get_order(symbol=SYMBOL, orderId=order["orderId"]))["origQty"] == (
        order["origQty"]
    )


async def test_own_order_is_kept_from_trading_with_itself(client):
    book = await client.get_orderbook_ticker(symbol=SYMBOL)
    inside = cents((Decimal(book["bidPrice"]) + Decimal(book["askPrice"])) / 2)
    maker = await client.create_order(
        **await a_bid(client, type="LIMIT_MAKER", timeInForce=None, price=inside)
    )

    taker = await client.create_order(
        symbol=SYMBOL,
        side="SELL",
        type="LIMIT",
        timeInForce="IOC",
        quantity="0.01",
        price=inside,
        selfTradePreventionMode="EXPIRE_BOTH",
    )

    (match,) = await ask(
        client, "get", "myPreventedMatches", symbol=SYMBOL, orderId=maker["orderId"]
    )
    ended = await client.get_order(symbol=SYMBOL, orderId=maker["orderId"])
    assert taker["status"] == ended["status"] == "EXPIRED_IN_MATCH"
    assert taker["fills"] == []
    assert taker["preventedMatches"][0]["makerOrderId"] == maker["orderId"]
    assert match["preventedMatchId"] == taker["preventedMatchId"] == ended["preventedMatchId"]
    assert (match["takerOrderId"], match["makerOrderId"]) == (taker["orderId"], maker["orderId"])
    assert match["takerPreventedQuantity"] == match["makerPreventedQuantity"] == "0.01000000"
    one = await ask(
        client,
        "get",
        "myPreventedMatches",
        symbol=SYMBOL,
        preventedMatchId=match["preventedMatchId"],
    )
    assert one == [match]
