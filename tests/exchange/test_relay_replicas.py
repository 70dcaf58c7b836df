"""Two relays of one upstream: a bot may move, a connection may grow old, and nothing is missing."""

import asyncio
import json

import pytest

from tests.exchange.relays import Listening, Relay, eventually, get
from tests.exchange.server import Server

pytestmark = pytest.mark.e2e
SECONDS = "btcusdt@kline_1s"
TRADES = "btcusdt@trade"
DEPTH = "btcusdt@depth@100ms"
NAMES = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("upstream"), "--seed=7")
    yield server
    server.kill()


async def start(upstream, *options):
    relay = await asyncio.to_thread(Relay, upstream.port, *options)

    async def ready():
        status, _, _ = await get(relay.admin_port, "/readyz")
        return status == 200

    await eventually(ready)
    return relay


async def until(condition, seconds):
    async def ask():
        return condition()

    await eventually(ask, seconds)


def rows_of(listening):
    return {data["k"]["t"]: [data["k"][name] for name in NAMES] for data in listening.of(SECONDS)}


async def test_bot_that_moves_off_a_killed_replica_misses_nothing(upstream):
    one, two = await asyncio.gather(start(upstream), start(upstream))
    try:
        async with Listening(one.stream(SECONDS)) as mine, Listening(two.stream(SECONDS)) as others:
            params = {"symbol": "BTCUSDT", "interval": "1s", "limit": "20"}
            _, _, before = await get(one.port, "/api/v3/klines", **params)
            await mine.until(lambda: len(mine.closed(SECONDS)) >= 3)
            await others.until(lambda: others.closed(SECONDS))
            await asyncio.to_thread(one.kill)
            await until(lambda: mine.socket.closed, seconds=2)
            await asyncio.sleep(1.5)  # as long as a bot takes to notice and move

            async with Listening(two.stream(SECONDS)) as moved:
                _, headers, after = await get(two.port, "/api/v3/klines", **params)
                await moved.until(lambda: len(moved.closed(SECONDS)) >= 4)
                last = moved.closed(SECONDS)[-1]
                await others.until(lambda: others.closed(SECONDS)[-1] >= last)
    finally:
        await asyncio.to_thread(two.kill)

    union = {row[0]: row for row in before} | rows_of(mine)
    union |= {row[0]: row for row in after} | rows_of(moved)
    found = [union[key] for key in sorted(union) if key <= last]
    _, _, truth = await get(
        upstream.port, "/api/v3/klines", **{**params, "startTime": found[0][0], "limit": "1000"}
    )
    assert headers["X-Kbots-Upstream"] == "live"
    assert found == truth[: len(found)]
    assert found[-1][0] == last
    # Who listened to the other replica has noticed nothing.
    times = others.closed(SECONDS)
    assert times == list(range(times[0], times[-1] + 1, 1_000))
    assert all(frame["relay"]["s"] == "live" for frame in others.frames)


async def test_old_connection_is_replaced_without_a_loss_or_a_double(upstream):
    relay = await start(upstream, "--renew-seconds=3")
    try:
        async with Listening(relay.stream(SECONDS, TRADES, DEPTH)) as listening:
            await listening.until(lambda: listening.of(DEPTH) and listening.of(TRADES))
            connects = len(connected(relay))
            await until(lambda: len(connected(relay)) >= connects + 3, seconds=40)
            seen = len(listening.closed(SECONDS))
            await listening.until(lambda: len(listening.closed(SECONDS)) >= seen + 2)
    finally:
        await asyncio.to_thread(relay.kill)

    assert not any("upstream_lost" in line for line in relay.lines)
    assert [state for state in listening.states if state["data"]["s"] == "stale"] == []
    ids = [data["t"] for data in listening.of(TRADES)]
    assert ids == list(range(ids[0], ids[-1] + 1))
    times = listening.closed(SECONDS)
    assert times == list(range(times[0], times[-1] + 1, 1_000))
    assert len(times) > 5
    events = listening.of(DEPTH)
    assert [two["U"] for two in events[1:]] == [one["u"] + 1 for one in events[:-1]]
    frames = [json.dumps(frame["data"]) for frame in listening.frames]
    assert len(frames) == len(set(frames))


async def test_replica_that_stops_says_so(upstream):
    relay = await start(upstream)

    async with Listening(relay.stream(SECONDS)) as listening:
        await listening.until(lambda: listening.frames)
        code, seconds = await asyncio.to_thread(relay.stop)
        await listening.until(lambda: listening.of("!serverShutdown"), seconds=2)

    assert code == 0
    assert seconds < 5


def connected(relay):
    return [line for line in relay.lines if '"upstream_connected"' in line]
