"""python-binance: WebSocket API, market sockets, user socket, depth cache."""

import asyncio

from binance import DepthCacheManager
from binance.exceptions import BinanceAPIException
from checks import Checks, setup
from python_binance_orders import prices, working_order
from python_binance_settings import async_client, sockets

SYMBOL = "BTCUSDT"
checks = Checks()
place = setup()


async def ws_reads(client):
    """Walk the WebSocket API's reading methods."""
    one = {"symbol": SYMBOL}
    calls = {
        "ws_ping": (client.ws_ping, {}),
        "ws_get_time": (client.ws_get_time, {}),
        "ws_get_exchange_info": (client.ws_get_exchange_info, one),
        "ws_get_order_book": (client.ws_get_order_book, one),
        "ws_get_recent_trades": (client.ws_get_recent_trades, one),
        "ws_get_historical_trades": (client.ws_get_historical_trades, one),
        "ws_get_aggregate_trades": (client.ws_get_aggregate_trades, one),
        "ws_get_klines": (client.ws_get_klines, {**one, "interval": "1m"}),
        "ws_get_uiKlines": (client.ws_get_uiKlines, {**one, "interval": "1m"}),
        "ws_get_avg_price": (client.ws_get_avg_price, one),
        "ws_get_ticker": (client.ws_get_ticker, one),
        "ws_get_trading_day_ticker": (client.ws_get_trading_day_ticker, one),
        "ws_get_symbol_ticker_window": (client.ws_get_symbol_ticker_window, one),
        "ws_get_symbol_ticker": (client.ws_get_symbol_ticker, one),
        "ws_get_orderbook_ticker": (client.ws_get_orderbook_ticker, one),
        "ws_get_account": (client.ws_get_account, {}),
        "ws_get_account_rate_limits_orders": (client.ws_get_account_rate_limits_orders, {}),
        "ws_get_all_orders": (client.ws_get_all_orders, one),
        "ws_get_my_trades": (client.ws_get_my_trades, one),
        "ws_get_prevented_matches": (client.ws_get_prevented_matches, {**one, "orderId": 1}),
        "ws_get_commission_rates": (client.ws_get_commission_rates, one),
        "ws_get_open_orders": (client.ws_get_open_orders, one),
        "ws_get_oco_open_orders": (client.ws_get_oco_open_orders, {}),
    }
    for name, (call, arguments) in calls.items():
        async with checks(name):
            await call(**arguments)


async def ws_trading(client):
    """Walk the WebSocket API's trading methods."""
    last = float((await client.get_symbol_ticker(symbol=SYMBOL))["price"])
    at, one = prices(last), {"symbol": SYMBOL, "quantity": "0.001"}
    await ws_single_orders(client, at, one)
    await ws_order_lists(client, at, one)
    async with checks("ws_cancel_all_open_orders"):
        await client.ws_cancel_all_open_orders(symbol=SYMBOL)
        assert await client.ws_get_open_orders(symbol=SYMBOL) == []
    await ws_refusals(client, one)


async def ws_single_orders(client, at, one):
    """Place, read, replace and cancel orders that stand alone."""
    async with checks("ws_create_test_order"):
        await client.ws_create_test_order(side="BUY", type="MARKET", **one)
    async with checks("ws_order_limit_buy, get, cancel"):
        made = await client.ws_order_limit_buy(price=at(0.9), **one)
        assert (await client.ws_get_order(symbol=SYMBOL, orderId=made["orderId"]))[
            "status"
        ] == "NEW"
        gone = await client.ws_cancel_order(symbol=SYMBOL, orderId=made["orderId"])
        assert gone["status"] == "CANCELED", gone
    async with checks("ws_order_limit_sell"):
        await client.ws_order_limit_sell(price=at(1.1), **one)
    async with checks("ws_order_market_buy and sell"):
        assert (await client.ws_order_market_buy(**one))["status"] == "FILLED"
        assert (await client.ws_order_market_sell(**one))["status"] == "FILLED"
    async with checks("ws_cancel_and_replace_order"):
        old = await client.ws_order_limit_buy(price=at(0.9), **one)
        await client.ws_cancel_and_replace_order(side="BUY", type="LIMIT", timeInForce="GTC", price=at(0.91),
                                                 cancelReplaceMode="ALLOW_FAILURE", cancelOrderId=old["orderId"],
                                                 **one)  # fmt: skip


