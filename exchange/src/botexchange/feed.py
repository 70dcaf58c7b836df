"""Run the market at the venue clock's speed."""

import asyncio
from collections.abc import AsyncIterator

from botcore.runtime.clock import Clock
from botexchange.matching.quotes import Tick
from botexchange.streams.frames import MarketFrames, parse_kline
from botexchange.streams.hub import MarketHub
from botexchange.venue import Venue

__all__ = ["MarketFeed"]

REFRESH_SECONDS = 0.25  # real time between unfinished frames of a stream
SAVE_SECONDS = 1.0  # real time between saves of clock and position
SHORTEST_WAIT = 0.02  # real time; at high speed several trades are handled at once


class MarketFeed:
    """Lets due trades meet the orders and tells the listeners."""

    def __init__(self, venue: Venue, hub: MarketHub, frames: MarketFrames, clock: Clock) -> None:
        """Feed this hub from this venue; `clock` is the real one."""
        self._venue = venue
        self._hub = hub
        self._frames = frames
        self._clock = clock
        self._refreshed = self._saved = 0.0

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            async for _ in self._due():
                await asyncio.sleep(0)  # let the connections send what a closed candle gave them
            await self._refresh()
            await asyncio.sleep(self._wait_seconds())

    async def catch_up(self) -> None:
        """Let every trade that is due happen."""
        async for _ in self._due():
            pass

    async def _due(self) -> AsyncIterator[int]:
        """Perform what is due; give the time of each candle that closed on the way."""
        venue, base = self._venue, self._venue.source.base_ms
        now_ms = venue.now_ms()
        while (boundary := (venue.position_ms // base + 1) * base) <= now_ms:
            await self._trade_until(boundary - 1)
            self._close(boundary)
            await self._trade_until(boundary)
            yield boundary
        await self._trade_until(now_ms)

    async def _trade_until(self, until_ms: int) -> None:
        streams = set(self._hub.streams())
        for tick in self._venue.source.ticks(self._venue.position_ms, until_ms):
            if self._venue.trade(tick):
                await self._venue.durable()
            self._tell_trade(tick, streams)
        self._venue.position_ms = max(self._venue.position_ms, until_ms)

    def _tell_trade(self, tick: Tick, streams: set[str]) -> None:
        stream = f"{tick.symbol.lower()}@trade"
        if stream in streams:
            self._hub.publish(stream, self._frames.trade(tick))

    def _close(self, time_ms: int) -> None:
        for stream in self._hub.streams():
            frame = self._frames.closed(stream, time_ms) if parse_kline(stream) else None
            if frame is not None:
                self._hub.publish(stream, frame)

    async def _refresh(self) -> None:
        """Send unfinished frames a few times per real second, never more."""
        moment = self._clock.boottime()
        if moment - self._saved >= SAVE_SECONDS:
            await self._venue.save_moment()
            self._saved = moment
        if moment - self._refreshed < REFRESH_SECONDS:
            return
        self._refreshed = moment
        now_ms = self._venue.now_ms()
        for stream in self._hub.streams():
            frame = self._frames.current(stream, now_ms)
            if frame is not None:
                self._hub.publish(stream, frame)

    def _wait_seconds(self) -> float:
        following = self._venue.source.next_ms(self._venue.position_ms)
        if following is None:
            return REFRESH_SECONDS
        due = (following - self._venue.now_ms()) / 1_000 / self._venue.clock.speed
        return min(max(due, SHORTEST_WAIT), REFRESH_SECONDS)
