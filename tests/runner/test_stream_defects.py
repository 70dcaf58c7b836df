"""python-binance's WebSocket defects (binance.md §2.5), each with what saves the runner from it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from botcore.domain.errors import NotAllowed
from botcore.domain.market import Interval
from botcore.runtime.clock import SystemClock
from botrunner.adapters import market_link, market_stream, stream_supervisor, user_stream
from botrunner.adapters.binance_client import ExchangeKey
from botrunner.adapters.binance_venue import BinanceVenue, binance_venue
from botrunner.adapters.venue_clock import Sample
from botrunner.trading.events import CandleClosed, StreamRestored
from tests.runner.scripted_venue import ScriptedVenue, Socket, kline, scripted_venue
from tests.runner.venues import Events, running, wait_until
from tests.support.postgres import free_port

PAIR = ("BTCUSDT", Interval.M1)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_supervisor, "_FIRST_PAUSE", 0.02)


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedVenue]:
    async with scripted_venue() as venue:
        yield venue


@pytest.fixture
async def venue(scripted: ScriptedVenue) -> AsyncIterator[BinanceVenue]:
    made = connect(scripted)
    yield made
    await made.exchange.close()


def connect(scripted: ScriptedVenue) -> BinanceVenue:
    key = ExchangeKey(api_key="k", secret="s")
    venue = binance_venue(scripted.endpoints, key, SystemClock(), may_send=lambda: True)
    an_hour_ago = SystemClock().now() - timedelta(hours=1)
    venue_ms = round(an_hour_ago.timestamp() * 1_000)
    sample = Sample(at=SystemClock().boottime(), venue_ms=venue_ms, half_trip=0.0)
    venue.exchange._venue_clock.add(sample)
    return venue


def is_restored(event: object) -> bool:
    return isinstance(event, StreamRestored)


async def test_user_stream_when_a_late_error_reply_kills_the_read_loop_subscribes_again(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    """B."""

    async def script(socket: Socket) -> None:
        await socket.answer(forever=False)
        if socket.number == 1:
            await socket.send(id="late", status=408, error={"code": -1007, "msg": "Timeout"})
        await socket.answer()

    scripted.script, events = script, Events()

    async with running(venue.user.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)

    assert len(scripted.connected_at) == 2


async def test_user_stream_when_pings_go_unanswered_subscribes_again(
    scripted: ScriptedVenue, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B: a read loop that has ended silently answers nothing."""
    monkeypatch.setattr(user_stream, "_PROBE_EVERY", 0.05)
    monkeypatch.setattr(user_stream, "_PROBE_SECONDS", 0.1)

    async def script(socket: Socket) -> None:
        await socket.answer(forever=socket.number > 1)
        await socket.silence()

    scripted.script, events = script, Events()

    async with running(venue.user.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)


