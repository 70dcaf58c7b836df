"""Closed candles from the relay or from the venue itself, whichever is well (I10, TR-32, TR-57, TR-60).

The relay is followed all the time. Once it has been stale or away for ten seconds the venue's own stream is
followed besides, until the relay has been well for as long. What both bring is told once, and every new
connection has its listener read again what it may have missed, so no switch loses or doubles a candle.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import inf
from typing import Any, Final

import structlog

from botcore.runtime.clock import Clock
from botrunner.adapters.binance_client import Endpoints
from botrunner.adapters.binance_mapping import candle_closed
from botrunner.adapters.market_link import MarketLink, Pair, Source
from botrunner.adapters.stream_health import STALE_SECONDS, MarketSource, StreamHealth
from botrunner.adapters.stream_supervisor import Receiver, carry_on, supervise
from botrunner.ports import Deliver
from botrunner.trading.events import CandleClosed

__all__ = ["MarketStream"]

_log = structlog.get_logger(__name__)
_SILENCE_SECONDS: Final = 60.0
_LOOK_EVERY: Final = 0.25
_SWITCH_JITTER: Final = 3.0
"""Seconds over which the bots of a lost relay spread (TR-57: 300 connections in 5 minutes)."""
_RELAY_PAUSE: Final = 5.0
"""Longest seconds between two tries to reach the relay; it is ours and takes them."""
_LATE_SECONDS: Final = 10.0
"""A frame of the relay that is older proves nothing."""


class MarketStream:
    """Closed candles of the wanted pairs, on connections that know no key."""

    def __init__(
        self, *, endpoints: Endpoints, clock: Clock, receiver: Receiver, health: StreamHealth
    ) -> None:
        """Want nothing yet."""
        is_lockstep = endpoints.participant is not None
        self._venue = Source(
            name="market",
            market_source=MarketSource.VENUE,
            stream_url=endpoints.stream_url,
            watch=health.venue,
            query=endpoints.lockstep_query,
            may_pause=is_lockstep,
        )
        relay = endpoints.relay
        self._relay: Source | None = None
        if relay is not None:
            self._relay = Source(
                name="relay",
                market_source=MarketSource.RELAY,
                stream_url=relay.stream_url,
                watch=health.relay,
            )
        self._overlaps = not is_lockstep  # its exchange counts the frames of each connection
        self._clock = clock
        self._receiver = receiver
        self._health = health
        self._wanted: frozenset[Pair] = frozenset()
        self._is_wanted = asyncio.Event()
        self._links: set[MarketLink] = set()
        self._told: dict[Pair, datetime] = {}

    def want(self, pairs: Iterable[Pair]) -> None:
        """Say which (symbol, interval) pairs to deliver from now on; new ones need a new connection."""
        before, self._wanted = self._wanted, frozenset(pairs)
        if not self._wanted:
            self._is_wanted.clear()
            self._use(MarketSource.NONE, "nothing is wanted")
        elif not before:
            self._health.relay.began()
            self._health.venue.began()
            first = self._venue if self._relay is None else self._relay
            self._use(first.market_source, "candles are wanted")
            self._is_wanted.set()
        for link in self._links:
            self._adapt(link)

    async def run(self, deliver: Deliver) -> None:
        """Run until cancelled."""
        if self._relay is None:
            await self._follow(self._venue, deliver)
        else:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(self._relay, deliver, longest_pause=_RELAY_PAUSE))
                group.create_task(self._stand_in(deliver))

    async def _follow(
        self, source: Source, deliver: Deliver, *, longest_pause: float = 30.0
    ) -> None:
        async def lives() -> None:
            await self._is_wanted.wait()
            try:
                await carry_on(
                    source.name, lambda: self._link(source, deliver), overlaps=self._overlaps
                )
            finally:
                source.watch.lost()

        await supervise(source.name, lives, self._clock, longest_pause=longest_pause)

    async def _stand_in(self, deliver: Deliver) -> None:
        """Follow the venue's own stream while the relay is not well."""
        while True:
            await _until(lambda: self._health.relay.ill_seconds if self._wanted else 0.0)
            self._health.venue.began()
            self._use(MarketSource.VENUE, "the relay is stale")
            async with asyncio.TaskGroup() as group:
                direct = group.create_task(self._follow(self._venue, deliver))
                await _until(lambda: self._health.relay.well_seconds if self._wanted else inf)
                direct.cancel()
            if self._wanted:
                self._use(MarketSource.RELAY, "the relay is well")

    def _use(self, source: MarketSource, reason: str) -> None:
        if source is not self._health.market_source:
            self._health.market_source = source
            _log.warning("market_source_changed", source=source.value, reason=reason)

    def _adapt(self, link: MarketLink) -> None:
        if not self._wanted:
            link.not_wanted()
        elif not self._wanted <= link.pairs:
            link.due.set()

    def _link(self, source: Source, deliver: Deliver) -> MarketLink:
        async def take(frame: Mapping[str, Any]) -> None:
            await self._take(source, frame, deliver)

        def opened(link: MarketLink) -> None:
            self._links.add(link)
            self._health.connections[source.name] += 1
            self._adapt(link)  # to what was wanted while it was connecting
            self._receiver.restored("market", deliver, source=source.market_source.value)

        link = MarketLink(
            source, self._wanted, opened=opened, take=take, silent_seconds=self._reconnect_after
        )
        self._links = {one for one in self._links if not one.is_closed}
        return link

    async def _take(self, source: Source, frame: Mapping[str, Any], deliver: Deliver) -> None:
        data = frame.get("data", frame)
        kind = data.get("e")
        if kind == "relayStatus":
            self._hear(source, data, deliver)
        if kind != "kline":
            return
        if source is self._relay:
            self._judge(source, frame)
        else:
            source.watch.proved()
        event = candle_closed(data)
        if event is not None and not self._is_news(event):
            event = None
        await self._receiver.take(data["E"], event, deliver)

    def _hear(self, source: Source, status: Mapping[str, Any], deliver: Deliver) -> None:
        """Take what the relay says of itself: its upstream is lost or back, or frames are lost for good."""
        is_live = status.get("s") == "live"
        if is_live == source.watch.is_told_stale:
            _log.warning("relay_live" if is_live else "relay_stale", silent_ms=status.get("a"))
        source.watch.told(is_live=is_live)
        if "gap" in status:
            self._receiver.restored("market", deliver, source=source.market_source.value)

    def _judge(self, source: Source, frame: Mapping[str, Any]) -> None:
        """Take a frame's own word on how fresh it is; one that is late proves nothing."""
        is_live = frame.get("relay", {}).get("s") == "live"
        venue_clock = self._receiver.venue_clock
        late = venue_clock.now().timestamp() - frame["data"]["E"] / 1_000
        if not is_live or late <= _LATE_SECONDS * max(venue_clock.rate, 1.0):
            source.watch.told(is_live=is_live)

    def _is_news(self, event: CandleClosed) -> bool:
        """Tell whether a candle is wanted, and newer than all that were told; the rest is read by query."""
        candle = event.candle
        pair = (candle.symbol, candle.interval)
        told = self._told.get(pair)
        if pair not in self._wanted or (told is not None and candle.close_at <= told):
            return False
        self._told[pair] = candle.close_at
        return True

    def _reconnect_after(self) -> float | None:
        """Return after how many seconds of real time silence is suspect."""
        shortest = min((pair[1].length for pair in self._wanted), default=None)
        if shortest is None:
            return _SILENCE_SECONDS
        rate = max(self._receiver.venue_clock.rate, 1.0)
        return max(_SILENCE_SECONDS, 2 * shortest.total_seconds() / rate)


async def _until(seconds: Callable[[], float]) -> None:
    """Wait until something has lasted for ten seconds and a moment of this bot's own."""
    enough = STALE_SECONDS + random.uniform(0, _SWITCH_JITTER)  # noqa: S311 jitter, no secret
    while seconds() < enough:  # noqa: ASYNC110 nobody signals that time has passed
        await asyncio.sleep(_LOOK_EVERY)
