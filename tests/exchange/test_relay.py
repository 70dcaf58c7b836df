"""The relay between a real upstream and many listeners."""

import asyncio
import itertools
import json

import aiohttp
import pytest

from tests.exchange.relays import Listening, Relay, eventually, get
from tests.exchange.server import Server

pytestmark = pytest.mark.e2e
SECONDS = "btcusdt@kline_1s"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("upstream"), "--seed=7")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def relay(upstream):
    server = Relay(upstream.port)
    yield server
    server.kill()


async def used_weight(server):
    """Give the weight that this machine has used at a server."""
    _, headers, _ = await get(server.port, "/api/v3/ping")
    return int(headers["X-MBX-USED-WEIGHT-1M"])


async def room_in_this_minute(server, seconds=20):
    """Wait for a minute that has so much left: used weight starts again with each."""
    _, _, answer = await get(server.port, "/api/v3/time")
    left = 60 - answer["serverTime"] / 1_000 % 60
    await asyncio.sleep(left + 0.1 if left < seconds else 0)


async def test_frames_pass_byte_for_byte_and_say_how_fresh_they_are(upstream, relay):
    source = f"ws://127.0.0.1:{upstream.port}/stream?streams=btcusdt@trade"
    async with Listening(source) as original, Listening(relay.stream("btcusdt@trade")) as copy:
        await copy.until(lambda: len(copy.of("btcusdt@trade")) >= 3)
        await original.until(lambda: len(original.frames) >= len(copy.frames))

    sent = [text.removesuffix("}") for text in original.texts]
    for text, frame in zip(copy.texts, copy.frames, strict=True):
        head, meta = text.rsplit(',"relay":', 1)
        assert head in sent
        assert json.loads(meta[:-1]) == frame["relay"]
        assert frame["relay"]["s"] == "live"
        assert 0 <= frame["relay"]["a"] < 10_000


async def test_raw_stream_carries_the_metadata_as_last_member(relay):
    async with Listening(f"ws://127.0.0.1:{relay.port}/ws/{SECONDS}") as listening:
        await listening.until(lambda: len(listening.frames) >= 2)

    assert {*listening.frames[-1]} == {"e", "E", "s", "k", "relay"}
    assert listening.texts[-1].rstrip("}").endswith('"s":"live"')


async def test_many_starts_cost_upstream_what_one_costs(upstream, relay):
    await room_in_this_minute(upstream)

    async def start(port):
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            for path in (
                "ping",
                "time",
                "exchangeInfo?symbol=BNBUSDT",
                "klines?symbol=BNBUSDT&interval=1h&limit=500",
                "klines?symbol=BNBUSDT&interval=5m&limit=200",
                "ticker/price?symbol=BNBUSDT",
                "depth?symbol=BNBUSDT&limit=20",
            ):
                async with session.get(f"/api/v3/{path}") as answer:
                    assert answer.status == 200, await answer.text()

    before = await used_weight(upstream)
    await asyncio.gather(*(start(relay.port) for _ in range(200)))
    of_200 = await used_weight(upstream) - before
    await start(upstream.port)
    of_one = await used_weight(upstream) - before - of_200

    # The relay's book needs a deep snapshot (50) where a single bot takes a shallow one (5).
    assert of_200 <= of_one + 60


async def test_one_upstream_stream_serves_all_and_ends_after_the_last_left(relay):
    stream = "ethusdt@bookTicker"

    async def wanted():
        _, _, state = await get(relay.admin_port, "/healthz")
        return state["streams"]

    before = await wanted()
    async with Listening(relay.stream(stream)) as first, Listening(relay.stream(stream)) as second:
        await first.until(lambda: first.frames)
        await second.until(lambda: second.frames)
        during = await wanted()

    async def let_go():
        return await wanted() <= before

    assert during == before + 1
    assert first.of(stream)[0]["s"] == "ETHUSDT"
    await eventually(let_go)


async def test_late_joiner_gets_the_present_candle_at_once(relay):
    stream = "solusdt@kline_1m"
    async with Listening(relay.stream(stream)) as early:
        await early.until(lambda: early.of(stream))
        async with Listening(relay.stream(stream)) as late:
            await late.until(lambda: late.of(stream), seconds=1)

    assert late.of(stream)[0] in early.of(stream)


@pytest.mark.parametrize("wait", [0.0, 0.35, 0.8])
async def test_rest_and_frames_together_have_no_gap_and_no_contradiction(upstream, relay, wait):
    await asyncio.sleep(wait)
    params = {"symbol": "BTCUSDT", "interval": "1s", "limit": "50"}

    async with Listening(relay.stream(SECONDS)) as listening:
        status, headers, rows = await get(relay.port, "/api/v3/klines", **params)
        await listening.until(lambda: len(listening.closed(SECONDS)) >= 4)

    assert (status, headers["X-Kbots-Upstream"]) == (200, "live")
    assert int(headers["X-Kbots-Upstream-Age"]) < 10_000
    union = {row[0]: row for row in rows}
    for data in listening.of(SECONDS):
        candle = data["k"]
        union[candle["t"]] = [
            candle[name] for name in ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
        ]
    last = max(listening.closed(SECONDS))
    found = [union[key] for key in sorted(union) if key <= last]
    _, _, truth = await get(
        upstream.port, "/api/v3/klines", **{**params, "startTime": found[0][0], "limit": "1000"}
    )
    assert found == truth[: len(found)]
    assert len(found) > 50


