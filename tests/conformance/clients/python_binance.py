"""python-binance: its blocking and its asynchronous client over REST."""

import asyncio
import inspect
import itertools

from binance.exceptions import BinanceAPIException
from checks import Checks, setup
from python_binance_orders import prices, working_order
from python_binance_settings import async_client, sync_client

SYMBOL = "BTCUSDT"
checks = Checks()
place = setup()


def market_calls(client):
    """Name every public call with arguments."""
    one = {"symbol": SYMBOL}
    return {
        "ping": (client.ping, {}),
        "get_server_time": (client.get_server_time, {}),
        "get_exchange_info": (client.get_exchange_info, {}),
        "get_symbol_info": (client.get_symbol_info, one),
        "get_all_tickers": (client.get_all_tickers, {}),
        "get_orderbook_tickers": (client.get_orderbook_tickers, {}),
        "get_order_book": (client.get_order_book, {**one, "limit": 100}),
        "get_recent_trades": (client.get_recent_trades, one),
        "get_historical_trades": (client.get_historical_trades, one),
        "get_aggregate_trades": (client.get_aggregate_trades, one),
        "get_klines": (client.get_klines, {**one, "interval": "1m", "limit": 5}),
        "get_ui_klines": (client.get_ui_klines, {**one, "interval": "1h"}),
        "get_historical_klines": (
            client.get_historical_klines,
            {**one, "interval": "15m", "start_str": "2 days ago UTC"},
        ),
        "get_avg_price": (client.get_avg_price, one),
        "get_ticker": (client.get_ticker, one),
        "get_ticker all": (client.get_ticker, {}),
        "get_symbol_ticker": (client.get_symbol_ticker, one),
        "get_symbol_ticker_window": (client.get_symbol_ticker_window, {**one, "windowSize": "1d"}),
        "get_orderbook_ticker": (client.get_orderbook_ticker, one),
        "v3_get_ticker_trading_day": (client.v3_get_ticker_trading_day, one),
    }


def account_calls(client):
    """Name every signed call that only reads."""
    one = {"symbol": SYMBOL}
    return {
        "get_account": (client.get_account, {}),
        "get_asset_balance": (client.get_asset_balance, {"asset": "USDT"}),
        "get_all_orders": (client.get_all_orders, one),
        "get_open_orders": (client.get_open_orders, {}),
        "get_open_oco_orders": (client.get_open_oco_orders, {}),
        "get_my_trades": (client.get_my_trades, one),
        "get_current_order_count": (client.get_current_order_count, {}),
        "get_prevented_matches": (client.get_prevented_matches, {**one, "orderId": 1}),
        "get_system_status": (client.get_system_status, {}),
        "get_account_api_permissions": (client.get_account_api_permissions, {}),
        "get_trade_fee": (client.get_trade_fee, one),
        "get_all_coins_info": (client.get_all_coins_info, {}),
        "v3_get_account_commission": (client.v3_get_account_commission, one),
        "v3_get_all_order_list": (client.v3_get_all_order_list, {}),
    }


async def settle(value):
    """Wait where the client is asynchronous."""
    return await value if inspect.isawaitable(value) else value


async def walk(client, kind):
    """Make every call; an answer without content is a failure, except where nothing is right."""
    may_be_empty = {"ping", "get_open_orders", "get_open_oco_orders", "get_prevented_matches",
                    "v3_get_all_order_list"}  # fmt: skip
    for name, (call, arguments) in (market_calls(client) | account_calls(client)).items():
        async with checks(f"{kind} {name}", 30):
            answer = await settle(call(**arguments))
            assert answer or name in may_be_empty, f"{answer!r}"


async def trade(client, kind):
    """Place, read, replace and cancel orders and lists of orders."""
    last = float((await settle(client.get_symbol_ticker(symbol=SYMBOL)))["price"])
    at, limit = prices(last), {"symbol": SYMBOL, "quantity": "0.001"}
    await plain_orders(client, kind, at, limit)
    await market_orders(client, kind, limit)
    await order_lists(client, kind, at, limit)
    await replacing(client, kind, at, limit)
    async with checks(f"{kind} cancel_all_open_orders"):
        await settle(client.cancel_all_open_orders(symbol=SYMBOL))
        assert await settle(client.get_open_orders(symbol=SYMBOL)) == []


async def plain_orders(client, kind, at, limit):
    """Orders that rest: limit and stop, found by either id."""
    async with checks(f"{kind} create_test_order"):
        await settle(
            client.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.001")
        )
    async with checks(f"{kind} order_limit_buy and cancel"):
        made = await settle(client.order_limit_buy(price=at(0.9), **limit))
        found = await settle(client.get_order(symbol=SYMBOL, orderId=made["orderId"]))
        assert found["status"] == "NEW", found
        gone = await settle(client.cancel_order(symbol=SYMBOL, orderId=made["orderId"]))
        assert gone["status"] == "CANCELED", gone
    async with checks(f"{kind} order_limit_sell by own id"):
        await settle(
            client.order_limit_sell(price=at(1.1), newClientOrderId=f"own-{kind}", **limit)
        )
        await settle(client.cancel_order(symbol=SYMBOL, origClientOrderId=f"own-{kind}"))
    async with checks(f"{kind} stop order"):
        stop = await settle(client.create_order(side="SELL", type="STOP_LOSS_LIMIT", timeInForce="GTC", price=at(0.8),
                                                stopPrice=at(0.81), **limit))  # fmt: skip
        await settle(client.cancel_order(symbol=SYMBOL, orderId=stop["orderId"]))