async def ws_order_lists(client, at, one):
    """OCO, OTO and OTOCO."""
    async with checks("ws_create_oco_order"):
        made = await client.ws_create_oco_order(side="SELL", aboveType="LIMIT_MAKER", abovePrice=at(1.1),
                                                belowType="STOP_LOSS", belowStopPrice=at(0.8), **one)  # fmt: skip
        await client.ws_get_oco_order(orderListId=made["orderListId"])
        await client.ws_cancel_oco_order(symbol=SYMBOL, orderListId=made["orderListId"])
    working = working_order(at)
    async with checks("ws_create_oto_order"):
        await client.ws_create_oto_order(pendingType="MARKET", **working)
    async with checks("ws_create_otoco_order"):
        await client.ws_create_otoco_order(pendingAboveType="LIMIT_MAKER", pendingAbovePrice=at(1.1),
                                           pendingBelowType="STOP_LOSS", pendingBelowStopPrice=at(0.8),
                                           **working)  # fmt: skip


async def ws_refusals(client, one):
    """What is refused keeps its code."""
    async with checks("ws error keeps its code"):
        with checks.raises(BinanceAPIException, "-2013"):
            await client.ws_get_order(symbol=SYMBOL, orderId=10**9)
    async with checks("ws sor is refused"):
        with checks.raises(BinanceAPIException, "code="):
            await client.ws_create_sor_order(side="BUY", type="MARKET", **one)


async def market_sockets(manager):
    """Wait for one event of each market socket."""
    calls = {
        "kline": manager.kline_socket(SYMBOL),
        "depth": manager.depth_socket(SYMBOL),
        "depth fast": manager.depth_socket(SYMBOL, interval=100),
        "depth 20": manager.depth_socket(SYMBOL, depth="20"),
        "trade": manager.trade_socket(SYMBOL),
        "aggtrade": manager.aggtrade_socket(SYMBOL),
        "miniticker all": manager.miniticker_socket(),
        "miniticker": manager.symbol_miniticker_socket(SYMBOL),
        "ticker": manager.symbol_ticker_socket(SYMBOL),
        "book ticker": manager.symbol_book_ticker_socket(SYMBOL),
        "multiplex": manager.multiplex_socket(
            ["btcusdt@trade", "ethusdt@kline_1m", "bnbusdt@depth5"]
        ),
    }
    await asyncio.gather(*(_one_event(name, socket) for name, socket in calls.items()))


async def _one_event(name, socket):
    async with checks(f"socket {name}"), socket as stream:
        event = await stream.recv()
        first = event[0] if isinstance(event, list) else event
        assert first and first.get("e") != "error", event


async def user_socket(manager, client):
    """Every fill of a market order arrives, then the balances."""
    async with checks("user socket"), manager.user_socket() as stream:
        made = await client.order_market_buy(symbol=SYMBOL, quantity="0.01")
        filled, seen = 0, []
        while "outboundAccountPosition" not in seen:
            event = await stream.recv()
            seen.append(event["e"])
            if event["e"] == "executionReport" and event["x"] == "TRADE":
                assert event["i"] == made["orderId"], event
                filled += float(event["l"])
        assert abs(filled - 0.01) < 1e-9, (filled, seen)
        # A list tells of itself too.
        last = float(made["fills"][0]["price"])
        await client.create_oco_order(symbol=SYMBOL, side="SELL", quantity="0.001", aboveType="LIMIT_MAKER",
                                      abovePrice=f"{last * 1.1:.2f}", belowType="STOP_LOSS",
                                      belowStopPrice=f"{last * 0.8:.2f}")  # fmt: skip
        while "listStatus" not in seen:
            seen.append((await stream.recv())["e"])


async def depth_cache(manager, client):
    """The cache follows the diffs; in the end it holds what a snapshot shows."""
    async with checks("depth cache", 30):
        local = DepthCacheManager(client, SYMBOL, bm=manager)
        async with local as cache:
            for _ in range(5):
                book = await cache.recv()
            bids, asks = book.get_bids(), book.get_asks()
            assert bids and asks, (len(bids), len(asks))
            assert bids[0][0] < asks[0][0], (bids[0], asks[0])


async def main():
    """Run everything with one client."""
    client = await async_client(place, "hmac")
    manager = sockets(place, client)
    parts = (ws_reads(client), ws_trading(client), market_sockets(manager), user_socket(manager, client),
             depth_cache(manager, client))  # fmt: skip
    for part in parts:
        async with checks(f"{part.__name__} as a whole", 60):
            await part
    await client.close_connection()
    async with checks("user socket with an Ed25519 key"):
        signed = await async_client(place, "ed25519")
        async with sockets(place, signed).user_socket() as stream:
            await signed.order_market_buy(symbol=SYMBOL, quantity="0.001")
            assert (await stream.recv())["e"] == "executionReport"
        await signed.close_connection()


if __name__ == "__main__":
    asyncio.run(main())
