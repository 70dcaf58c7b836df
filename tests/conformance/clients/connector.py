"""binance-connector, the official library before binance-sdk-spot: REST, market streams, WebSocket API."""

import json
import queue
import time

from binance.error import ClientError
from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient
from checks import Checks, setup

SYMBOL = "BTCUSDT"
checks = Checks()
place = setup()
keys = place["accounts"]["hmac"]
client = Spot(keys["apiKey"], keys["apiSecret"], base_url=place["http"])


def reads():
    """Walk the methods that only read."""
    calls = {
        "ping": (client.ping, ()), "time": (client.time, ()), "exchange_info": (client.exchange_info, (SYMBOL,)),
        "depth": (client.depth, (SYMBOL,)), "trades": (client.trades, (SYMBOL,)),
        "historical_trades": (client.historical_trades, (SYMBOL,)), "agg_trades": (client.agg_trades, (SYMBOL,)),
        "klines": (client.klines, (SYMBOL, "1m")), "ui_klines": (client.ui_klines, (SYMBOL, "1d")),
        "avg_price": (client.avg_price, (SYMBOL,)), "ticker_24hr": (client.ticker_24hr, (SYMBOL,)),
        "trading_day_ticker": (client.trading_day_ticker, (SYMBOL,)), "ticker_price": (client.ticker_price, ()),
        "book_ticker": (client.book_ticker, (SYMBOL,)), "account": (client.account, ()),
        "rolling_window_ticker": (client.rolling_window_ticker, (SYMBOL,)),
        "get_orders": (client.get_orders, (SYMBOL,)), "get_open_orders": (client.get_open_orders, (SYMBOL,)),
        "get_oco_orders": (client.get_oco_orders, ()), "get_oco_open_orders": (client.get_oco_open_orders, ()),
        "my_trades": (client.my_trades, (SYMBOL,)), "get_order_rate_limit": (client.get_order_rate_limit, ()),
        "query_commission_rates": (client.query_commission_rates, (SYMBOL,)),
        "system_status": (client.system_status, ()), "coin_info": (client.coin_info, ()),
        "trade_fee": (client.trade_fee, ()), "api_key_permissions": (client.api_key_permissions, ()),
    }  # fmt: skip
    for name, (call, arguments) in calls.items():
        with checks.now(name):
            call(*arguments)
    with checks.now("exchange_info symbols"):
        assert len(client.exchange_info(symbols=[SYMBOL, "ETHUSDT"])["symbols"]) == 2
    with checks.now("query_prevented_matches"):
        client.query_prevented_matches(SYMBOL, orderId=1)


def trades():
    """Place, read, replace and cancel, alone and in lists; then what is refused."""
    last = float(client.ticker_price(SYMBOL)["price"])
    low, high, stop = (round(last * factor, 2) for factor in (0.9, 1.1, 0.8))
    single_orders(low)
    order_lists(low, high, stop)
    with checks.now("cancel_open_orders"):
        client.cancel_open_orders(SYMBOL)
        assert client.get_open_orders(SYMBOL) == []
    refusals()


def single_orders(low):
    """Place, read, replace and cancel orders that stand alone."""
    limit = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": 0.001,
    }
    with checks.now("new_order_test"):
        client.new_order_test(price=low, **limit)
    with checks.now("new_order, get_order, cancel_order"):
        made = client.new_order(price=low, **limit)
        assert client.get_order(SYMBOL, orderId=made["orderId"])["status"] == "NEW"
        client.cancel_order(SYMBOL, orderId=made["orderId"])
    with checks.now("cancel_and_replace"):
        made = client.new_order(price=low, **limit)
        client.cancel_and_replace(SYMBOL, "BUY", "LIMIT", "STOP_ON_FAILURE", timeInForce="GTC", quantity=0.001,
                                  price=low, cancelOrderId=made["orderId"])  # fmt: skip


def order_lists(low, high, stop):
    """Place each kind of list."""
    with checks.now("new_oco_order, get_oco_order, cancel_oco_order"):
        made = client.new_oco_order(SYMBOL, "SELL", 0.001, "LIMIT_MAKER", "STOP_LOSS", abovePrice=high,
                                    belowStopPrice=stop)  # fmt: skip
        client.get_oco_order(orderListId=made["orderListId"])
        client.cancel_oco_order(SYMBOL, orderListId=made["orderListId"])
    with checks.now("new_oto_order"):
        client.new_oto_order(
            SYMBOL, "LIMIT", "BUY", low, 0.001, "MARKET", "SELL", 0.001, workingTimeInForce="GTC"
        )
    with checks.now("new_otoco_order"):
        client.new_otoco_order(SYMBOL, "LIMIT", "BUY", low, 0.001, "SELL", 0.001, "LIMIT_MAKER",
                               workingTimeInForce="GTC", pendingAbovePrice=high, pendingBelowType="STOP_LOSS",
                               pendingBelowStopPrice=stop)  # fmt: skip


