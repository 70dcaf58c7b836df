"""The pulse of work that never ends."""

from botcore.runtime.clock import Clock

__all__ = ["Pulse"]

_STUCK_SECONDS = 120.0
"""Real time on one piece of work; every call to the outside gives up far earlier."""
_SILENT_SECONDS = 30.0
"""Real time between two pieces; a timer brings one every second."""


class Pulse:
    """When the work was last seen to move."""

    def __init__(self, clock: Clock) -> None:
        """Begin before the work does: what has not started is not stuck."""
        self._clock = clock
        self._busy_since: float | None = None
        self._idle_since: float | None = None

    def begin(self) -> None:
        """Note that a piece begins."""
        self._busy_since = self._clock.boottime()

    def end(self) -> None:
        """Note that it is done."""
        self._busy_since, self._idle_since = None, self._clock.boottime()

    def problem(self) -> str:
        """Return how the work does not move; empty while it does."""
        now = self._clock.boottime()
        if self._busy_since is not None:
            busy = now - self._busy_since
            return f"busy for {busy:.0f} s" if busy >= _STUCK_SECONDS else ""
        idle = 0.0 if self._idle_since is None else now - self._idle_since
        return f"silent for {idle:.0f} s" if idle >= _SILENT_SECONDS else ""