@pytest.mark.parametrize(
    "notice",
    [
        {"event": {"e": "serverShutdown", "E": 1}},
        {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": 1}},
    ],
)
async def test_user_stream_when_the_venue_announces_its_end_subscribes_again(
    scripted: ScriptedVenue, venue: BinanceVenue, notice: dict[str, object]
) -> None:
    """F, TR-57."""

    async def script(socket: Socket) -> None:
        await socket.answer(forever=False)
        if socket.number == 1:
            await socket.send(**notice)
        await socket.answer()

    scripted.script, events = script, Events()

    async with running(venue.user.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)


async def test_user_stream_whose_signature_was_too_old_measures_the_clock_and_subscribes(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    refusal = {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}
    scripted.script = lambda socket: socket.answer(refuse=refusal if socket.number == 1 else None)
    events = Events()

    async with running(venue.user.run(events.deliver)):
        await events.next(is_restored)

    now = venue.exchange.venue_now()
    assert abs((now - SystemClock().now()).total_seconds()) < 1


async def test_user_stream_keeps_the_silence_the_venue_asked_for(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    """TR-53: connecting costs weight, too, and a venue that has said 429 bans who goes on."""
    scripted.script, events = lambda socket: socket.answer(), Events()
    venue.limits.block(3_600, only_orders=False)
    async with running(venue.user.run(events.deliver)):
        with capture_logs() as logs:
            await wait_until(lambda: any("RateLimited" in one["reason"] for one in logs))
        assert scripted.connected_at == []
        venue.limits._silent_until = 0.0
        await events.next(is_restored)


async def test_user_stream_with_a_rejected_key_ends(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    scripted.script = lambda socket: socket.answer(refuse={"code": -2015, "msg": "Invalid API-key"})

    with pytest.raises(NotAllowed, match="Invalid API-key"):
        await asyncio.wait_for(venue.user.run(Events().deliver), 5)


async def test_market_stream_when_the_venue_stays_away_longer_than_the_library_tries_returns() -> (
    None
):
    """C: the library gives up for ever after five attempts."""

    async def script(socket: Socket) -> None:
        await socket.send(**kline())
        await socket.silence()

    port, events = free_port(), Events()
    async with scripted_venue(port) as scripted:
        venue = connect(scripted)
        venue.market.want([PAIR])
        task = asyncio.create_task(venue.market.run(events.deliver))
        await events.next(is_restored)
    with capture_logs() as logs:
        await wait_until(lambda: sum("Refused" in one["reason"] for one in logs) >= 6)

    async with scripted_venue(port) as scripted:
        scripted.script = script
        await events.next(is_restored)
        await events.next(lambda event: isinstance(event, CandleClosed))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await venue.exchange.close()


async def test_market_stream_when_accepted_and_dropped_backs_off(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    """D, TR-58: connecting succeeds each time, and still the pauses grow."""
    scripted.script, events = Socket.close, Events()
    venue.market.want([PAIR])

    async with running(venue.market.run(events.deliver)):
        for _ in range(6):
            await events.next(is_restored)

    gaps = [after - before for before, after in pairwise(scripted.connected_at)]
    assert gaps[0] < 0.2 < 0.3 < gaps[-1]  # noqa: PLR0133 a margin


async def test_market_stream_that_brings_more_at_once_than_the_library_keeps_loses_nothing(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    """E: the library keeps 100 frames; one more ends its read loop and hides both the error and what it had kept."""
    many = 400

    async def script(socket: Socket) -> None:
        for number in range(many):
            await socket.send(**kline(opened=number * 60_000))
        await socket.silence()

    scripted.script, events = script, Events()
    venue.market.want([PAIR])

    async with running(venue.market.run(events.deliver)):
        await events.next(is_restored)
        for _ in range(many):
            await events.next(lambda event: isinstance(event, CandleClosed))
    assert len(scripted.connected_at) == 1


async def test_market_stream_when_the_venue_announces_its_shutdown_connects_anew(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    """F, TR-57."""

    async def script(socket: Socket) -> None:
        if socket.number == 1:
            await socket.send(stream="!serverShutdown", data={"e": "serverShutdown", "E": 1})
        await socket.silence()

    scripted.script, events = script, Events()
    venue.market.want([PAIR])

    async with running(venue.market.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)


async def test_market_stream_that_falls_silent_connects_anew(
    scripted: ScriptedVenue, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TR-60: half-open, the socket itself looks well."""
    monkeypatch.setattr(market_stream, "_SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(market_link, "_PROBE_EVERY", 0.05)
    venue.exchange._venue_clock.rate = 600.0
    events = Events()
    venue.market.want([PAIR])

    async with running(venue.market.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)


async def test_unfinished_and_unwanted_candles_are_not_delivered(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    """TR-32."""

    async def script(socket: Socket) -> None:
        await socket.send(**kline(closed=False))
        await socket.send(**kline("ETHUSDT"))
        await socket.send(**kline(opened=60_000))
        await socket.silence()

    scripted.script, events = script, Events()
    venue.market.want([PAIR])

    async with running(venue.market.run(events.deliver)):
        await events.next(is_restored)
        await events.next(lambda event: isinstance(event, CandleClosed))
        assert events.seen == []


async def test_new_wanted_candles_connect_anew_and_fewer_do_not(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    queries: list[str] = []

    async def script(socket: Socket) -> None:
        queries.append(socket.query)
        await socket.silence()

    scripted.script, events = script, Events()
    other = ("ETHUSDT", Interval.H1)

    async with running(venue.market.run(events.deliver)):
        assert queries == []  # nothing wanted, no connection
        venue.market.want([PAIR])
        await events.next(is_restored)
        venue.market.want([PAIR, other])
        await events.next(is_restored)
        venue.market.want([PAIR])
        venue.market.want([PAIR, other, ("ADAUSDT", Interval.M1)])
        await events.next(is_restored)

    assert queries == [
        "streams=btcusdt@kline_1m",
        "streams=btcusdt@kline_1m/ethusdt@kline_1h",
        "streams=adausdt@kline_1m/btcusdt@kline_1m/ethusdt@kline_1h",
    ]
