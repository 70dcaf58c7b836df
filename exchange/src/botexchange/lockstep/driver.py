"""Release a replay one event at a time."""

import asyncio

import structlog

from botexchange.clock import LockstepClock
from botexchange.lockstep.gate import Gate
from botexchange.market.source import MarketSource
from botexchange.streams.frames import MarketFrames
from botexchange.streams.frames_topics import TopicKind
from botexchange.streams.frames_wanted import WantedStreams
from botexchange.streams.hub import MarketHub
from botexchange.venue import Venue

__all__ = ["LockstepDriver"]

_log = structlog.get_logger(__name__)


class LockstepDriver:
    """Moves the market only when every participant is idle.

    One step is a candle. If an order fills inside it, the fill's events go out at that moment,
    when all symbols have traded, and the rest of the candle waits for the participants too.
    """

    def __init__(
        self, venue: Venue, hub: MarketHub, frames: MarketFrames, gate: Gate, clock: LockstepClock
    ) -> None:
        """Drive this venue through this gate."""
        self._venue = venue
        self._hub = hub
        self._frames = frames
        self._gate = gate
        self._clock = clock
        self._wanted = WantedStreams(hub, frames)

    async def run(self) -> None:
        """Run to the end of the source, then stand still."""
        source = self._venue.source
        await self._gate.wait()
        while (following := source.next_ms(self._venue.position_ms)) is not None:
            boundary = (following // source.base_ms + 1) * source.base_ms
            await self._step(source, boundary)
        self._gate.is_finished = True
        _log.info("replay_finished", candles=self._gate.released)
        await asyncio.Event().wait()

    async def _step(self, source: MarketSource, boundary: int) -> None:
        venue = self._venue
        while (time_ms := source.next_ms(venue.position_ms)) is not None and time_ms < boundary:
            self._clock.advance(time_ms)
            # Nothing is stored within a moment: after a kill the rest of its trades would be lost.
            events = sum([venue.trade(tick) for tick in source.ticks(time_ms - 1, time_ms)])
            venue.position_ms = time_ms
            if events:
                await venue.durable()
                await self._gate.wait()
        venue.position_ms = boundary - 1
        self._clock.advance(boundary)
        await venue.save_moment()
        self._gate.released += 1
        self._tell(boundary)
        await self._gate.wait()

    def _tell(self, boundary: int) -> None:
        """Send trades, closed candles and one frame of every other stream."""
        for topic in self._wanted.trades:
            for trade in self._frames.trades(topic):
                self._hub.publish(topic.stream, trade)
        for topics in self._wanted.states.values():
            for topic in topics:
                is_kline = topic.kind is TopicKind.KLINE
                build = self._frames.closed if is_kline else self._frames.current
                frame = build(topic, boundary)
                if frame is not None:
                    self._hub.publish(topic.stream, frame)
