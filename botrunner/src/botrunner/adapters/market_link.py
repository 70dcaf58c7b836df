"""One connection to a market stream, of the venue or of the relay.

Defects of python-binance 1.0.37 that end here (binance.md §2.5): C, E and I, by reading the socket beneath the library
itself: no reconnect that gives up, no queue that overflows and hides it, pings of our own that must be answered; F, by
taking the venue's announcement of a shutdown. And a frame wakes one task less on its way to an order.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from botcore.domain.errors import InvariantBroken
from botcore.domain.market import Interval
from botrunner.adapters.stream_health import MarketSource, SourceWatch
from botrunner.adapters.stream_supervisor import CONNECT_SECONDS, StreamBroken

__all__ = ["CLOSE_SECONDS", "MarketLink", "Pair", "Source", "closed"]

_PROBE_EVERY: Final = 3.0
_PROBE_SECONDS: Final = 5.0
CLOSE_SECONDS: Final = 3.0
_FAREWELL_SECONDS: Final = 0.1
"""For the other side's part of a clean end."""

Pair = tuple[str, Interval]
Take = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a stream comes from; `name` is what logs and counters call it."""

    name: str
    market_source: MarketSource
    stream_url: str
    watch: SourceWatch
    query: str = ""
    may_pause: bool = False
    """In a lockstep replay silence means nothing."""


class MarketLink:
    """A connection that brings the candles of its pairs."""

    def __init__(
        self,
        source: Source,
        pairs: frozenset[Pair],
        *,
        opened: Callable[["MarketLink"], None],
        take: Take,
        silent_seconds: Callable[[], float | None],
    ) -> None:
        """Take what hears of the connection and of each frame, and how long it may stay silent."""
        self.source = source
        self.pairs = pairs
        self.due = asyncio.Event()
        self.is_closed = False
        self._opened = opened
        self._take = take
        self._silent_seconds = silent_seconds
        names = [f"{symbol.lower()}@kline_{interval.value}" for symbol, interval in sorted(pairs)]
        query = f"&{source.query}" if source.query else ""
        self._url = f"{source.stream_url}/stream?streams={'/'.join(names)}{query}"
        self._socket: ClientConnection | None = None
        self._heard_at = 0.0
        self._given_up = ""
        self._farewell: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect."""
        async with asyncio.timeout(CONNECT_SECONDS):
            self._socket = await connect(self._url, close_timeout=_FAREWELL_SECONDS)
        self.source.watch.opened()
        self._opened(self)

    async def carry(self) -> None:
        """Hand on frames until the connection breaks, or nothing is wanted any more."""
        watching = asyncio.create_task(self._watch())
        try:
            with contextlib.suppress(ConnectionClosed):
                async for text in self._open_socket:
                    await self._hear(text)
            if self._farewell is None:
                raise StreamBroken(self._given_up or "the connection is closed")
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _hear(self, text: str | bytes) -> None:
        try:
            frame = json.loads(text)
        except ValueError as error:
            raise StreamBroken(f"no JSON: {error}") from error
        self._heard_at = asyncio.get_running_loop().time()
        self.source.watch.framed()
        if frame.get("data", frame).get("e") == "serverShutdown":
            self.due.set()
        else:
            await self._take(frame)

    def not_wanted(self) -> None:
        """End after what has come."""
        if self._socket is not None:
            self._farewell = asyncio.create_task(closed(self._socket.close()))

    async def close(self) -> None:
        """Let go of the connection."""
        self.is_closed = True
        if self._socket is not None:
            await closed(self._socket.close())

    @property
    def _open_socket(self) -> ClientConnection:
        if self._socket is None:
            raise InvariantBroken("nothing comes by a link that was never open")
        return self._socket

    async def _watch(self) -> None:
        """Prove the connection by a ping in silence; in long silence nothing proves it, and it is dropped (TR-60)."""
        now = asyncio.get_running_loop().time
        self._heard_at = now()
        while not self.source.may_pause and not self._given_up:
            await asyncio.sleep(_PROBE_EVERY)
            silence, most = now() - self._heard_at, self._silent_seconds()
            if most is not None and silence >= most:
                self._given_up = f"silent for {silence:.0f} s"
            elif silence >= _PROBE_EVERY:
                await self._probe()
        if self._given_up:
            self._open_socket.transport.abort()

    async def _probe(self) -> None:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await (await self._open_socket.ping())
        except TimeoutError:
            self._given_up = "a ping was not answered"
        else:
            self.source.watch.proved()


async def closed(closing: Awaitable[None]) -> None:
    """Wait for a clean end, but not for long."""
    with contextlib.suppress(TimeoutError, OSError, WebSocketException):
        async with asyncio.timeout(CLOSE_SECONDS):
            await closing
