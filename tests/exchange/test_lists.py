"""Order lists: OCO, OTO and OTOCO, placed, shown and canceled."""

from decimal import Decimal

import pytest

from tests.exchange.trader import SYMBOL, ask, away, refused

pytestmark = pytest.mark.e2e


async def an_oco(client, **changes):
    """Give the parameters of two exits around the market."""
    return {
        "symbol": SYMBOL,
        "side": "SELL",
        "quantity": "0.1",
        "aboveType": "LIMIT_MAKER",
        "abovePrice": await away(client, "1.1"),
        "belowType": "STOP_LOSS_LIMIT",
        "belowStopPrice": await away(client, "0.9"),
        "belowPrice": await away(client, "0.89"),
        "belowTimeInForce": "GTC",
        **changes,
    }


async def an_entry(client, **changes):
    """Give the parameters of a working buy order below the market."""
    return {
        "symbol": SYMBOL,
        "workingType": "LIMIT",
        "workingSide": "BUY",
        "workingPrice": await away(client, "0.95"),
        "workingQuantity": "0.1",
        "workingTimeInForce": "GTC",
        "pendingSide": "SELL",
        "pendingQuantity": "0.05",
        **changes,
    }


async def an_otoco(client, **changes):
    """Give the parameters of an entry with two exits."""
    exits = {
        "pendingAboveType": "LIMIT_MAKER",
        "pendingAbovePrice": await away(client, "1.2"),
        "pendingBelowType": "STOP_LOSS",
        "pendingBelowStopPrice": await away(client, "0.8"),
    }
    return {**await an_entry(client), **exits, **changes}


async def test_oco_is_placed_shown_and_canceled_by_one_leg(client):
    placed = await client.create_oco_order(**await an_oco(client))

    (open_list,) = await client.v3_get_open_order_list()
    canceled = await client.cancel_order(
        symbol=SYMBOL, orderId=placed["orderReports"][1]["orderId"], newClientOrderId="enough"
    )

    assert (placed["contingencyType"], placed["listStatusType"]) == ("OCO", "EXEC_STARTED")
    assert placed["listOrderStatus"] == "EXECUTING"
    types = {report["type"]: report for report in placed["orderReports"]}
    assert types["STOP_LOSS_LIMIT"]["workingTime"] == -1
    assert types["LIMIT_MAKER"]["workingTime"] == placed["transactionTime"]
    assert "stopPrice" not in types["LIMIT_MAKER"]
    assert open_list == {key: placed[key] for key in open_list}
    assert (canceled["orderListId"], canceled["listStatusType"]) == (
        placed["orderListId"],
        "ALL_DONE",
    )
    assert canceled["listOrderStatus"] == "ALL_DONE"
    assert {report["status"] for report in canceled["orderReports"]} == {"CANCELED"}
    assert {report["clientOrderId"] for report in canceled["orderReports"]} == {"enough"}
    assert await client.v3_get_open_order_list() == []


async def test_detail_of_the_reports_can_be_chosen(client):
    brief = await client.create_oco_order(**await an_oco(client, newOrderRespType="ACK"))
    full = await client.create_oco_order(**await an_oco(client, newOrderRespType="FULL"))

    assert all("status" not in report for report in brief["orderReports"])
    assert [report["fills"] for report in full["orderReports"]] == [[], []]


async def test_deprecated_oco_is_still_taken(client):
    placed = await ask(
        client,
        "post",
        "order/oco",
        symbol=SYMBOL,
        side="SELL",
        quantity="0.1",
        price=await away(client, "1.1"),
        stopPrice=await away(client, "0.9"),
        stopLimitPrice=await away(client, "0.89"),
        stopLimitTimeInForce="GTC",
        limitClientOrderId="up",
        stopClientOrderId="down",
    )

    found = {report["clientOrderId"]: report["type"] for report in placed["orderReports"]}
    assert found == {"up": "LIMIT_MAKER", "down": "STOP_LOSS_LIMIT"}


async def test_list_is_found_by_either_id(client):
    placed = await client.create_oco_order(**await an_oco(client, listClientOrderId="pair"))

    by_id = await ask(client, "get", "orderList", orderListId=placed["orderListId"])
    by_name = await ask(client, "get", "orderList", origClientOrderId="pair")

    assert by_id == by_name
    assert by_id["listClientOrderId"] == "pair"
    await refused(
        ask(
            client,
            "get",
            "orderList",
            orderListId=placed["orderListId"],
            origClientOrderId="other",
        ),
        -2018,
    )


async def test_list_is_canceled_as_a_whole(client, events):
    placed = await client.create_oco_order(**await an_oco(client, listClientOrderId="pair"))

    canceled = await ask(client, "delete", "orderList", symbol=SYMBOL, listClientOrderId="pair")

    assert canceled["orderListId"] == placed["orderListId"]
    assert {report["status"] for report in canceled["orderReports"]} == {"CANCELED"}
    call = ask(client, "delete", "orderList", symbol=SYMBOL, listClientOrderId="pair")
    await refused(call, -2011, "Unknown order sent.")
    seen = [await events() for _ in range(8)]
    told = [(event["c"], event["l"], event["L"]) for event in seen if event["e"] == "listStatus"]
    assert told == [("OCO", "EXEC_STARTED", "EXECUTING"), ("OCO", "ALL_DONE", "ALL_DONE")]


