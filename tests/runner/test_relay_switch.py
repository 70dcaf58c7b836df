"""Candles come from the relay; without it from the venue itself, and nothing is lost or doubled (I10)."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise

import pytest

from botcore.domain.market import Candle, Interval
from botcore.runtime.clock import SystemClock
from botrunner.adapters import market_stream
from botrunner.adapters.binance_client import Endpoints, ExchangeKey, RelayEndpoints
from botrunner.adapters.binance_venue import BinanceVenue, binance_venue
from botrunner.adapters.stream_health import MarketSource
from botrunner.trading.events import CandleClosed, Event, StreamRestored
from tests.exchange.relays import Relay, Wire
from tests.exchange.server import Server
from tests.runner.venues import running, wait_until

pytestmark = pytest.mark.e2e
PAIR = ("BTCUSDT", Interval.M1)
SPEED = 20
"""A candle closes every three seconds."""


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("upstream"), "--seed=7", f"--speed={SPEED}")
    yield server
    server.kill()


@pytest.fixture
async def relay(upstream: Server) -> AsyncIterator[Relay]:
    server = await asyncio.to_thread(Relay, upstream.port)
    yield server
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(server.kill)


def connect(upstream: Server, relay_port: int, *, rest_port: int | None = None) -> BinanceVenue:
    endpoints = Endpoints(
        rest_url=f"http://127.0.0.1:{rest_port or upstream.port}",
        ws_api_url=f"ws://127.0.0.1:{upstream.port}/ws-api/v3",
        stream_url=f"ws://127.0.0.1:{upstream.port}",
        relay=RelayEndpoints(
            rest_url=f"http://127.0.0.1:{relay_port}", stream_url=f"ws://127.0.0.1:{relay_port}"
        ),
    )
    key = ExchangeKey(api_key="k", secret="s")
    return binance_venue(endpoints, key, SystemClock(), may_send=lambda: True)


class Listener:
    """Does what the engine does: takes candles, and reads again what it may have missed."""

    def __init__(self, venue: BinanceVenue) -> None:
        self.venue = venue
        self.told: list[Candle] = []
        self.known: dict[object, Candle] = {}
        self.at: list[float] = []
        self._restored = asyncio.Event()

    def deliver(self, event: Event) -> None:
        if isinstance(event, StreamRestored):
            self._restored.set()
        elif isinstance(event, CandleClosed):
            self.told.append(event.candle)
            self.at.append(asyncio.get_running_loop().time())
            self.known[event.candle.close_at] = event.candle

    async def read_again(self) -> None:
        while True:
            await self._restored.wait()
            self._restored.clear()
            for candle in await self.venue.exchange.candles(*PAIR, 50):
                assert self.known.setdefault(candle.close_at, candle) == candle

    async def next(self, seconds: float = 30) -> float:
        """Wait for one more candle of the stream; return when it came."""
        before = len(self.told)
        await wait_until(lambda: len(self.told) > before, seconds)
        return self.at[before]


async def assert_whole(upstream: Server, listener: Listener) -> None:
    """Check that no candle was told twice or backwards, that none is missing, and each is the venue's."""
    closes = [candle.close_at for candle in listener.told]
    assert closes == sorted(set(closes))
    known = sorted(listener.known.values(), key=lambda candle: candle.close_at)
    assert all(one.close_at == following.open_at for one, following in pairwise(known))
    truth = await connect_direct(upstream, len(known) + 5)
    assert {candle.close_at: candle for candle in known}.items() <= truth.items()


async def connect_direct(upstream: Server, count: int) -> dict[object, Candle]:
    direct = connect(upstream, 1)
    try:
        await direct.exchange.open()
        read = await direct.exchange.candles(*PAIR, count)
    finally:
        await direct.exchange.close()
    return {candle.close_at: candle for candle in read}


