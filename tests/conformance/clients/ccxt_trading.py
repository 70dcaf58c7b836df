"""ccxt and ccxt.pro as a trader uses them: every kind of order, edits, WebSocket orders, streams."""

import asyncio

import ccxt.pro as ccxt
from ccxt_settings import settings
from checks import Checks, setup

BTC = "BTC/USDT"
checks = Checks()
place = setup()


async def public(exchange):
    """Walk ccxt's public spot calls."""
    calls = {
        "fetch_time": (exchange.fetch_time, ()),
        "fetch_status": (exchange.fetch_status, ()),
        "fetch_markets": (exchange.fetch_markets, ()),
        "fetch_currencies": (exchange.fetch_currencies, ()),
        "fetch_ticker": (exchange.fetch_ticker, (BTC,)),
        "fetch_tickers": (exchange.fetch_tickers, ([BTC, "ETH/USDT"],)),
        "fetch_tickers all": (exchange.fetch_tickers, ()),
        "fetch_bids_asks": (exchange.fetch_bids_asks, ([BTC],)),
        "fetch_last_prices": (exchange.fetch_last_prices, ([BTC],)),
        "fetch_order_book": (exchange.fetch_order_book, (BTC, 10)),
        "fetch_trades": (exchange.fetch_trades, (BTC,)),
        "fetch_ohlcv": (exchange.fetch_ohlcv, (BTC, "1m")),
        "fetch_ohlcv since": (
            exchange.fetch_ohlcv,
            (BTC, "5m", exchange.milliseconds() - 3_600_000, 5),
        ),
        "fetch_trading_fee": (exchange.fetch_trading_fee, (BTC,)),
        "fetch_trading_fees": (exchange.fetch_trading_fees, ()),
    }
    for name, (call, arguments) in calls.items():
        async with checks(name):
            assert await call(*arguments)
    async with checks("every timeframe has candles"):
        for frame in exchange.timeframes:
            rows = await exchange.fetch_ohlcv(BTC, frame, limit=3)
            assert rows, frame
            assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in rows), (
                frame,
                rows,
            )


async def single_orders(exchange):
    """Place, read, edit and cancel single orders."""
    last = (await exchange.fetch_ticker(BTC))["last"]
    await plain_orders(exchange, last)
    await times_in_force(exchange, last)
    await conditional_orders(exchange, last)
    await edits_and_lookups(exchange, last)
    await order_lists(exchange, last)
    async with checks("test order"):
        await exchange.create_order(BTC, "limit", "buy", 0.001, last * 0.9, {"test": True})


async def _status(exchange, order):
    return (await exchange.fetch_order(order["id"], BTC))["status"]


async def plain_orders(exchange, last):
    """Limit and market orders; what is paid and what is got agree."""
    async with checks("limit order rests and is cancelled"):
        order = await exchange.create_order(BTC, "limit", "buy", 0.001, last * 0.9)
        assert await _status(exchange, order) == "open"
        await exchange.cancel_order(order["id"], BTC)
        assert await _status(exchange, order) == "canceled"
    async with checks("market order fills; balances and trades agree"):
        before = await exchange.fetch_balance()
        order = await exchange.create_order(BTC, "market", "buy", 0.01)
        after = await exchange.fetch_balance()
        trades = await exchange.fetch_my_trades(BTC, params={"orderId": order["id"]})
        assert order["status"] == "closed" and order["filled"] == 0.01, order
        cost = sum(one["cost"] for one in trades)
        fee = sum(one["fee"]["cost"] for one in trades if one["fee"]["currency"] == "BTC")
        assert abs(before["USDT"]["total"] - after["USDT"]["total"] - cost) < 1e-6, (cost, order)
        assert abs(after["BTC"]["total"] - before["BTC"]["total"] - 0.01 + fee) < 1e-9, fee
    async with checks("market order by cost"):
        order = await exchange.create_market_buy_order_with_cost(BTC, 100)
        assert 99 < order["cost"] <= 100, order


