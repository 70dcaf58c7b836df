"""Waiting for a condition with a deadline; never a fixed sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["wait_until"]

T = TypeVar("T")


def wait_until(
    look: Callable[[], T],
    what: str,
    *,
    seconds: float = 30,
    every: float = 0.1,
    explain: Callable[[], object] | None = None,
) -> T:
    """Look again and again until something true comes back, and return it.

    Fails with the last look, or with what `explain` says then.
    """
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() >= end:
            last = seen if explain is None else explain()
            raise AssertionError(f"{what}: not within {seconds:.0f} s, last seen: {last!r}")
        time.sleep(every)
