"""A connection is followed by another before it ends, so nothing falls in between (TR-57)."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from botcore.domain.market import Interval
from botrunner.adapters import binance_client, stream_supervisor, user_stream
from botrunner.adapters.binance_venue import BinanceVenue
from botrunner.trading.events import CandleClosed, TimerFired
from tests.exchange.server import Server
from tests.runner.scripted_venue import ScriptedVenue, Socket, kline, scripted_venue
from tests.runner.test_stream_defects import connect, is_restored
from tests.runner.venues import Events, running, trading, wait_until

PAIR = ("BTCUSDT", Interval.M1)
SHUTDOWN = {"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": 1}}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_supervisor, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(stream_supervisor, "_SUCCESSOR_PAUSE", 0.1)


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedVenue]:
    async with scripted_venue() as venue:
        yield venue


@pytest.fixture
async def venue(scripted: ScriptedVenue) -> AsyncIterator[BinanceVenue]:
    made = connect(scripted)
    made.market.want([PAIR])
    yield made
    await made.exchange.close()


class Door:
    """Counts who is connected, and the most at a time."""

    def __init__(self) -> None:
        self.open = 0
        self.most = 0
        self.least_after_first = 9

    async def serve(self, socket: Socket, *first: dict[str, object]) -> None:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            for frame in first:
                await socket.send(**frame)
            await socket.silence()
        finally:
            self.open -= 1
            self.least_after_first = min(self.least_after_first, self.open)


async def test_announced_shutdown_connects_the_new_one_before_the_old_one_closes(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    """F, TR-57: and what both bring is told once."""
    door, events = Door(), Events()

    async def script(socket: Socket) -> None:
        frames = [kline(), SHUTDOWN] if socket.number == 1 else [kline(), kline(opened=60_000)]
        await door.serve(socket, *frames)

    scripted.script = script
    async with running(venue.market.run(events.deliver)):
        await wait_until(lambda: len([e for e in events.seen if is_restored(e)]) == 2)
        await wait_until(lambda: door.open == 1)
        assert door.most == 2
        assert door.least_after_first == 1
        await wait_until(lambda: len(closes(events)) >= 2)

    assert closes(events) == [1, 2]


def closes(events: Events) -> list[int]:
    return [one.candle.close_at.minute for one in events.seen if isinstance(one, CandleClosed)]


async def test_planned_end_comes_before_the_venues_and_is_spread(
    scripted: ScriptedVenue, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stream_supervisor._LIFE_SECONDS * (1 - stream_supervisor._LIFE_JITTER) > 21 * 3_600
    assert stream_supervisor._LIFE_SECONDS <= 23 * 3_600
    monkeypatch.setattr(stream_supervisor, "_LIFE_SECONDS", 0.5)
    door, events = Door(), Events()
    scripted.script = door.serve

    async with running(venue.market.run(events.deliver)):
        await wait_until(lambda: venue.health.reconnects.get("market", 0) >= 3)
        fewest = door.least_after_first

    assert door.most == 2
    assert fewest >= 1


async def test_successor_that_can_not_connect_is_tried_again_while_the_old_one_delivers(
    scripted: ScriptedVenue, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_supervisor, "CONNECT_SECONDS", 0.3)
    events, refusals = Events(), []

    async def script(socket: Socket) -> None:
        if socket.number == 1:
            await socket.send(**SHUTDOWN)
            await wait_until(lambda: len(refusals) >= 2)
            await socket.send(**kline())
        await socket.silence()

    scripted.script = script
    connecting = venue.market._link

    def link(*given: object) -> object:
        made = connecting(*given)  # type: ignore[arg-type]
        if len(scripted.connected_at) and len(refusals) < 2:
            refusals.append(made)
            made._url = "ws://127.0.0.1:1/"
        return made

    monkeypatch.setattr(venue.market, "_link", link)
    async with running(venue.market.run(events.deliver)):
        await events.next(is_restored)
        await events.next(lambda event: isinstance(event, CandleClosed))
        await events.next(is_restored)

    assert len(scripted.connected_at) == 2


async def test_user_stream_hands_over_before_a_shutdown(
    scripted: ScriptedVenue, venue: BinanceVenue
) -> None:
    door, events = Door(), Events()

    async def script(socket: Socket) -> None:
        door.open += 1
        door.most = max(door.most, door.open)
        await socket.answer(forever=False)
        if socket.number == 1:
            await socket.send(event={"e": "serverShutdown", "E": 1})
        await socket.answer()
        door.open -= 1

    scripted.script = script
    async with running(venue.user.run(events.deliver)):
        await events.next(is_restored)
        await events.next(is_restored)
        await wait_until(lambda: door.open == 1)

    assert door.most == 2


async def test_user_stream_that_floods_is_bounded_and_read_again(
    scripted: ScriptedVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """J: the library's own queue of user events has no bound."""
    monkeypatch.setattr(binance_client, "_QUEUE_SIZE", 20)
    made, events = connect(scripted), Events()
    reading = asyncio.Event()

    async def slow(*_: object) -> None:
        await reading.wait()

    monkeypatch.setattr(made.user._receiver.__class__, "take", slow)

    async def script(socket: Socket) -> None:
        await socket.answer(forever=False)
        if socket.number == 1:
            for number in range(200):
                await socket.send(subscriptionId=0, event={"e": "listStatus", "E": number})
        await socket.answer()

    scripted.script = script
    async with running(made.user.run(events.deliver)):
        await events.next(is_restored)
        assert made.user._link is not None
        queue = made.user._link._client.user_events
        await wait_until(lambda: queue.qsize() >= 20)
        await asyncio.sleep(0.2)
        assert queue.qsize() <= 21  # and the error that tells of it
        reading.set()
        await events.next(is_restored)
    await made.exchange.close()


async def test_orders_are_asked_for_while_the_account_stream_gives_no_sign_of_life(
    scripted: ScriptedVenue, venue: BinanceVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TR-60."""
    monkeypatch.setattr(user_stream, "_AWAY_SECONDS", 0.2)
    monkeypatch.setattr(user_stream, "_ASK_EVERY", 0.05)
    scripted.script, events = Socket.close, Events()

    async with running(venue.user.run(events.deliver)):
        for _ in range(3):
            await events.next(lambda event: event == TimerFired(tick=0))

    assert venue.health.connections["user"] == 0


@pytest.mark.e2e
async def test_venue_that_ends_every_connection_soon_loses_no_candle(exchange: Server) -> None:
    """Against the real exchange: ten successions, every candle once and in order."""
    events = Events()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_supervisor, "_LIFE_SECONDS", 0.7)
        async with trading(exchange) as trader:
            trader.venue.market.want([PAIR])
            async with running(trader.venue.market.run(events.deliver)):
                await wait_until(lambda: trader.venue.health.reconnects.get("market", 0) >= 10, 60)
    candles = [event.candle for event in events.seen if isinstance(event, CandleClosed)]

    assert len(candles) >= 4
    assert all(one.close_at == following.open_at for one, following in pairwise(candles))
