"""The request weight of this machine's address, as an exchange counts it."""

import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Final
from urllib.error import HTTPError

__all__ = ["LIMIT", "minute_ends"]

LIMIT: Final = 6_000
"""Weight per IP and minute (Binance: LIMITS)."""


def minute_ends(port: int, *, goes_on: Callable[[], bool]) -> Iterator[tuple[float, int]]:
    """Give, at the end of each minute of the clock, the moment (time.monotonic) and what was used in that minute."""
    while goes_on():
        left = 60 - time.time() % 60  # noqa: TID251 minutes of the wall clock are what is limited
        if left > 1:
            time.sleep(0.25)
            continue
        time.sleep(max(left - 0.2, 0))  # the minute's weight is complete, nearly
        yield time.monotonic(), _used(port)
        time.sleep(0.5)


def _used(port: int) -> int:
    """Ask for the used weight; an address that is refused or banned has used the limit at least."""
    url = f"http://127.0.0.1:{port}/api/v3/ping"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.headers["X-MBX-USED-WEIGHT-1M"])
    except HTTPError as refusal:
        with refusal:
            return int(refusal.headers.get("X-MBX-USED-WEIGHT-1M", LIMIT))
