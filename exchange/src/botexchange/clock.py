"""Venue time: the exchange's own clock, which may run faster than the world's."""

from typing import Protocol

from botcore.runtime.clock import Clock

__all__ = ["LockstepClock", "RunningClock", "VenueClock"]


class VenueClock(Protocol):
    """Tells the exchange's time in ms since 1970."""

    speed: int
    """Venue seconds per real second."""

    def now_ms(self) -> int:
        """Give the venue's time."""
        ...


class RunningClock:
    """Runs from a start at a constant speed, whatever the wall clock does."""

    def __init__(self, clock: Clock, start_ms: int, speed: int) -> None:
        """Start now at `start_ms`."""
        self.speed = speed
        self._clock = clock
        self._start_ms = start_ms
        self._began = clock.boottime()

    def now_ms(self) -> int:
        """Give the venue's time."""
        elapsed = self._clock.boottime() - self._began
        return self._start_ms + int(elapsed * 1_000 * self.speed)


class LockstepClock:
    """Stands still until the replay releases the next event."""

    speed = 0

    def __init__(self, start_ms: int) -> None:
        """Stand at a moment."""
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """Give the time of the newest released event."""
        return self._now_ms

    def advance(self, now_ms: int) -> None:
        """Move on, never back."""
        self._now_ms = max(self._now_ms, now_ms)