async def market_orders(client, kind, limit):
    """Orders that fill at once, by quantity and by cost."""
    async with checks(f"{kind} order_market_buy and sell"):
        bought = await settle(client.order_market_buy(**limit))
        assert bought["status"] == "FILLED", bought
        sold = await settle(client.order_market_sell(**limit))
        trades = await settle(client.get_my_trades(symbol=SYMBOL, orderId=sold["orderId"]))
        assert sum(float(one["qty"]) for one in trades) == 0.001, trades
    async with checks(f"{kind} market by quote"):
        spent = await settle(client.order_market_buy(symbol=SYMBOL, quoteOrderQty="50"))
        assert 49 < float(spent["cummulativeQuoteQty"]) <= 50, spent


async def order_lists(client, kind, at, limit):
    """OCO by both paths, OTO and OTOCO."""
    async with checks(f"{kind} create_oco_order"):
        made = await settle(client.create_oco_order(side="SELL", aboveType="LIMIT_MAKER", abovePrice=at(1.1),
                                                    belowType="STOP_LOSS_LIMIT", belowPrice=at(0.8),
                                                    belowStopPrice=at(0.81),
                                                    belowTimeInForce="GTC", **limit))  # fmt: skip
        listed = await settle(client.get_open_oco_orders())
        assert listed[0]["orderListId"] == made["orderListId"], listed
        await settle(client.v3_delete_order_list(symbol=SYMBOL, orderListId=made["orderListId"]))
    async with checks(f"{kind} order_oco_sell"):
        made = await settle(client.order_oco_sell(aboveType="LIMIT_MAKER", abovePrice=at(1.1), belowType="STOP_LOSS",
                                                  belowStopPrice=at(0.81), **limit))  # fmt: skip
        read = await settle(client.v3_get_order_list(orderListId=made["orderListId"]))
        assert read["listOrderStatus"] == "EXECUTING", read
    working = working_order(at)
    async with checks(f"{kind} oto"):
        await settle(client.v3_post_order_list_oto(pendingType="MARKET", **working))
    async with checks(f"{kind} otoco"):
        made = await settle(client.v3_post_order_list_otoco(pendingAboveType="LIMIT_MAKER", pendingAbovePrice=at(1.1),
                                                            pendingBelowType="STOP_LOSS", pendingBelowStopPrice=at(0.8),
                                                            **working))  # fmt: skip
        assert len(made["orders"]) == 3, made


async def replacing(client, kind, at, limit):
    """An order takes another one's place."""
    async with checks(f"{kind} cancel_replace_order"):
        old = await settle(client.order_limit_buy(price=at(0.9), **limit))
        done = await settle(client.cancel_replace_order(side="BUY", type="LIMIT", timeInForce="GTC", price=at(0.91),
                                                        cancelReplaceMode="STOP_ON_FAILURE",
                                                        cancelOrderId=old["orderId"], **limit))  # fmt: skip
        assert done["newOrderResult"] == "SUCCESS", done


async def errors(client, kind):
    """Codes and statuses a bot decides by."""
    wanted = {
        "unknown order": (client.get_order, {"symbol": SYMBOL, "orderId": 10**9}, -2013),
        "cancel unknown": (client.cancel_order, {"symbol": SYMBOL, "orderId": 10**9}, -2011),
        "unknown symbol": (client.get_symbol_ticker, {"symbol": "NOPE"}, -1121),
        "no quantity": (
            client.create_order,
            {"symbol": SYMBOL, "side": "BUY", "type": "MARKET"},
            -1102,
        ),
        "too small": (
            client.order_market_buy,
            {"symbol": SYMBOL, "quantity": "0.00001"},
            -1013,
        ),
        "scientific notation": (
            client.order_market_buy,
            {"symbol": SYMBOL, "quantity": 0.00001},
            -1100,
        ),
        "listen keys are gone": (client.stream_get_listen_key, {}, None),
    }
    for name, (call, arguments, code) in wanted.items():
        async with checks(f"{kind} error: {name}"):
            try:
                answer = await settle(call(**arguments))
            except BinanceAPIException as error:
                assert code in (None, error.code), f"{error.code} {error.message}"
                assert code is not None or error.status_code == 410, error.status_code
            else:
                raise AssertionError(f"accepted: {answer}")


async def long_candles(client):
    """Pages of candles join without a hole or a repeat."""
    async with checks("get_historical_klines joins its pages", 60):
        rows = await client.get_historical_klines(SYMBOL, "1m", "30 hours ago UTC")
        assert len(rows) >= 1790, len(rows)
        assert all(after[0] - before[0] == 60_000 for before, after in itertools.pairwise(rows))
    async with checks("aggregate_trade_iter", 30):
        pages = client.aggregate_trade_iter(SYMBOL, start_str="10 seconds ago UTC")
        seen = [one["a"] async for one in pages]
        assert seen == list(range(seen[0], seen[0] + len(seen))), seen[:20]


async def main():
    """Run both clients, and each kind of key."""
    for kind, client in (
        ("sync", sync_client(place, "hmac")),
        ("async", await async_client(place, "other")),
    ):
        for part in (trade, walk, errors):
            async with checks(f"{kind} {part.__name__} as a whole", 120):
                await part(client, kind)
    async with checks("pages as a whole", 90):
        await long_candles(client)
    await client.close_connection()
    for account in ("ed25519", "rsa"):
        async with checks(f"{account} key"):
            signed = await async_client(place, account)
            assert (await signed.order_market_buy(symbol=SYMBOL, quantity="0.001"))[
                "status"
            ] == "FILLED"
            await signed.close_connection()
    async with checks("insufficient balance"):
        poor = await async_client(place, "poor")
        with checks.raises(BinanceAPIException, "insufficient balance"):
            await poor.order_market_buy(symbol=SYMBOL, quantity="1")
        await poor.close_connection()


if __name__ == "__main__":
    asyncio.run(main())
