"""What the relay's frames say of themselves is believed no further than it proves (I10)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from botcore.domain.market import Interval
from botcore.runtime.clock import SystemClock
from botrunner.adapters.binance_client import ExchangeKey, RelayEndpoints
from botrunner.adapters.binance_venue import BinanceVenue, binance_venue
from botrunner.adapters.stream_health import MarketSource
from botrunner.trading.events import CandleClosed
from tests.runner.scripted_venue import ScriptedVenue, Socket, kline, scripted_venue
from tests.runner.test_stream_defects import is_restored
from tests.runner.venues import Events, running, wait_until

PAIR = ("BTCUSDT", Interval.M1)


@pytest.fixture
async def relay() -> AsyncIterator[ScriptedVenue]:
    async with scripted_venue() as scripted:
        yield scripted


@pytest.fixture
async def direct() -> AsyncIterator[ScriptedVenue]:
    async with scripted_venue() as scripted:
        yield scripted


@pytest.fixture
async def venue(relay: ScriptedVenue, direct: ScriptedVenue) -> AsyncIterator[BinanceVenue]:
    addresses = RelayEndpoints(
        rest_url=relay.endpoints.rest_url, stream_url=relay.endpoints.stream_url
    )
    made = binance_venue(
        replace(direct.endpoints, relay=addresses),
        ExchangeKey(api_key="k", secret="s"),
        SystemClock(),
        may_send=lambda: True,
    )
    await made.exchange.open()
    made.market.want([PAIR])
    yield made
    await made.exchange.close()


def a_frame(state: str, *, late_seconds: int) -> dict[str, object]:
    now_ms = round(SystemClock().now().timestamp() * 1_000)
    frame = kline(opened=0, closed=False)
    frame["data"]["E"] = now_ms - late_seconds * 1_000
    return {**frame, "relay": {"t": now_ms, "a": 0, "s": state}}


@pytest.mark.parametrize(
    ("state", "late_seconds", "is_proof"),
    [("live", 0, True), ("live", 60, False), ("stale", 0, False)],
)
async def test_only_a_live_frame_that_is_not_late_proves_the_relay_well(
    relay: ScriptedVenue, venue: BinanceVenue, state: str, late_seconds: int, *, is_proof: bool
) -> None:
    async def script(socket: Socket) -> None:
        await socket.send(**a_frame(state, late_seconds=late_seconds))
        await socket.silence()

    relay.script, events = script, Events()
    async with running(venue.market.run(events.deliver)):
        await wait_until(lambda: venue.health.relay.frame_at is not None)
        if is_proof:
            await wait_until(lambda: venue.health.relay.well_seconds > 0)
        else:
            await asyncio.sleep(0.05)
            assert venue.health.relay.well_seconds == 0


async def test_ping_proves_nothing_once_the_relay_said_it_is_stale(
    relay: ScriptedVenue, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I: the library looks at neither pings nor the age of data."""
    monkeypatch.setattr("botrunner.adapters.market_link._PROBE_EVERY", 0.05)

    async def script(socket: Socket) -> None:
        await socket.send(stream="!relay", data={"e": "relayStatus", "E": 1, "s": "stale", "a": 5})
        await socket.silence()

    relay.script, events = script, Events()
    async with running(venue.market.run(events.deliver)):
        await wait_until(lambda: venue.health.relay.is_told_stale)
        before = venue.health.relay.ill_seconds
        await asyncio.sleep(0.3)
        assert venue.health.relay.ill_seconds >= before + 0.25
        assert venue.health.relay.well_seconds == 0


