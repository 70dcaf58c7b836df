"""Market streams: Binance's keys, and the same figures as REST shows."""

import asyncio
import json

import aiohttp
import pytest

pytestmark = pytest.mark.e2e
CANDLE = {*("t", "T", "s", "i", "f", "L", "o", "c", "h", "l", "v", "n", "x", "q", "V", "Q", "B")}
MINI = {*("e", "E", "s", "c", "o", "h", "l", "v", "q")}
ROLLING = MINI | {*("p", "P", "w", "O", "C", "F", "L", "n")}
KEYS = {
    "btcusdt@trade": {*("e", "E", "s", "t", "p", "q", "T", "m", "M")},
    "btcusdt@aggTrade": {*("e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M")},
    "btcusdt@kline_1s": {"e", "E", "s", "k"},
    "ethusdt@kline_1M": {"e", "E", "s", "k"},
    "btcusdt@kline_1d@+08:00": {"e", "E", "s", "k"},
    "btcusdt@bookTicker": {"u", "s", "b", "B", "a", "A"},
    "btcusdt@depth": {"e", "E", "s", "U", "u", "b", "a"},
    "btcusdt@depth@100ms": {"e", "E", "s", "U", "u", "b", "a"},
    "btcusdt@depth5": {"lastUpdateId", "bids", "asks"},
    "btcusdt@miniTicker": MINI,
    "btcusdt@ticker": ROLLING | {*("x", "Q", "b", "B", "a", "A")},
    "btcusdt@ticker_1h": ROLLING,
    "btcusdt@ticker_1d": ROLLING,
    "btcusdt@avgPrice": {*("e", "E", "s", "i", "w", "T")},
    "!miniTicker@arr": MINI,
    "!ticker_4h@arr": ROLLING,
}
NAMES = {
    "btcusdt@depth": "depthUpdate",
    "btcusdt@miniTicker": "24hrMiniTicker",
    "btcusdt@ticker": "24hrTicker",
    "btcusdt@ticker_1h": "1hTicker",
    "!ticker_4h@arr": "4hTicker",
    "btcusdt@kline_1s": "kline",
    "btcusdt@avgPrice": "avgPrice",
}


async def receive(socket):
    return json.loads(await asyncio.wait_for(socket.receive_str(), 5))


async def test_every_stream_has_binances_keys(exchange):
    seen = {}
    url = f"http://127.0.0.1:{exchange.port}/stream?streams={'/'.join(KEYS)}".replace("+", "%2B")
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        while seen.keys() != KEYS.keys():
            frame = await receive(socket)
            seen[frame["stream"]] = frame["data"]

    for stream, keys in KEYS.items():
        data = seen[stream]
        for one in data if stream.startswith("!") else [data]:
            assert set(one) == keys, stream
            assert one.get("e") == NAMES.get(stream, one.get("e"))
    assert len(seen["!miniTicker@arr"]) == 10
    candle = seen["btcusdt@kline_1d@+08:00"]["k"]
    assert set(candle) == CANDLE
    assert (candle["t"] + 8 * 3_600_000) % 86_400_000 == 0
    assert seen["btcusdt@ticker"]["C"] - seen["btcusdt@ticker"]["O"] < 86_460_000
    assert (
        seen["btcusdt@ticker"]["L"] - seen["btcusdt@ticker"]["F"] + 1
        == (seen["btcusdt@ticker"]["n"])
    )


async def test_trades_come_all_and_once_and_as_rest_shows_them(run_exchange):
    server = run_exchange("--seed=7", "--speed=60")
    frames, whole = [], {}
    names = "btcusdt@trade/btcusdt@aggTrade/btcusdt@kline_1m"
    url = f"http://127.0.0.1:{server.port}/stream?streams={names}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        while len(whole) < 3:
            frame = await receive(socket)
            data = frame["data"]
            if data["e"] == "kline" and data["k"]["x"]:
                whole[data["k"]["t"]] = data["k"]
            elif data["e"] != "kline":
                frames.append(data)

    trades = [one for one in frames if one["e"] == "trade"]
    first = trades[0]["t"]
    assert [one["t"] for one in trades] == list(range(first, first + len(trades)))
    assert [one["a"] for one in frames if one["e"] == "aggTrade"] == [one["t"] for one in trades]
    path = f"/api/v3/historicalTrades?symbol=BTCUSDT&fromId={first}&limit={len(trades)}"
    rows = server.public(path)[2]
    shown = [(one["t"], one["p"], one["q"], one["T"], one["m"]) for one in trades]
    assert shown == [
        (row["id"], row["price"], row["qty"], row["time"], row["isBuyerMaker"]) for row in rows
    ]
    _, last = sorted(whole)[-2:]
    mine = [one for one in trades if last <= one["T"] < last + 60_000]
    candle = whole[last]
    assert (candle["o"], candle["c"]) == (mine[0]["p"], mine[-1]["p"])
    assert float(candle["h"]) == max(float(one["p"]) for one in mine)
    assert float(candle["l"]) == min(float(one["p"]) for one in mine)
    assert float(candle["v"]) == pytest.approx(sum(float(one["q"]) for one in mine))
    assert (candle["f"], candle["L"], candle["n"]) == (mine[0]["t"], mine[-1]["t"], len(mine))


async def test_unknown_streams_stay_silent(exchange):
    names = "nousdt@trade/btcusdt@kline_7m/BTCUSDT@trade/btcusdt@blockTrade/btcusdt@bookTicker"
    url = f"http://127.0.0.1:{exchange.port}/stream?streams={names}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        streams = {(await receive(socket))["stream"] for _ in range(3)}

    assert streams == {"btcusdt@bookTicker"}