async def test_cached_klines_answer_every_range_as_upstream_does(upstream, relay):
    _, _, now = await get(upstream.port, "/api/v3/time")
    minute = now["serverTime"] // 60_000 * 60_000
    for extra in (
        {"limit": "5", "endTime": minute - 1},
        {"limit": "7", "startTime": minute - 600_000, "endTime": minute - 1},
        {"startTime": minute - 600_000, "endTime": minute - 300_001},
        {"startTime": minute - 599_999, "endTime": minute - 300_000},
        {"startTime": minute - 120_000_000, "limit": "3"},
        {"endTime": minute - 120_000_000, "limit": "3"},
        {"startTime": minute + 3_600_000},
    ):
        params = {"symbol": "ETHUSDT", "interval": "1m", **extra}
        _, _, expected = await get(upstream.port, "/api/v3/klines", **params)

        _, _, found = await get(relay.port, "/api/v3/klines", **params)

        assert found == expected, extra


async def test_depth_listener_syncs_against_the_relays_own_snapshot(upstream, relay):
    stream = "btcusdt@depth@100ms"
    async with Listening(relay.stream(stream)) as listening:
        await listening.until(lambda: listening.of(stream))

        async def fitting():
            _, _, snapshot = await get(relay.port, "/api/v3/depth", symbol="BTCUSDT", limit="20")
            return (
                snapshot if snapshot["lastUpdateId"] >= listening.of(stream)[0]["U"] - 1 else None
            )

        snapshot = await eventually(fitting)
        await listening.until(
            lambda: listening.of(stream)[-1]["u"] > snapshot["lastUpdateId"] + 2_000
        )

    events = [one for one in listening.of(stream) if one["u"] > snapshot["lastUpdateId"]]
    assert events[0]["U"] <= snapshot["lastUpdateId"] + 1
    assert all(one["u"] + 1 == two["U"] for one, two in itertools.pairwise(events))


async def test_depth_equals_upstreams_at_the_same_update(upstream, relay):
    async def both():
        found = await asyncio.gather(
            *(
                get(port, "/api/v3/depth", symbol="BTCUSDT", limit="50")
                for port in (upstream.port, relay.port)
            )
        )
        bodies = [body for _, _, body in found]
        return bodies if bodies[0]["lastUpdateId"] == bodies[1]["lastUpdateId"] else None

    expected, found = await eventually(both)

    assert found == expected


async def test_exchange_info_is_upstreams_own(upstream, relay):
    _, _, expected = await get(upstream.port, "/api/v3/exchangeInfo", symbol="BTCUSDT")

    _, _, found = await get(relay.port, "/api/v3/exchangeInfo", symbol="BTCUSDT")

    assert abs(found.pop("serverTime") - expected.pop("serverTime")) < 1_000
    assert found == expected


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v3/klines?symbol=NOPE&interval=1m", 400, -1121),
        ("/api/v3/klines?symbol=BTCUSDT&interval=2m", 400, -1120),
        ("/api/v3/klines?interval=1m", 400, -1102),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=x", 400, -1100),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m&starttime=1", 400, -1104),
        ("/api/v3/ticker/price?symbol=BTCUSDT&limit=5", 400, -1104),
        ("/api/v3/ping?symbol=BTCUSDT", 400, -1101),
        ("/api/v3/depth", 400, -1102),
        ("/api/v3/exchangeInfo?symbol=NOPE", 400, -1121),
        ("/api/v3/ticker/price?symbol=NOPE", 400, -1121),
        ("/api/v3/account", 404, -1000),
        ("/%ff%00?%ff=%00", 404, -1000),
        ("/api/v3/klines?symbol=%ff%00&interval=1m", 400, -1121),
    ],
)
def test_wrong_request_gets_binances_refusal(relay, path, status, code):
    found, _, body = relay.public(path)

    assert (found, body["code"]) == (status, code)


async def test_unknown_streams_are_not_asked_upstream(relay):
    async with Listening(relay.stream("nope@trade", "btcusdt@earthquake", SECONDS)) as listening:
        await listening.until(lambda: len(listening.frames) >= 3)

    assert {frame["stream"] for frame in listening.frames} == {SECONDS}


async def test_ready_while_upstream_is_live(relay):
    for path in ("/readyz", "/healthz"):
        status, _, state = await get(relay.admin_port, path)

        assert (status, state["upstream"]) == (200, "live")