async def times_in_force(exchange, last):
    """Orders that only rest, and orders that never do."""
    async with checks("post only"):
        order = await exchange.create_order(
            BTC, "limit", "buy", 0.001, last * 0.9, {"postOnly": True}
        )
        await exchange.cancel_order(order["id"], BTC)
        with checks.raises(ccxt.BaseError, "immediately match"):
            await exchange.create_order(BTC, "limit", "buy", 0.001, last * 1.05, {"postOnly": True})
    async with checks("immediate or cancel"):
        order = await exchange.create_order(
            BTC, "limit", "buy", 0.001, last * 0.9, {"timeInForce": "IOC"}
        )
        assert await _status(exchange, order) == "expired"
    async with checks("fill or kill"):
        order = await exchange.create_order(
            BTC, "limit", "buy", 0.001, last * 1.02, {"timeInForce": "FOK"}
        )
        assert await _status(exchange, order) == "closed"


async def conditional_orders(exchange, last):
    """Orders that wait for a price."""
    for name, more in (
        ("stop loss", {"stopLossPrice": last * 0.9}),
        ("take profit", {"takeProfitPrice": last * 1.1}),
        ("trigger", {"triggerPrice": last * 0.9}),
    ):
        async with checks(f"{name} limit order"):
            order = await exchange.create_order(BTC, "limit", "sell", 0.001, last * 0.89, more)
            assert (await exchange.fetch_order(order["id"], BTC))["triggerPrice"]
            await exchange.cancel_order(order["id"], BTC)
    async with checks("stop market order"):
        order = await exchange.create_order(
            BTC, "market", "sell", 0.001, None, {"stopLossPrice": last * 0.9}
        )
        await exchange.cancel_order(order["id"], BTC)
    async with checks("trailing order"):
        order = await exchange.create_order(
            BTC,
            "market",
            "sell",
            0.001,
            None,
            {"trailingPercent": 5, "stopLossOrTakeProfit": "stopLoss"},
        )
        await exchange.cancel_order(order["id"], BTC)


async def edits_and_lookups(exchange, last):
    """Change an order, find it by its own id, read what was placed so far, cancel what is left."""
    async with checks("edit_order"):
        order = await exchange.create_order(BTC, "limit", "buy", 0.001, last * 0.9)
        edited = await exchange.edit_order(order["id"], BTC, "limit", "buy", 0.002, last * 0.91)
        assert await _status(exchange, order) == "canceled"
        assert (await exchange.fetch_order(edited["id"], BTC))["amount"] == 0.002
    async with checks("own client order id"):
        order = await exchange.create_order(
            BTC, "limit", "buy", 0.001, last * 0.9, {"clientOrderId": "mine-1"}
        )
        found = await exchange.fetch_order("", BTC, {"clientOrderId": "mine-1"})
        assert found["id"] == order["id"]
    async with checks("open, closed, all orders"):
        assert await exchange.fetch_open_orders(BTC)
        assert await exchange.fetch_closed_orders(BTC)
        assert await exchange.fetch_orders(BTC)
        assert await exchange.fetch_canceled_orders(BTC)
        assert await exchange.fetch_order_trades(order["id"], BTC) == []
    async with checks("cancel_all_orders"):
        await exchange.cancel_all_orders(BTC)
        assert await exchange.fetch_open_orders(BTC) == []


async def order_lists(exchange, last):
    """One order cancels the other."""
    async with checks("OCO by its own path"):
        made = await exchange.private_post_orderlist_oco({
            "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.001",
            "aboveType": "LIMIT_MAKER", "abovePrice": f"{last * 1.1:.2f}",
            "belowType": "STOP_LOSS", "belowStopPrice": f"{last * 0.8:.2f}",
        })  # fmt: skip
        assert len(await exchange.fetch_open_orders(BTC)) == 2
        await exchange.private_delete_orderlist(
            {"symbol": "BTCUSDT", "orderListId": made["orderListId"]}
        )
        assert await exchange.fetch_open_orders(BTC) == []


