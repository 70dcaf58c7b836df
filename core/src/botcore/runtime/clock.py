"""The only reader of the machine's clocks."""

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the time; handed in wherever time matters."""

    def now(self) -> datetime:
        """Return the wall clock as aware UTC."""
        ...

    def boottime(self) -> float:
        """Return seconds since boot; runs on through suspension and ignores wall-clock steps (I1)."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the wall clock as aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 the one place

    def epoch_ms(self) -> int:
        """Return the wall clock in ms since 1970, for what counts every request."""
        return time.time_ns() // 1_000_000

    def boottime(self) -> float:
        """Return seconds of CLOCK_BOOTTIME."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
