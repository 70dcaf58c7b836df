"""Waiting for a condition with a deadline; never a fixed sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["wait_until"]

T = TypeVar("T")


def wait_until(look: Callable[[], T], what: str, *, seconds: float = 30, every: float = 0.1) -> T:
    """Look again and again until something true comes back, and return it; fails with the last look."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() >= end:
            raise AssertionError(f"{what}: not within {seconds:.0f} s, last seen: {seen!r}")
        time.sleep(every)
