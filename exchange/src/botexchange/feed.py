"""Run the market at the venue clock's speed."""

import asyncio
from collections.abc import AsyncIterator

from botcore.candles.intervals import SECOND_MS
from botcore.matching.engine import Engine
from botcore.runtime.clock import Clock
from botexchange.market.source import MarketSource
from botexchange.streams.frames import MarketFrames
from botexchange.streams.frames_wanted import WantedStreams
from botexchange.streams.hub import MarketHub
from botexchange.venue import Venue

__all__ = ["MarketFeed", "SourceBooks"]

LONGEST_WAIT = 0.25  # real time
OWN_BOOK_WAIT = 0.05  # a source with books of its own is told by others when something happens
SAVE_SECONDS = 1.0  # real time between saves of clock and position
SHORTEST_WAIT = 0.02  # real time; at high speed several trades are handled at once


class SourceBooks:
    """Shows the engine the books of a source that has its own."""

    def __init__(self, source: MarketSource, engine: Engine) -> None:
        """Take them from this source."""
        self._source = source
        self._engine = engine
        self._shown: dict[str, int] = {}

    def show(self, position_ms: int) -> None:
        """Show the newest books; a symbol that has none any more gets a computed ladder."""
        if not self._source.has_books:
            return
        books = self._source.books(position_ms)
        for symbol, book in books.items():
            if self._shown.get(symbol) != book.update_id:
                self._shown[symbol] = book.update_id
                self._engine.set_book(symbol, book.bids, book.asks)
        for symbol in self._shown.keys() - books.keys():
            del self._shown[symbol]
            self._engine.set_book(symbol, None, None)


class MarketFeed:
    """Lets due trades meet the orders and tells the listeners."""

    def __init__(self, venue: Venue, hub: MarketHub, frames: MarketFrames, clock: Clock) -> None:
        """Feed this hub from this venue; `clock` is the real one."""
        self._venue = venue
        self._hub = hub
        self._frames = frames
        self._clock = clock
        self._wanted = WantedStreams(hub, frames, is_loading=True)
        self._books = SourceBooks(venue.source, venue.engine)
        self._due_at: dict[int, float] = {}
        self._saved = 0.0
        self._loading: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            async for _ in self._trade():
                await asyncio.sleep(0)  # let the connections send what a closed candle gave them
            await self._save()
            self._load()
            self._refresh()
            await asyncio.sleep(self._wait_seconds())

    async def catch_up(self) -> None:
        """Let every trade that is due happen; a start that is broken off goes on from there."""
        async for _ in self._trade():
            await self._save()

    async def _trade(self) -> AsyncIterator[int]:
        """Perform what is due; give the time of each candle that closed on the way."""
        venue = self._venue
        now_ms = venue.now_ms()
        base = SECOND_MS if self._wanted.has_seconds else venue.source.base_ms
        while (boundary := (venue.position_ms // base + 1) * base) <= now_ms:
            await self._trade_until(boundary - 1)
            self._close(boundary)
            await self._trade_until(boundary)
            yield boundary
        await self._trade_until(now_ms)

    async def _trade_until(self, until_ms: int) -> None:
        venue, events = self._venue, 0
        for tick in venue.source.ticks(venue.position_ms, until_ms):
            self._books.show(tick.time_ms)
            events += venue.trade(tick)
        venue.position_ms = max(venue.position_ms, until_ms)
        self._books.show(venue.position_ms)
        if events:
            await venue.durable()
        for topic in self._wanted.trades:
            for frame in self._frames.trades(topic):
                self._hub.publish(topic.stream, frame)

    def _close(self, time_ms: int) -> None:
        for topic in self._wanted.klines:
            frame = self._frames.closed(topic, time_ms)
            if frame is not None:
                self._hub.publish(topic.stream, frame)

    def _load(self) -> None:
        """Fetch what new streams need, while the market goes on."""
        if self._wanted.has_fresh and (self._loading is None or self._loading.done()):
            self._loading = asyncio.create_task(self._wanted.load())

    async def _save(self) -> None:
        moment = self._clock.boottime()
        if moment - self._saved >= SAVE_SECONDS:
            await self._venue.save_moment()
            self._saved = moment

    def _refresh(self) -> None:
        """Send states as often as Binance does, in real time: never more at a higher speed."""
        moment, now_ms = self._clock.boottime(), self._venue.now_ms()
        for every_ms, topics in self._wanted.states.items():
            due = self._due_at.get(every_ms, 0.0)
            if moment < due:
                continue
            every = every_ms / 1_000
            self._due_at[every_ms] = due + every if due + every > moment else moment + every
            for topic in topics:
                frame = self._frames.current(topic, now_ms)
                if frame is not None:
                    self._hub.publish(topic.stream, frame)

    def _wait_seconds(self) -> float:
        venue = self._venue
        wait = OWN_BOOK_WAIT if venue.source.has_books else LONGEST_WAIT
        following = venue.source.next_ms(venue.position_ms)
        if following is not None:
            wait = min(wait, (following - venue.now_ms()) / 1_000 / venue.clock.speed)
        moment = self._clock.boottime()
        timed = [self._due_at.get(every_ms, 0.0) for every_ms in self._wanted.states if every_ms]
        return max(min([wait, *(due - moment for due in timed)]), SHORTEST_WAIT)