async def test_killed_relay_is_replaced_by_the_venue_and_taken_again_when_it_is_back(
    upstream: Server, relay: Relay, record_property: Callable[[str, object], None]
) -> None:
    loop = asyncio.get_running_loop()
    async with Wire(relay.port) as wire:  # its address stays when the relay starts again
        venue = connect(upstream, wire.port)
        listener, health = Listener(venue), venue.health
        await venue.exchange.open()
        venue.market.want([PAIR])
        async with running(venue.market.run(listener.deliver), listener.read_again()):
            await listener.next()
            assert health.market_source is MarketSource.RELAY
            assert not health.is_stale
            relay.kill()
            killed = loop.time()
            await wait_until(lambda: health.market_source is MarketSource.VENUE, 20)
            switched = loop.time() - killed
            first = await listener.next() - killed
            assert not health.is_stale

            await asyncio.to_thread(relay.start)
            wire._target = relay.port
            returned = loop.time()
            await wait_until(lambda: health.market_source is MarketSource.RELAY, 40)
            back = loop.time() - returned
            for _ in range(2):
                await listener.next()
        await venue.exchange.close()

    record_property("seconds to the venue", round(switched, 1))
    record_property("seconds to its first candle", round(first, 1))
    record_property("seconds back to the relay", round(back, 1))
    await assert_whole(upstream, listener)
    assert 9 < switched < 9 + 10
    assert first < switched + 10
    assert 9 < back < 30
    assert health.reconnects["relay"] >= 1


@pytest.mark.parametrize("trouble", ["upstream lost", "relay frozen"])
async def test_relay_that_is_stale_is_replaced_and_taken_again(
    upstream: Server, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """It says so itself, or says nothing at all."""
    monkeypatch.setattr(market_stream, "STALE_SECONDS", 3.0)
    async with Wire(upstream.port) as wire:
        relay = await asyncio.to_thread(Relay, wire.port)
        venue = connect(upstream, relay.port)
        listener, health = Listener(venue), venue.health
        try:
            await venue.exchange.open()
            venue.market.want([PAIR])
            async with running(venue.market.run(listener.deliver), listener.read_again()):
                await listener.next()
                if trouble == "relay frozen":
                    relay.process.send_signal(signal.SIGSTOP)
                else:
                    wire.is_open = False
                    wire.cut()
                await wait_until(lambda: health.market_source is MarketSource.VENUE, 20)
                await listener.next()
                assert health.relay.is_told_stale == (trouble == "upstream lost")
                relay.process.send_signal(signal.SIGCONT)
                wire.is_open = True
                await wait_until(lambda: health.market_source is MarketSource.RELAY, 40)
                await listener.next()
        finally:
            await venue.exchange.close()
            relay.process.send_signal(signal.SIGCONT)
            await asyncio.to_thread(relay.kill)

    await assert_whole(upstream, listener)


async def test_relay_that_is_away_from_the_start_holds_no_bot_up(
    upstream: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market_stream, "STALE_SECONDS", 1.0)
    venue = connect(upstream, 1)
    listener = Listener(venue)
    await venue.exchange.open()
    venue.market.want([PAIR])
    async with running(venue.market.run(listener.deliver), listener.read_again()):
        await listener.next()
        await wait_until(lambda: listener.known != {})
    await venue.exchange.close()

    assert venue.health.market_source is MarketSource.VENUE
    assert not venue.health.is_stale
    await assert_whole(upstream, listener)


async def test_candles_are_asked_of_the_relay_as_long_as_it_is_live(
    upstream: Server, relay: Relay
) -> None:
    """Back-fill of many bots costs the venue one query."""
    async with Wire(upstream.port) as direct:
        venue = connect(upstream, relay.port, rest_port=direct.port)
        await venue.exchange.open()
        venue.market.want([PAIR])
        by_relay = await venue.exchange.candles(*PAIR, 20)
        before = direct.connections
        direct.cut()
        direct.is_open = False  # the venue itself would not answer
        again = await venue.exchange.candles(*PAIR, 20)
        await venue.exchange.close()
        assert direct.connections == before

    truth = await connect_direct(upstream, 40)
    for candle in (*by_relay, *again):
        assert truth[candle.close_at] == candle
    assert len(again) >= 19
