"""A long run on a terminal: how far it is, and the first Ctrl-C ends it in order."""

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Self

from botcore.runtime.clock import Clock

__all__ = ["Progress", "quick", "tell"]

_TELL_EVERY: Final = 0.5
"""Seconds between two lines of progress."""


def tell(text: str) -> None:
    """Write to standard error at once."""
    sys.stderr.write(text)
    sys.stderr.flush()


@contextmanager
def quick() -> Iterator[None]:
    """Spare the collector what a run makes by the million; none of it refers back to itself."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class Progress:
    """Tells how far a run is, and ends it at the first Ctrl-C."""

    def __init__(self, total: int, clock: Clock) -> None:
        self._total = total
        self._clock = clock
        self._began = clock.boottime()
        self._told = self._began
        self._handler: Any = None
        self.is_broken_off = False

    def __enter__(self) -> Self:
        self._handler = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._handler)
        seconds = max(self._clock.boottime() - self._began, 1e-9)
        tell(f"{self._end()}done in {seconds:.1f} s\n")

    def _end(self) -> str:
        return "\r\x1b[K" if sys.stderr.isatty() else ""

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.is_broken_off = True
        signal.signal(signal.SIGINT, self._handler)  # the second one ends it at once

    def goes_on(self, done: int) -> bool:
        """Tell how far it is, now and then; False ends the run."""
        now = self._clock.boottime()
        if now - self._told >= _TELL_EVERY and done:
            self._told = now
            rate = done / (now - self._began)
            left = (self._total - done) / rate
            tell(
                f"{self._end()}{100 * done // self._total:3} %  {done:,} of {self._total:,} candles,"
                f" {rate:,.0f} a second, {left:.0f} s left" + ("" if sys.stderr.isatty() else "\n")
            )
        return not self.is_broken_off
