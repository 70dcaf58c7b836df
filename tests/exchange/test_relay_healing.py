"""A relay whose upstream fails: everybody sees it, and nothing is missing afterwards."""

import asyncio

import pytest
from aiohttp import web

from tests.exchange.relays import Listening, Relay, Wire, eventually, get
from tests.exchange.server import Server

pytestmark = pytest.mark.e2e
SECONDS, TRADES = "btcusdt@kline_1s", "btcusdt@trade"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("upstream"), "--seed=7")
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def _no_faults_left(upstream):
    yield
    upstream.admin("DELETE", "faults")


@pytest.fixture
async def wire(upstream):
    async with Wire(upstream.port) as found:
        yield found


@pytest.fixture
async def relay(wire):
    server = await asyncio.to_thread(Relay, wire.port, "--stale-seconds=4")
    yield server
    await asyncio.to_thread(server.kill)


async def is_ready(relay):
    status, _, _ = await get(relay.admin_port, "/readyz")
    return status == 200


async def truth(upstream, times, interval="1s"):
    params = {"symbol": "BTCUSDT", "interval": interval, "startTime": times[0], "limit": "1000"}
    _, _, rows = await get(upstream.port, "/api/v3/klines", **params)
    return [row for row in rows if row[0] <= times[-1]]


async def assert_whole(upstream, listening):
    """Check that every candle closed once, in order, as upstream says, and no trade is missing."""
    times = listening.closed(SECONDS)
    rows = await truth(upstream, times)
    assert times == [row[0] for row in rows]
    candles = [data["k"] for data in listening.of(SECONDS) if data["k"]["x"]]
    assert [(one["o"], one["c"], one["v"], one["n"]) for one in candles] == [
        (row[1], row[4], row[5], row[8]) for row in rows
    ]
    ids = [data["t"] for data in listening.of(TRADES)]
    assert ids == list(range(ids[0], ids[-1] + 1))


async def test_lost_upstream_is_told_and_healed_without_a_gap(upstream, wire, relay):
    async with Listening(relay.stream(SECONDS, TRADES)) as listening:
        await listening.until(lambda: len(listening.closed(SECONDS)) >= 2)
        wire.is_open = False
        wire.cut()
        await listening.until(lambda: states(listening)[-1:] == ["stale"], seconds=1)
        await asyncio.sleep(2.5)
        told = states(listening).count("stale")
        _, headers, _ = await get(
            relay.port, "/api/v3/klines", symbol="BTCUSDT", interval="1s", limit="1"
        )
        ready_at_first = await is_ready(relay)
        await asyncio.sleep(2)
        ready_while_lost = await is_ready(relay)
        wire.is_open = True
        await listening.until(lambda: states(listening)[-1] == "live", seconds=30)
        seen = len(listening.closed(SECONDS))
        await listening.until(lambda: len(listening.closed(SECONDS)) >= seen + 6)

    assert told >= 3
    assert headers is not None
    assert headers["X-Kbots-Upstream"] == "stale"
    assert int(headers["X-Kbots-Upstream-Age"]) > 2_000
    assert ready_at_first
    assert not ready_while_lost
    await assert_whole(upstream, listening)


def states(listening):
    return [frame["data"]["s"] for frame in listening.states]


async def test_storm_of_drops_is_healed(upstream, wire, relay):
    async with Listening(relay.stream(SECONDS, TRADES)) as listening:
        await listening.until(lambda: listening.closed(SECONDS))
        for _ in range(4):
            wire.cut()
            await asyncio.sleep(0.7)
        seen = len(listening.closed(SECONDS))
        await listening.until(lambda: len(listening.closed(SECONDS)) >= seen + 8, seconds=30)

    assert wire.connections < 40
    await assert_whole(upstream, listening)


async def test_shutdown_notice_moves_the_streams_without_a_loss(upstream, relay):
    async with Listening(relay.stream(SECONDS, TRADES)) as listening:
        await listening.until(lambda: len(listening.closed(SECONDS)) >= 2)
        upstream.admin("POST", "faults", {"kind": "serverShutdown"})
        seen = len(listening.closed(SECONDS))
        await listening.until(lambda: len(listening.closed(SECONDS)) >= seen + 5)

    assert any("upstream_shuts_down" in line for line in relay.lines)
    assert "stale" not in states(listening)
    await assert_whole(upstream, listening)


