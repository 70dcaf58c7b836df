"""What all streams need: a supervisor that reconnects for ever, successors without a gap, and what a frame brings."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

import structlog
from websockets.exceptions import WebSocketException

from botcore.domain.errors import Transient
from botcore.runtime.clock import Clock
from botrunner.adapters.binance_library import (
    BinanceAPIException,
    BinanceWebsocketUnableToConnect,
)
from botrunner.adapters.lockstep import IdleReporter
from botrunner.adapters.venue_clock import VenueClock
from botrunner.ports import Deliver
from botrunner.trading.events import Event, StreamRestored

__all__ = [
    "CONNECT_SECONDS",
    "STREAM_ERRORS",
    "Link",
    "Receiver",
    "StreamBroken",
    "carry_on",
    "supervise",
]

_log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 15.0
_STABLE_SECONDS: Final = 60.0
"""A connection that lasted this long starts the pauses anew."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_LIFE_SECONDS: Final = 23 * 3_600.0
"""How long a connection is kept; the venue ends it at 24 h (TR-57)."""
_LIFE_JITTER: Final = 0.05
_SUCCESSOR_PAUSE: Final = 5.0
"""Seconds before a successor that could not connect is tried again, while its predecessor lives."""


class StreamBroken(Exception):
    """The stream has to be connected anew."""


STREAM_ERRORS: Final = (
    StreamBroken,
    Transient,
    OSError,
    TimeoutError,
    WebSocketException,
    BinanceAPIException,
    BinanceWebsocketUnableToConnect,
)
"""How a connection ends; anything else is our own fault and ends the process."""


async def supervise(
    name: str,
    connection: Callable[[], Awaitable[None]],
    clock: Clock,
    *,
    longest_pause: float = _LONGEST_PAUSE,
) -> NoReturn:
    """Run one connection after the other; one that returns by itself is followed at once.

    The pause grows while connections don't last, also when connecting itself succeeds (TR-58), and is jittered
    since many bots lose their venue in the same moment (TR-57).
    """
    failures = 0
    while True:
        began = clock.boottime()
        try:
            await connection()
        except STREAM_ERRORS as error:
            failures = 0 if clock.boottime() - began >= _STABLE_SECONDS else failures + 1
            pause = min(_FIRST_PAUSE * 2**failures, longest_pause)
            pause *= random.uniform(0.5, 1.0)  # noqa: S311 jitter, no secret
            _log.warning("stream_lost", stream=name, reason=_reason(error), pause=round(pause, 2))
            await asyncio.sleep(pause)


class Link(Protocol):
    """One connection of a stream."""

    due: asyncio.Event
    """Set when a successor is to take over: a planned end, another key, other candles."""

    async def open(self) -> None:
        """Connect; raises one of STREAM_ERRORS."""
        ...

    async def carry(self) -> None:
        """Deliver until the connection breaks, which raises one of STREAM_ERRORS, or nothing is wanted."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


async def carry_on(name: str, make: Callable[[], Link], *, overlaps: bool = True) -> None:
    """Live through a connection and its successors until one breaks or is not wanted any more.

    A successor is connected before its predecessor closes, so that nothing falls in between (TR-57); what both
    bring comes twice. Without `overlaps` the predecessor closes first.
    """
    link = make()
    carrying: asyncio.Task[None] | None = None
    try:
        await link.open()
        carrying = asyncio.create_task(link.carry())
        while not await _is_over(link, carrying):
            if not overlaps:
                return  # the supervisor connects at once
            link.due.set()  # until one took over
            following = await _successor(name, make, carrying)
            if following is None:
                continue
            try:
                await _let_go(link, carrying)
            finally:  # also where this is cancelled meanwhile: the successor is ours to close
                link, carrying = following, None
            carrying = asyncio.create_task(link.carry())
    finally:
        await _let_go(link, carrying)


async def _is_over(link: Link, carrying: asyncio.Task[None]) -> bool:
    """Wait until a successor is due; True if the connection ended by itself. Raises what broke it."""
    due = asyncio.create_task(link.due.wait())
    life = _LIFE_SECONDS * random.uniform(1 - _LIFE_JITTER, 1.0)  # noqa: S311 jitter, no secret
    try:
        await asyncio.wait({carrying, due}, timeout=life, return_when=asyncio.FIRST_COMPLETED)
    finally:
        due.cancel()
    if carrying.done():
        carrying.result()
    return carrying.done()


async def _successor(
    name: str, make: Callable[[], Link], carrying: asyncio.Task[None]
) -> Link | None:
    """Connect a successor; None after a pause if that failed, since the predecessor still delivers."""
    link = make()
    try:
        await link.open()
    except STREAM_ERRORS as error:
        await link.close()
        _log.warning("stream_successor_failed", stream=name, reason=_reason(error))
        await asyncio.wait({carrying}, timeout=_SUCCESSOR_PAUSE)
        return None
    except BaseException:
        await link.close()
        raise
    _log.info("stream_handed_over", stream=name)
    return link


async def _let_go(link: Link, carrying: asyncio.Task[None] | None) -> None:
    try:
        if carrying is not None:
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)
    finally:
        await link.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Hands on what frames bring; in lockstep it also counts them and takes their time."""

    venue_clock: VenueClock
    idle: IdleReporter | None = None

    def restored(self, stream: str, deliver: Deliver, *, source: str = "venue") -> None:
        """Tell that a stream is connected: whatever happened meanwhile must be re-read."""
        _log.info("stream_connected", stream=stream, source=source)
        if self.idle is not None:
            self.idle.frames.may_have_lost = True
        deliver(StreamRestored(stream=stream))

    async def take(self, venue_ms: int | None, event: Event | None, deliver: Deliver) -> None:
        """Take one frame of market or user data with the event it brings, if any."""
        if self.idle is None:
            if event is not None:
                deliver(event)
            return
        if venue_ms is not None:
            self.venue_clock.observe(venue_ms)
        frames = self.idle.frames
        was_idle = frames.was_idle
        frames.take()
        if event is not None:
            deliver(event)
        elif was_idle:  # nothing wakes the engine, so nobody else would tell the exchange
            await self.idle.report()


def _reason(error: Exception) -> str:
    if isinstance(error, BinanceAPIException):
        return f"{error.code}: {error.message}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
