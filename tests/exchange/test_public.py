"""Public endpoints, limits and market streams."""

import asyncio
import json

import aiohttp
import pytest

pytestmark = pytest.mark.e2e


def test_filters_are_published_per_symbol(exchange):
    _, _, info = exchange.public('/api/v3/exchangeInfo?symbols=["BTCUSDT","ADAUSDT"]')

    assert [one["symbol"] for one in info["symbols"]] == ["BTCUSDT", "ADAUSDT"]
    filters = {one["filterType"]: one for one in info["symbols"][1]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.00010000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.10000000"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v3/nothing", 404, -1000),
        ("/", 404, -1000),
        ("/api/v3/klines", 400, -1102),
        ("/api/v3/klines?symbol=BTCUSDT&interval=7m", 400, -1120),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=0", 400, -1130),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=x", 400, -1100),
        ("/api/v3/klines?symbol=BTCUSDT&symbol=ETHUSDT", 400, -1101),
        ("/api/v3/depth?symbol=BTCUSDT&depth=5", 400, -1104),
        ("/api/v3/time?timestamp=1", 400, -1101),
        ("/api/v3/depth?symbol=%00", 400, -1100),
        ("/api/v3/exchangeInfo?symbols=nonsense", 400, -1100),
        ("/api/v3/exchangeInfo?symbols=[1]", 400, -1100),
        ('/api/v3/exchangeInfo?symbols=["BTCUSDT",%20"ETHUSDT"]', 400, -1100),
        ('/api/v3/exchangeInfo?symbols=["btcusdt"]', 400, -1100),
        ("/api/v3/exchangeInfo?symbol=A&symbols=[]", 400, -1128),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1M&endTime=9223372036854775807", 200, None),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1M&startTime=9223372036854775807", 200, None),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1w&endTime=0", 200, None),
        ("/api/v3/account", 401, -2014),
        ("/api/v3/userDataStream", 410, -1000),
        ("/api/v3/order/test", 405, -1000),
    ],
)
def test_wrong_request_gets_an_error_code(exchange, path, status, code):
    got, headers, body = exchange.public(path)

    assert got == status
    assert isinstance(body, list) if code is None else body["code"] == code
    assert int(headers["X-MBX-USED-WEIGHT-1M"]) > 0


async def test_any_body_is_answered_with_a_code(exchange):
    url = f"http://127.0.0.1:{exchange.port}/api/v3/order"
    bodies = [b"", b"\xff\xfe", b"{}", b"a=%zz", b"&&&===", b"timestamp=1&timestamp=2"]
    async with aiohttp.ClientSession() as session:
        for body in bodies:
            for method in ("POST", "DELETE"):
                headers = {"X-MBX-APIKEY": "x"}
                async with session.request(method, url, data=body, headers=headers) as answer:
                    assert 400 <= answer.status < 500
                    assert (await answer.json())["code"] < 0


def test_used_weight_beyond_the_limit_is_refused(run_exchange):
    server = run_exchange("--weight-limit=45")
    path = "/api/v3/exchangeInfo?symbol=BTCUSDT"

    answers = [server.public(path) for _ in range(6)]

    statuses = [status for status, _, _ in answers]
    refused = answers[-1]
    # A minute may begin in between, which starts the count anew.
    assert 429 in statuses
    assert refused[0] == 429
    assert refused[2]["code"] == -1003
    assert 1 <= int(refused[1]["Retry-After"]) <= 60


async def receive(socket):
    return json.loads(await asyncio.wait_for(socket.receive_str(), 5))


async def test_streams_can_be_named_or_subscribed(exchange):
    base = f"http://127.0.0.1:{exchange.port}"
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{base}/ws/0") as socket:
            await socket.send_json(
                {"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": "a"}
            )
            assert await receive(socket) == {"result": None, "id": "a"}
            assert set(await receive(socket)) == {"u", "s", "b", "B", "a", "A"}
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 2})
            while (frame := await receive(socket)).get("id") != 2:
                pass
            assert frame["result"] == ["btcusdt@bookTicker"]
            await socket.send_str("nonsense")
            while "error" not in (frame := await receive(socket)):
                pass
        names = "btcusdt@trade/ethusdt@miniTicker/adausdt@kline_5m/nobody@nothing"
        async with session.ws_connect(f"{base}/stream?streams={names}") as socket:
            seen = {}
            while len(seen) < 3:
                frame = await receive(socket)
                seen[frame["stream"]] = frame["data"]["e"]
    assert seen == {
        "btcusdt@trade": "trade",
        "ethusdt@miniTicker": "24hrMiniTicker",
        "adausdt@kline_5m": "kline",
    }


async def test_closed_candles_are_never_dropped_at_high_speed(run_exchange):
    server = run_exchange("--speed=600", "--start=2024-01-01T00:00:00Z")
    closed, open_frames = [], 0
    url = f"http://127.0.0.1:{server.port}/ws/btcusdt@kline_1m"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        while len(closed) < 15:
            frame = await receive(socket)
            if frame["k"]["x"]:
                closed.append(frame["k"])
            else:
                open_frames += 1

    assert [k["t"] for k in closed] == [closed[0]["t"] + 60_000 * i for i in range(15)]
    assert open_frames <= 10, "1.5 s of frames, four a second"
    _, _, rows = server.public(
        f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={closed[0]['t']}&limit=15"
    )
    assert [[k[name] for name in "tohlcvTq"] for k in closed] == [row[:8] for row in rows]