async def test_oto_holds_its_pending_order_back(client):
    entry = await an_entry(client, pendingType="MARKET")

    placed = await client.v3_post_order_list_oto(**entry)

    working, pending = placed["orderReports"]
    assert placed["contingencyType"] == "OTO"
    assert (working["status"], pending["status"]) == ("NEW", "PENDING_NEW")
    assert (pending["type"], pending["workingTime"]) == ("MARKET", -1)
    shown = await client.get_order(symbol=SYMBOL, orderId=pending["orderId"])
    assert (shown["status"], shown["isWorking"]) == ("PENDING_NEW", False)


async def test_oto_that_fills_at_once_still_shows_its_pending_order_as_pending(client):
    entry = await an_entry(
        client,
        workingPrice=await away(client, "1.02"),
        pendingType="LIMIT",
        pendingPrice=await away(client, "1.1"),
        pendingTimeInForce="GTC",
        newOrderRespType="FULL",
    )

    placed = await client.v3_post_order_list_oto(**entry)

    working, pending = placed["orderReports"]
    assert (working["status"], pending["status"]) == ("FILLED", "PENDING_NEW")
    assert sum(Decimal(fill["qty"]) for fill in working["fills"]) == Decimal("0.1")
    shown = await client.get_order(symbol=SYMBOL, orderId=pending["orderId"])
    assert (shown["status"], shown["isWorking"]) == ("NEW", True)


async def test_otoco_has_three_orders_and_ends_with_its_entry(client):
    placed = await client.v3_post_order_list_otoco(**await an_otoco(client))

    canceled = await client.cancel_order(
        symbol=SYMBOL, orderId=placed["orderReports"][0]["orderId"]
    )

    assert (placed["contingencyType"], len(placed["orders"])) == ("OTO", 3)
    assert [report["status"] for report in placed["orderReports"]] == [
        "NEW",
        "PENDING_NEW",
        "PENDING_NEW",
    ]
    assert canceled["orders"] == placed["orders"]
    assert canceled["listOrderStatus"] == "ALL_DONE"
    orders = await client.get_all_orders(symbol=SYMBOL)
    assert {order["status"] for order in orders} <= {"CANCELED", "EXPIRED"}


async def test_otoco_whose_entry_fills_becomes_a_pair_of_exits(client):
    entry = await an_otoco(client, workingPrice=await away(client, "1.02"))
    placed = await client.v3_post_order_list_otoco(**entry)
    (open_list,) = await client.v3_get_open_order_list()

    canceled = await ask(
        client, "delete", "orderList", symbol=SYMBOL, orderListId=placed["orderListId"]
    )

    assert open_list["orders"] == placed["orders"]
    assert canceled["orders"] == placed["orders"]
    assert len(canceled["orderReports"]) == 2
    orders = await client.get_all_orders(symbol=SYMBOL)
    assert sorted(order["status"] for order in orders) == ["CANCELED", "CANCELED", "FILLED"]


async def test_all_lists_page_from_an_id(client):
    numbers = []
    for _ in range(3):
        placed = await client.create_oco_order(**await an_oco(client))
        numbers.append(placed["orderListId"])

    newest = await ask(client, "get", "allOrderList", limit=2)
    later = await ask(client, "get", "allOrderList", fromId=numbers[1], limit=1)
    since = await ask(client, "get", "allOrderList", startTime=1)

    assert [one["orderListId"] for one in newest] == numbers[1:]
    assert [one["orderListId"] for one in later] == numbers[1:2]
    assert [one["orderListId"] for one in since] == numbers
    await refused(ask(client, "get", "allOrderList", fromId=1, startTime=1), -1128)


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"abovePrice": "1"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "5"}, -2010, "Account has insufficient balance for requested action."),
        (
            {"aboveClientOrderId": "twin", "belowClientOrderId": "twin"},
            -2010,
            "Duplicate order sent.",
        ),
        ({"aboveType": "STOP_LOSS", "abovePrice": None}, -1197, "must be below."),
        ({"symbol": "NOPEUSDT"}, -1121, "Invalid symbol."),
        ({"newOrderRespType": "LONG"}, -1130, "newOrderRespType"),
    ],
)
async def test_wrong_list_is_refused_and_leaves_nothing(client, changes, code, text):
    sent = await an_oco(client, **changes)

    call = ask(
        client,
        "post",
        "orderList/oco",
        **{name: value for name, value in sent.items() if value is not None},
    )
    await refused(call, code, text)

    assert await client.get_open_orders() == []


async def test_pair_on_the_wrong_side_of_the_market_is_refused(client):
    sent = await an_oco(client, belowStopPrice=await away(client, "1.05"))

    await refused(
        client.create_oco_order(**sent),
        -2010,
        "The relationship of the prices for the orders is not correct.",
    )


@pytest.mark.parametrize("path", ["orderList/opo", "orderList/opoco"])
async def test_opo_is_not_supported(client, path):
    call = ask(client, "post", path, symbol=SYMBOL)

    await refused(call, -2010, "OPO orders are not supported for this symbol.")
