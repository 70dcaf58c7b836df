"""unicorn-binance-websocket-api and -rest-api: streams, a user data stream, orders over the WebSocket API."""

import itertools
import json
import time

from checks import Checks, setup
from unicorn_binance_websocket_api import BinanceWebSocketApiManager

checks = Checks()
place = setup()
keys = place["accounts"]["hmac"]
OWN = {"api_key": keys["apiKey"], "api_secret": keys["apiSecret"]}


def wait_for(read, seconds=20):
    """Wait until this gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = read()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing within {seconds} s")


def manager():
    """Give a manager whose addresses are ours."""
    return BinanceWebSocketApiManager(
        exchange="binance.com",
        websocket_base_uri=f"{place['ws']}/",
        websocket_api_base_uri=f"{place['ws']}/ws-api/v3",
        restful_base_uri=f"{place['http']}/",
        warn_on_update=False,
        disable_colorama=True,
    )


def market_streams():
    """Each channel says something."""
    ubwa = manager()
    channels = ["aggTrade", "trade", "kline_1m", "miniTicker", "ticker", "bookTicker", "depth5", "depth", "depth@100ms",
                "kline_1s", "avgPrice"]  # fmt: skip
    stream, seen = (
        ubwa.create_stream(channels, ["btcusdt", "ethusdt"], stream_buffer_name=True),
        set(),
    )
    wanted = {f"{market}@{channel}" for market in ("btcusdt", "ethusdt") for channel in channels}
    with checks.now("every channel of one stream"):
        while wanted - seen:
            seen.add(json.loads(wait_for(lambda: _event(ubwa, stream)))["stream"])
    with checks.now("stream !miniTicker"):
        stream = ubwa.create_stream(
            ["arr"], ["!miniTicker"], stream_buffer_name=True, output="UnicornFy"
        )
        assert wait_for(lambda: ubwa.pop_stream_data_from_stream_buffer(stream))
    with checks.now("subscribe and unsubscribe later"):
        stream = ubwa.create_stream(["trade"], ["btcusdt"], stream_buffer_name=True)
        wait_for(lambda: ubwa.pop_stream_data_from_stream_buffer(stream))
        ubwa.subscribe_to_stream(stream, markets=["ethusdt"])
        wait_for(lambda: "ETHUSDT" in str(ubwa.pop_stream_data_from_stream_buffer(stream)))
    ubwa.stop_manager()


def _event(ubwa, stream):
    """Give the next event; answers to SUBSCRIBE are passed over."""
    text = ubwa.pop_stream_data_from_stream_buffer(stream)
    return text if text and '"stream"' in text else None


class Api:
    """One connection to the WebSocket API, and what it answered, by the request's id."""

    def __init__(self, ubwa):
        self.answers, self.numbers = {}, itertools.count(1)
        self.stream = ubwa.create_stream(api=True, process_stream_data=self._note, **OWN)

    def _note(self, text, **_):
        said = json.loads(text)
        self.answers[said.get("id")] = said

    def ask(self, call, **arguments):
        """Call a method; give the result."""
        # Its own return_response waits for ever if the answer is there before it has noted the request.
        number = f"ask-{next(self.numbers)}"
        call(stream_id=self.stream, request_id=number, **arguments)
        said = wait_for(lambda: self.answers.get(number))
        assert said["status"] == 200, said
        return said["result"]


def api_stream():
    """Ask and trade over the WebSocket API; what happens arrives on the user data stream."""
    ubwa, events = manager(), []
    api = Api(ubwa)
    ubwa.create_stream(
        ["arr"], ["!userData"], process_stream_data=lambda text, **_: events.append(text), **OWN
    )
    with checks.now("ws api connects"):
        wait_for(lambda: ubwa.get_stream_info(api.stream)["status"] == "running")
        time.sleep(2)  # until both are subscribed
    market_and_account(ubwa.api.spot, api.ask)
    orders(ubwa.api.spot, api.ask)
    with checks.now("user data stream"):
        wait_for(lambda: any("outboundAccountPosition" in text for text in events))
        assert sum("executionReport" in text for text in events) >= 4, events
    ubwa.stop_manager()


def market_and_account(spot, ask):
    """Read the market and the account."""
    with checks.now("ws api market data"):
        assert ask(spot.get_server_time)["serverTime"]
        assert ask(spot.get_exchange_info, symbols=["BTCUSDT"])["symbols"]
        assert ask(spot.get_order_book, symbol="BTCUSDT", limit=5)["bids"]
    with checks.now("ws api account"):
        assert ask(spot.get_account_status)["balances"]


def orders(spot, ask):
    """Place, read and cancel orders."""
    with checks.now("ws api orders"):
        last = float(ask(spot.get_order_book, symbol="BTCUSDT", limit=5)["bids"][0][0])
        order = {"symbol": "BTCUSDT", "side": "BUY", "quantity": 0.001}
        placed = ask(
            spot.create_order,
            order_type="LIMIT",
            price=round(last * 0.9, 2),
            time_in_force="GTC",
            **order,
        )
        one = {"symbol": "BTCUSDT", "order_id": placed["orderId"]}
        assert ask(spot.get_order, **one)["status"] == "NEW"
        assert ask(spot.get_open_orders, symbol="BTCUSDT")
        assert ask(spot.cancel_order, **one)["status"] == "CANCELED"
        bought = ask(spot.create_order, order_type="MARKET", new_order_resp_type="FULL", **order)
        assert bought["status"] == "FILLED"


if __name__ == "__main__":
    for part in (market_streams, api_stream):
        with checks.now(f"{part.__name__} as a whole"):
            part()
