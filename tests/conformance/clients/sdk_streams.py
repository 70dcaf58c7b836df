"""Every market stream of Binance's own SDK; its models judge the events."""

import asyncio
import json

from binance_common.configuration import ConfigurationWebSocketStreams
from binance_sdk_spot import Spot
from checks import Checks, setup
from sdk_shapes import Complaints, check_shape

SYMBOL = "btcusdt"
PAUSE = 1  # a connection that sends more than 5 messages a second is cut; each stream is also left again
checks, complaints = Checks(), Complaints()
place = setup()


async def judge(streams, name, subscribe, **arguments):
    """Subscribe, wait for an event, check its shape, unsubscribe."""
    async with checks(name, 20):
        got = asyncio.Queue()
        stream = await subscribe(**arguments)
        stream.on("message", got.put_nowait)
        event = await got.get()
        raw = (
            [json.loads(one.to_json()) for one in event]
            if isinstance(event, list)
            else json.loads(event.to_json())
        )
        check_shape(event, raw)
        unknown = [
            one.additional_properties for one in (event if isinstance(event, list) else [event])
        ]
        assert not any(unknown), unknown
        await stream.unsubscribe()


async def every_stream(streams):
    """Subscribe to one after another, and wait for all of them at once."""
    one = {"symbol": SYMBOL}
    calls = {
        "agg_trade": (streams.agg_trade, one),
        "all_market_rolling_window_ticker": (
            streams.all_market_rolling_window_ticker,
            {"window_size": "1h"},
        ),
        "all_mini_ticker": (streams.all_mini_ticker, {}),
        "avg_price": (streams.avg_price, one),
        "book_ticker": (streams.book_ticker, one),
        "diff_book_depth": (streams.diff_book_depth, one),
        "diff_book_depth fast": (streams.diff_book_depth, {**one, "update_speed": "100ms"}),
        "kline": (streams.kline, {**one, "interval": "1m"}),
        "kline 1s": (streams.kline, {**one, "interval": "1s"}),
        "kline_offset": (streams.kline_offset, {**one, "interval": "1d"}),
        "mini_ticker": (streams.mini_ticker, one),
        "partial_book_depth": (streams.partial_book_depth, {**one, "levels": "10"}),
        "partial_book_depth fast": (
            streams.partial_book_depth,
            {**one, "levels": "5", "update_speed": "100ms"},
        ),
        "rolling_window_ticker": (streams.rolling_window_ticker, {**one, "window_size": "4h"}),
        "ticker": (streams.ticker, one),
        "trade": (streams.trade, one),
    }
    waits = []
    for name, (call, arguments) in calls.items():
        waits.append(asyncio.create_task(judge(streams, name, call, **arguments)))
        await asyncio.sleep(PAUSE)
    await asyncio.gather(*waits)


async def main():
    """Subscribe to all of them on one connection."""
    configuration = ConfigurationWebSocketStreams(stream_url=place["ws"])
    streams = await Spot(config_ws_streams=configuration).websocket_streams.create_connection()
    await every_stream(streams)
    async with checks("list_subscribe"):
        await streams.list_subscribe()
    async with checks("streams that may be silent are accepted", 5):
        await streams.block_trade(symbol=SYMBOL)
        await streams.reference_price(symbol=SYMBOL)
    await streams.close_connection(close_session=True)
    said = [text for text in complaints.take() if "parse" in text.lower()]
    checks.tell("no event the models refuse", "; ".join(said))


if __name__ == "__main__":
    asyncio.run(main())