async def test_connection_whose_pings_go_unanswered_is_left(
    relay: ScriptedVenue, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I: half-open; the library itself notices after 40 s."""
    monkeypatch.setattr("botrunner.adapters.market_link._PROBE_EVERY", 0.05)
    monkeypatch.setattr("botrunner.adapters.market_link._PROBE_SECONDS", 0.1)
    monkeypatch.setattr("botrunner.adapters.stream_supervisor._FIRST_PAUSE", 0.02)
    deaf = asyncio.Event()

    async def script(_socket: Socket) -> None:
        await deaf.wait()  # reads nothing, so answers no ping

    relay.script, events = script, Events()
    async with running(venue.market.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)
        deaf.set()


async def test_gap_that_the_relay_can_not_heal_has_candles_read_again(
    relay: ScriptedVenue, venue: BinanceVenue
) -> None:
    async def script(socket: Socket) -> None:
        gap = {"e": "relayStatus", "E": 1, "s": "live", "a": 5, "gap": "btcusdt@kline_1m"}
        await socket.send(stream="!relay", data=gap)
        await socket.silence()

    relay.script, events = script, Events()
    async with running(venue.market.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)

    assert len(relay.connected_at) == 1


async def test_candle_of_both_sources_is_told_once_and_an_older_one_not_at_all(
    relay: ScriptedVenue,
    direct: ScriptedVenue,
    venue: BinanceVenue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("botrunner.adapters.market_stream.STALE_SECONDS", 0.2)
    monkeypatch.setattr("botrunner.adapters.market_stream._SWITCH_JITTER", 0.1)

    async def stale(socket: Socket) -> None:
        await socket.send(stream="!relay", data={"e": "relayStatus", "E": 1, "s": "stale", "a": 5})
        await wait_until(lambda: len(direct.connected_at) == 1)
        await asyncio.sleep(0.3)
        for minute in (0, 1, 2):  # what it has healed
            await socket.send(**kline(opened=minute * 60_000), relay={"s": "stale"})
        await socket.silence()

    async def current(socket: Socket) -> None:
        await socket.send(**kline(opened=60_000))
        await socket.silence()

    relay.script, direct.script, events = stale, current, Events()
    async with running(venue.market.run(events.deliver)):
        told: list[int] = []
        while told[-1:] != [3]:
            event = await events.next(lambda event: isinstance(event, CandleClosed))
            told.append(event.candle.close_at.minute)
        assert venue.health.market_source is MarketSource.VENUE

    assert told == [2, 3]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Kbots-Upstream": "stale", "X-Kbots-Upstream-Age": "5"},
        {"X-Kbots-Upstream": "live", "X-Kbots-Upstream-Age": "10001"},
        {"X-Kbots-Upstream": "live"},
        {},
    ],
)
async def test_candles_of_a_stale_answer_are_asked_of_the_venue(
    relay: ScriptedVenue, direct: ScriptedVenue, venue: BinanceVenue, headers: dict[str, str]
) -> None:
    row = [0, "1", "1", "1", "1", "1", 59_999, "1", 1, "1", "1", "0"]
    relay.answers = [web.json_response([row, row], headers=headers)]
    direct.answers = [web.json_response([row])]

    (candle,) = await venue.exchange.candles(*PAIR, 10)

    assert candle.close == 1
    assert relay.answers == direct.answers == []


async def test_relay_that_failed_is_left_alone_while_other_candles_are_read(
    relay: ScriptedVenue, direct: ScriptedVenue, venue: BinanceVenue
) -> None:
    """A frozen one holds every query up for seconds, and recovery reads many (I9, I10)."""
    row = [0, "1", "1", "1", "1", "1", 59_999, "1", 1, "1", "1", "0"]
    relay.answers = [web.Response(status=503), web.Response(status=503)]
    direct.answers = [web.json_response([row]), web.json_response([row])]

    for _ in range(2):
        await venue.exchange.candles(*PAIR, 10)

    assert (len(relay.answers), len(direct.answers)) == (1, 0)


async def test_newest_row_of_the_relay_is_left_to_the_stream(
    relay: ScriptedVenue, direct: ScriptedVenue, venue: BinanceVenue
) -> None:
    """TR-32: it may have closed without its last frame having come."""
    rows = [
        [minute * 60_000, "1", "1", "1", "1", "1", minute * 60_000 + 59_999, "1", 1, "1", "1", "0"]
        for minute in range(3)
    ]
    live = {"X-Kbots-Upstream": "live", "X-Kbots-Upstream-Age": "5"}
    relay.answers = [web.json_response(rows, headers=live)]

    found = await venue.exchange.candles(*PAIR, 10)

    assert [candle.open_at.minute for candle in found] == [0, 1]
    assert direct.requests == []