async def websocket_orders(exchange):
    """Place, edit, read and cancel over the WebSocket API."""
    last = (await exchange.fetch_ticker(BTC))["last"]
    async with checks("create_order_ws, fetch_order_ws, cancel_order_ws"):
        order = await exchange.create_order_ws(BTC, "limit", "buy", 0.001, last * 0.9)
        found = await exchange.fetch_order_ws(order["id"], BTC)
        assert found["status"] == "open", found
        await exchange.cancel_order_ws(order["id"], BTC)
    async with checks("edit_order_ws"):
        order = await exchange.create_order_ws(BTC, "limit", "buy", 0.001, last * 0.9)
        edited = await exchange.edit_order_ws(order["id"], BTC, "limit", "buy", 0.002, last * 0.91)
        assert edited["id"] != order["id"], edited
    async with checks("create_order_ws market"):
        order = await exchange.create_order_ws(BTC, "market", "buy", 0.001)
        assert order["status"] == "closed", order
    calls = {
        "fetch_balance_ws": (exchange.fetch_balance_ws, ()),
        "fetch_open_orders_ws": (exchange.fetch_open_orders_ws, (BTC,)),
        "fetch_closed_orders_ws": (exchange.fetch_closed_orders_ws, (BTC,)),
        "fetch_orders_ws": (exchange.fetch_orders_ws, (BTC,)),
        "fetch_my_trades_ws": (exchange.fetch_my_trades_ws, (BTC,)),
        "fetch_trades_ws": (exchange.fetch_trades_ws, (BTC,)),
        "fetch_ohlcv_ws": (exchange.fetch_ohlcv_ws, (BTC, "1m")),
        "cancel_all_orders_ws": (exchange.cancel_all_orders_ws, (BTC,)),
    }
    for name, (call, arguments) in calls.items():
        async with checks(name):
            assert await call(*arguments)


async def watching(exchange):
    """Watch the market, and the account's own orders, trades and balance."""
    both = [BTC, "ETH/USDT"]
    calls = {
        "watch_ticker": (exchange.watch_ticker, (BTC,)),
        "watch_tickers": (exchange.watch_tickers, (both,)),
        "watch_bids_asks": (exchange.watch_bids_asks, (both,)),
        "watch_trades": (exchange.watch_trades, (BTC,)),
        "watch_trades_for_symbols": (exchange.watch_trades_for_symbols, (both,)),
        "watch_ohlcv": (exchange.watch_ohlcv, (BTC, "1m")),
        "watch_ohlcv_for_symbols": (
            exchange.watch_ohlcv_for_symbols,
            ([[BTC, "1m"], ["ETH/USDT", "1m"]],),
        ),
        "watch_order_book": (exchange.watch_order_book, (BTC,)),
        # Not BTC again: ccxt lets two connections feed one book, and only the quicker one wakes its waiter.
        "watch_order_book_for_symbols": (
            exchange.watch_order_book_for_symbols,
            (["ETH/USDT", "SOL/USDT"],),
        ),
    }
    await asyncio.gather(
        *(_watch(name, call, arguments) for name, (call, arguments) in calls.items())
    )
    await followed_book(exchange)
    await own_events(exchange)
    async with checks("un_watch_ticker"):
        await exchange.un_watch_ticker(BTC)


async def followed_book(exchange):
    """Each change of the watched book leaves it uncrossed."""
    async with checks("watched book follows the market"):
        for _ in range(5):
            book = await exchange.watch_order_book(BTC)
            assert book["bids"][0][0] < book["asks"][0][0], (book["bids"][0], book["asks"][0])


async def own_events(exchange):
    """A fill is told as an order, as a trade and as balances."""
    async with checks("watch_orders, watch_my_trades, watch_balance"):
        waits = [
            exchange.watch_orders(BTC),
            exchange.watch_my_trades(BTC),
            exchange.watch_balance(),
        ]
        tasks = [asyncio.ensure_future(one) for one in waits]
        await asyncio.sleep(2)  # until they are subscribed
        order = await exchange.create_order(BTC, "market", "buy", 0.001)
        orders, trades, balance = await asyncio.gather(*tasks)
        assert orders[-1]["id"] == order["id"], orders
        assert trades[-1]["order"] == order["id"], trades
        assert "BTC" in balance, balance


async def _watch(name, call, arguments):
    async with checks(name):
        assert await call(*arguments)


async def main():
    """Run everything with one client."""
    exchange = ccxt.binance(settings(place, "hmac"))
    async with checks("load_markets"):
        await exchange.load_markets()
    for name, part in (
        ("public", public(exchange)),
        ("single_orders", single_orders(exchange)),
        ("websocket_orders", websocket_orders(exchange)),
        ("watching", watching(exchange)),
    ):
        async with checks(f"{name} as a whole", 90):
            await part
    await exchange.close()


if __name__ == "__main__":
    asyncio.run(main())