@pytest.mark.parametrize("kind", ["duplicate", "reorder"])
async def test_spoilt_frames_of_upstream_are_put_right(upstream, relay, kind):
    async with Listening(relay.stream(SECONDS, TRADES)) as listening:
        await listening.until(lambda: len(listening.closed(SECONDS)) >= 2)
        for stream in (SECONDS, TRADES):
            upstream.admin("POST", "faults", {"kind": kind, "path": stream, "count": 3})
        seen = len(listening.closed(SECONDS))
        await listening.until(lambda: len(listening.closed(SECONDS)) >= seen + 8, seconds=30)

    await assert_whole(upstream, listening)


async def test_upstreams_429_stops_the_asking_until_its_time_is_over(upstream, relay):
    params = {"symbol": "ADAUSDT"}
    await eventually(lambda: is_ready(relay))
    fault = {"kind": "tooManyRequests", "path": "/api/v3/avgPrice", "retryAfter": 2, "count": 1}
    upstream.admin("POST", "faults", fault)

    refused, headers, body = await get(relay.port, "/api/v3/avgPrice", **params)
    again, _, _ = await get(relay.port, "/api/v3/ticker/price", **params)

    assert (refused, body["code"]) == (503, -1001)
    assert 1 <= int(headers["Retry-After"]) <= 4
    assert again == 503

    async def answers():
        status, _, _ = await get(relay.port, "/api/v3/avgPrice", **params)
        return status == 200

    await eventually(answers)


async def test_page_of_a_firewall_harms_nobody(upstream, relay):
    await eventually(lambda: is_ready(relay))
    upstream.admin("POST", "faults", {"kind": "waf403", "path": "/api/v3/avgPrice", "count": 1})

    status, _, body = await get(relay.port, "/api/v3/avgPrice", symbol="BTCUSDT")
    after, _, _ = await get(relay.port, "/api/v3/avgPrice", symbol="BTCUSDT")

    assert (status, body["code"]) == (503, -1001)
    assert after == 200


NONSENSE = (
    b"no json",
    b"[]",
    b"{}",
    b"null",
    b'{"stream":5,"data":{}}',
    b'{"stream":"btcusdt@kline_1s","data":5}',
    b'{"stream":"btcusdt@kline_1s","data":{"e":"kline","E":1,"k":{}}}',
    b'{"stream":"btcusdt@kline_1s","data":{"e":"kline","E":"x","k":{"t":[],"x":true}}}',
    b'{"stream":"btcusdt@trade","data":{"e":"trade","t":"x"}}',
    b'{"stream":"btcusdt@depth@100ms","data":{"U":"a","u":null,"b":5}}',
    b'{"stream":"nobody@asked","data":{}}',
    b'{"result":null,"id":99999}',
    b'{"error":{"code":2,"msg":"?"},"id":"x"}',
    b"\xff\xfe",
)


async def test_nonsense_of_upstream_is_not_passed_on():
    """An upstream made for this test: the real one does not talk nonsense."""
    trade = '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1}}'

    async def stream(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_json({"result": None, "id": message.json()["id"]})
            for raw in NONSENSE:
                await socket.send_bytes(raw)
            await socket.send_str(trade)
        return socket

    async def rest(_request):
        return web.json_response([{"symbols": 5}, "x"])

    application = web.Application()
    application.add_routes([web.get("/stream", stream), web.get("/{tail:.*}", rest)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    relay = await asyncio.to_thread(Relay, runner.addresses[0][1])
    try:
        names = ("btcusdt@trade", SECONDS, "btcusdt@depth@100ms")
        async with Listening(relay.stream(*names)) as listening:
            await listening.until(lambda: listening.of("btcusdt@trade"))
            status, _, body = await get(
                relay.port, "/api/v3/klines", symbol="BTCUSDT", interval="1m"
            )
        assert (status, body["code"]) == (503, -1001)
        assert [data["t"] for data in listening.of("btcusdt@trade")] == [1]
        assert {frame["stream"] for frame in listening.frames} == {"btcusdt@trade"}
        assert relay.process.poll() is None
    finally:
        await asyncio.to_thread(relay.kill)
        await runner.cleanup()
