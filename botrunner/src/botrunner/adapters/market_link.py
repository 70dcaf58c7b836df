"""One connection to a market stream, of the venue or of the relay.

Defects of python-binance 1.0.37 that end here (binance.md §2.5): C, by never letting the library reconnect; E, by an
own queue size and reading the queue past the library's recv(); F, by taking the venue's announcement of a shutdown;
I, by pings of our own that must be answered.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from websockets.exceptions import WebSocketException

from botcore.domain.market import Interval
from botrunner.adapters.binance_library import ReconnectingWebsocket, WSListenerState
from botrunner.adapters.stream_health import MarketSource, SourceWatch
from botrunner.adapters.stream_supervisor import CONNECT_SECONDS, StreamBroken

__all__ = ["CLOSE_SECONDS", "MarketLink", "Pair", "Source", "closed", "ending"]

_QUEUE_SIZE: Final = 10_000
_PROBE_EVERY: Final = 3.0
_PROBE_SECONDS: Final = 5.0
CLOSE_SECONDS: Final = 3.0

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


class _MarketSocket(ReconnectingWebsocket):  # type: ignore[misc]  # python-binance ships no types
    """The library's socket without its own reconnect, which gives up after some attempts (C)."""

    MAX_RECONNECTS = 0


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
        self._socket = _MarketSocket(
            url=f"{source.stream_url}/",
            prefix="stream?streams=",
            path="/".join(names) + (f"&{source.query}" if source.query else ""),
            max_queue_size=_QUEUE_SIZE,
        )

    async def open(self) -> None:
        """Connect."""
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._socket.connect()
        self.source.watch.opened()
        self._opened(self)

    async def carry(self) -> None:
        """Hand on frames until the connection breaks, or nothing is wanted any more."""
        while True:
            frame = await self._next()
            self.source.watch.framed()
            data = frame.get("data", frame)
            if data.get("e") == _NOT_WANTED:
                return
            if data.get("e") == "serverShutdown":
                self.due.set()
            elif data.get("e") == "error":
                raise StreamBroken(ending(data))
            else:
                await self._take(frame)

    def not_wanted(self) -> None:
        """End after what has come."""
        self._queue.put_nowait({"e": _NOT_WANTED})

    async def close(self) -> None:
        """Let go of the connection."""
        self.is_closed = True
        self._socket.ws_state = WSListenerState.EXITING
        if self._socket.ws is not None:
            await closed(self._socket.ws.close())

    @property
    def _queue(self) -> "asyncio.Queue[Mapping[str, Any]]":
        queue: asyncio.Queue[Mapping[str, Any]] = self._socket._queue  # noqa: SLF001 recv() hides timeouts
        return queue

    async def _next(self) -> Mapping[str, Any]:
        """Wait for a frame; in silence a ping proves the connection, in long silence nothing does (TR-60)."""
        if self.source.may_pause:
            return await self._queue.get()
        async with asyncio.timeout(self._silent_seconds()):
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_PROBE_EVERY):
                        return await self._queue.get()
                await self._probe()

    async def _probe(self) -> None:
        async with asyncio.timeout(_PROBE_SECONDS):
            await (await self._socket.ws.ping())
        self.source.watch.proved()


_NOT_WANTED: Final = "notWanted"


def ending(event: Mapping[str, Any]) -> str:
    """Say how a connection ended; the library tells errors as events."""
    return f"{event.get('type', event['e'])} {event.get('m', '')}".strip()


async def closed(closing: Awaitable[None]) -> None:
    """Wait for a clean end, but not for long."""
    with contextlib.suppress(TimeoutError, OSError, WebSocketException):
        async with asyncio.timeout(CLOSE_SECONDS):
            await closing
