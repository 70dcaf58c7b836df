"""Request weight per IP and order counts per account, in fixed windows.

The windows follow the real clock, as the load does; only a lockstep replay, which must not
depend on how fast it runs, has them follow the venue's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from botexchange.matching.refusals import VenueError
from botexchange.quotas import Quotas

__all__ = ["LimitError", "OrderCounter", "WeightCounter"]

MINUTE_MS = 60_000


class LimitError(VenueError):
    """Too many requests (429); `retry_seconds` until the window ends."""

    def __init__(self, code: int, message: str, retry_seconds: int) -> None:
        """Say when to come back."""
        super().__init__(code, message, status=429)
        self.retry_seconds = retry_seconds


@dataclass(slots=True)
class _Window:
    index: int = -1
    used: int = 0

    def add(self, index: int, amount: int) -> int:
        if index != self.index:
            self.index, self.used = index, 0
        self.used += amount
        return self.used


class WeightCounter:
    """REQUEST_WEIGHT of each IP."""

    def __init__(self, now_ms: Callable[[], int], quotas: Quotas) -> None:
        """Count by the minutes of a clock."""
        self._now_ms = now_ms
        self._limit = quotas.request_weight
        self._windows: dict[str, _Window] = {}

    def add(self, address: str, weight: int) -> int:
        """Count weight; give what the address has used in this minute."""
        window = self._windows.setdefault(address, _Window())
        return window.add(self._now_ms() // MINUTE_MS, weight)

    def check(self, address: str) -> None:
        """Refuse (-1003) an address that is over its limit."""
        if self.add(address, 0) > self._limit:
            left = MINUTE_MS - self._now_ms() % MINUTE_MS
            raise LimitError(
                -1003,
                f"Too much request weight used; current limit is {self._limit} request weight per"
                " 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the"
                " API.",
                left // 1_000 + 1,
            )


class OrderCounter:
    """New orders of each account per 10 seconds and per day."""

    def __init__(self, now_ms: Callable[[], int], quotas: Quotas) -> None:
        """Count by the windows of a clock."""
        self._quotas = quotas
        self._now_ms = now_ms
        self._short: dict[int, _Window] = {}
        self._long: dict[int, _Window] = {}

    def add(self, uid: int, orders: int) -> tuple[int, int]:
        """Count orders; give the counts of these 10 seconds and of this day."""
        now = self._now_ms()
        short = self._short.setdefault(uid, _Window()).add(now // 10_000, orders)
        return short, self._long.setdefault(uid, _Window()).add(now // 86_400_000, orders)

    def check(self, uid: int, orders: int) -> None:
        """Refuse (-1015) orders beyond a limit."""
        now = self._now_ms()
        short, long = self.add(uid, 0)
        if short + orders > self._quotas.orders_10s:
            raise _too_many(self._quotas.orders_10s, "10 SECOND", 10_000 - now % 10_000)
        if long + orders > self._quotas.orders_1d:
            raise _too_many(self._quotas.orders_1d, "1 DAY", 86_400_000 - now % 86_400_000)


def _too_many(limit: int, window: str, left_ms: int) -> LimitError:
    return LimitError(
        -1015,
        f"Too many new orders; current limit is {limit} orders per {window}.",
        left_ms // 1_000 + 1,
    )