def refusals():
    """An error tells all that it came with."""
    with checks.now("error keeps status, code and headers"):
        try:
            client.get_order(SYMBOL, orderId=10**9)
        except ClientError as error:
            assert (error.status_code, error.error_code) == (400, -2013), error
            assert "x-mbx-used-weight-1m" in {name.lower() for name in error.header}, error.header
        else:
            raise AssertionError("no error")
    with checks.now("listen keys are gone"):
        try:
            client.new_listen_key()
        except ClientError as error:
            assert error.status_code == 410, error
        else:
            raise AssertionError("a listen key")


def streams():
    """Every market stream says something, through SUBSCRIBE on one connection."""
    seen = {}
    stream = SpotWebsocketStreamClient(
        stream_url=place["ws"], is_combined=True, on_message=lambda _, text: _note(seen, text)
    )
    for subscribe in (
        lambda: stream.agg_trade("btcusdt"),
        lambda: stream.trade("btcusdt"),
        lambda: stream.kline("btcusdt", "1m"),
        lambda: stream.mini_ticker("btcusdt"),
        stream.mini_ticker,
        lambda: stream.ticker("btcusdt"),
        lambda: stream.book_ticker("btcusdt"),
        lambda: stream.partial_book_depth("btcusdt", 5, 1000),
        lambda: stream.rolling_window_ticker("btcusdt", "1h"),
        lambda: stream.diff_book_depth("btcusdt", 100),
    ):
        subscribe()
        time.sleep(0.3)  # a connection that sends more than 5 messages a second is cut
    wanted = {
        "btcusdt@aggTrade", "btcusdt@trade", "btcusdt@kline_1m", "btcusdt@miniTicker", "!miniTicker@arr",
        "btcusdt@ticker", "btcusdt@bookTicker", "btcusdt@depth5@1000ms", "btcusdt@ticker_1h", "btcusdt@depth@100ms",
    }  # fmt: skip
    end = time.monotonic() + 15
    while wanted - seen.keys() and time.monotonic() < end:
        time.sleep(0.2)
    stream.stop()
    for name in sorted(wanted):
        checks.tell(
            f"stream {name}", "" if name in seen else f"silent; heard {sorted(map(str, seen))}"
        )


def _note(seen, text):
    said = json.loads(text)
    seen[said.get("stream", text)] = said


def ws_api():
    """Ask and trade over the WebSocket API."""
    answers = queue.Queue()
    api = SpotWebsocketAPIClient(
        stream_url=f"{place['ws']}/ws-api/v3", api_key=keys["apiKey"], api_secret=keys["apiSecret"],
        on_message=lambda _, text: answers.put(json.loads(text)),
    )  # fmt: skip
    order = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "MARKET",
        "quantity": 0.001,
        "newOrderRespType": "FULL",
    }
    calls = {
        "ping_connectivity": (api.ping_connectivity, {}), "server_time": (api.server_time, {}),
        "exchange_info": (api.exchange_info, {"symbol": SYMBOL}), "order_book": (api.order_book, {"symbol": SYMBOL}),
        "recent_trades": (api.recent_trades, {"symbol": SYMBOL}),
        "aggregate_trades": (api.aggregate_trades, {"symbol": SYMBOL}),
        "klines": (api.klines, {"symbol": SYMBOL, "interval": "1m"}),
        "avg_price": (api.avg_price, {"symbol": SYMBOL}), "ticker_24hr": (api.ticker_24hr, {"symbol": SYMBOL}),
        "ticker_price": (api.ticker_price, {"symbol": SYMBOL}), "ticker_book": (api.ticker_book, {"symbol": SYMBOL}),
        "account": (api.account, {}), "new_order_test": (api.new_order_test, order),
        "new_order": (api.new_order, order), "get_open_orders": (api.get_open_orders, {"symbol": SYMBOL}),
        "order_history": (api.order_history, {"symbol": SYMBOL}), "my_trades": (api.my_trades, {"symbol": SYMBOL}),
        "order_rate_limit": (api.order_rate_limit, {}), "oco_history": (api.oco_history, {}),
        "get_open_oco_orders": (api.get_open_oco_orders, {}),
    }  # fmt: skip
    for name, (call, arguments) in calls.items():
        with checks.now(f"ws api {name}"):
            call(**arguments)
            said = answers.get(timeout=10)
            assert said["status"] == 200, said
    api.stop()


if __name__ == "__main__":
    for part in (trades, reads, streams, ws_api):
        with checks.now(f"{part.__name__} as a whole"):
            part()
