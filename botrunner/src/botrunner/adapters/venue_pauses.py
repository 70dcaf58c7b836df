"""Silence that the venue asked of one bot, passed on to all that reach it from the same address (TR-53, design §7)."""

import asyncio
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Final

import structlog

from botcore.domain.errors import NotAllowed, Transient
from botcore.runtime.clock import Clock
from botrunner.adapters.rate_limits import RateLimits

__all__ = ["VenuePauses"]

_log = structlog.get_logger(__name__)
_AGAIN: Final = 1.0
"""Seconds before the ledger is tried again."""


class VenuePauses:
    """Tells the others by the ledger; what they told comes with every look at the lease."""

    def __init__(
        self, limits: RateLimits, clock: Clock, tell: Callable[[int], Awaitable[None]]
    ) -> None:
        """Listen to these limits; `tell` writes the seconds of a pause."""
        self._clock = clock
        self._tell = tell
        self._until = 0.0
        self._is_due = asyncio.Event()
        limits.on_silent_seconds = self._note

    def _note(self, seconds: float) -> None:
        self._until = max(self._until, self._clock.boottime() + seconds)
        self._is_due.set()

    async def run(self) -> None:
        """Pass on each pause until cancelled; while the ledger is away until the pause is over."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            left = ceil(self._until - self._clock.boottime())
            if left <= 0:
                continue
            try:
                await self._tell(left)
                _log.warning("venue_paused_for_all", seconds=left)
            except (Transient, NotAllowed) as error:
                _log.warning("venue_pause_not_told", reason=str(error))
                await asyncio.sleep(_AGAIN)
                self._is_due.set()
