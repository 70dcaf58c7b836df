"""What both streams need: a supervisor that reconnects for ever, and what is done with a frame."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NoReturn

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

__all__ = ["CONNECT_SECONDS", "STREAM_ERRORS", "Receiver", "StreamBroken", "supervise"]

_log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 15.0
_STABLE_SECONDS: Final = 60.0
"""A connection that lasted this long starts the pauses anew."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0


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


async def supervise(name: str, connection: Callable[[], Awaitable[None]], clock: Clock) -> NoReturn:
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
            pause = min(_FIRST_PAUSE * 2**failures, _LONGEST_PAUSE)
            pause *= random.uniform(0.5, 1.0)  # noqa: S311 jitter, no secret
            _log.warning("stream_lost", stream=name, reason=_reason(error), pause=round(pause, 2))
            await asyncio.sleep(pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Hands on what frames bring; in lockstep it also counts them and takes their time."""

    venue_clock: VenueClock
    idle: IdleReporter | None = None

    def restored(self, stream: str, deliver: Deliver) -> None:
        """Tell that a stream is connected: whatever happened meanwhile must be re-read."""
        _log.info("stream_connected", stream=stream)
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
