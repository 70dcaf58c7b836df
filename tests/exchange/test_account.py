"""What an account is told about itself: balances, rates, rights, counts, wallet."""

from decimal import Decimal

import pytest

from tests.exchange.trader import SYMBOL, a_bid, ask, refused

pytestmark = pytest.mark.e2e


async def test_account_lists_every_asset_unless_zeros_are_left_out(client):
    everything = await client.get_account()
    owned = await client.get_account(omitZeroBalances="true")

    assert {one["asset"] for one in owned["balances"]} == {"BTC", "USDT"}
    assert len(everything["balances"]) > len(owned["balances"])
    assert (everything["canTrade"], everything["accountType"]) == (True, "SPOT")
    assert everything["commissionRates"]["maker"] == "0.00100000"
    assert everything["makerCommission"] == 10


async def test_commission_is_the_same_wherever_it_is_shown(client):
    shown = await client.v3_get_account_commission(symbol=SYMBOL)
    tested = await client.create_test_order(**await a_bid(client), computeCommissionRates="true")
    (fee,) = await client.get_trade_fee(symbol=SYMBOL)

    assert shown["standardCommission"] == {
        "maker": "0.00100000",
        "taker": "0.00100000",
        "buyer": "0.00000000",
        "seller": "0.00000000",
    }
    assert tested["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}
    assert shown["discount"] == tested["discount"]
    assert shown["discount"]["discount"] == "0.75000000"
    assert fee == {"symbol": SYMBOL, "makerCommission": "0.001", "takerCommission": "0.001"}
    assert await client.create_test_order(**await a_bid(client)) == {}
    assert await client.get_open_orders() == []


async def test_unfilled_orders_are_counted(client):
    before = await client.v3_get_rate_limit_order()
    await client.create_order(**await a_bid(client))
    after = await client.v3_get_rate_limit_order()

    assert [(one["interval"], one["intervalNum"]) for one in after] == [("SECOND", 10), ("DAY", 1)]
    assert [one["count"] for one in before] == [0, 0]
    assert after[1]["count"] == 1


async def test_filters_are_those_of_exchange_info(client):
    mine = await ask(client, "get", "myFilters", symbol=SYMBOL)
    info = await client._get("exchangeInfo", data={"symbol": SYMBOL}, version="v3")

    assert mine["symbolFilters"] == info["symbols"][0]["filters"]
    assert info["exchangeFilters"] == [], "clients refuse kinds they do not know"
    kinds = {one["filterType"] for one in mine["exchangeFilters"]}
    assert {"EXCHANGE_MAX_NUM_ORDERS", "EXCHANGE_MAX_NUM_ORDER_LISTS"} <= kinds
    assert mine["assetFilters"] == []


async def test_there_are_no_allocations(client):
    assert await ask(client, "get", "myAllocations", symbol=SYMBOL) == []


async def test_key_may_trade_but_not_withdraw(client):
    rights = await client.get_account_api_permissions()

    assert rights["enableReading"]
    assert rights["enableSpotAndMarginTrading"]
    assert rights["createTime"] > 0
    assert not any(
        rights[name]
        for name in ("ipRestrict", "enableWithdrawals", "enableInternalTransfer", "enableMargin")
    )


async def test_wallet_shows_what_clients_ask_for(client):
    coins = {coin["coin"]: coin for coin in await client.get_all_coins_info()}
    details = await client.get_asset_details()

    assert (coins["BTC"]["free"], coins["BTC"]["locked"]) == ("1", "0")
    network = coins["BTC"]["networkList"][0]
    assert network["withdrawIntegerMultiple"] == "0.00000001"
    assert network["withdrawInternalMin"] == "0"
    assert details["USDT"]["withdrawStatus"] is False
    assert await client.get_system_status() == {"status": 0, "msg": "normal"}
    assert await client.get_account_status() == {"data": "Normal"}
    trading = await client.get_account_api_trading_status()
    assert trading["data"]["isLocked"] is False
    (asset,) = await client.get_user_asset(asset="USDT")
    assert (asset["asset"], asset["free"]) == ("USDT", "10000")
    assert await client._request_margin_api("get", "margin/allPairs", signed=True, data={}) == []
    delisted = await client._request_margin_api("get", "spot/delist-schedule", signed=True, data={})
    assert delisted == []
    assert (
        await client._request_margin_api("get", "margin/isolated/allPairs", signed=True, data={})
        == []
    )


async def test_trades_are_found_by_the_documented_combinations(client):
    order = await client.create_order(
        symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01", newOrderRespType="FULL"
    )
    number, made = order["fills"][0]["tradeId"], order["transactTime"]
    combinations = [
        {},
        {"orderId": order["orderId"]},
        {"startTime": made},
        {"startTime": made * 1_000},
        {"endTime": made},
        {"fromId": number},
        {"startTime": made, "endTime": made},
        {"orderId": order["orderId"], "fromId": number},
    ]

    for sent in combinations:
        trades = await client.get_my_trades(symbol=SYMBOL, **sent)
        assert sum(Decimal(trade["qty"]) for trade in trades) == Decimal("0.01"), sent
    for sent in [
        {"fromId": number, "startTime": made},
        {"fromId": number, "endTime": made},
        {"orderId": order["orderId"], "startTime": made},
    ]:
        await refused(client.get_my_trades(symbol=SYMBOL, **sent), -1128, "Combination of")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
async def test_listen_keys_are_gone(client, method):
    status, _ = await refused(ask(client, method, "userDataStream"), -1000)

    assert status == 410
