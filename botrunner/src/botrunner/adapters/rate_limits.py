"""Binance's request limits as its answers tell them; they are per IP, so other bots' calls count too (TR-52)."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from botcore.domain.errors import Transient
from botcore.runtime.clock import Clock

__all__ = ["Priority", "RateLimits"]

_USED_WEIGHT: Final = "X-MBX-USED-WEIGHT-1M"
_ORDER_COUNT: Final = "X-MBX-ORDER-COUNT-"
_MINUTE: Final = 60
_SECONDS: Final = {"S": 1, "M": 60, "H": 3_600, "D": 86_400}
_ENTRY_ORDERS_PERCENT: Final = 80
"""The share of the account's unfilled orders that entries may use; the rest is for exits (TR-54)."""


class Priority(IntEnum):
    """The percentage of the weight limit above which a call waits; exits and cancels never do (TR-55)."""

    DATA = 50
    QUERY = 70
    ENTRY = 90
    EXIT = 10_000


class RateLimits:
    """The weight used in this minute, orders in theirs, and until when the venue wants silence (TR-53)."""

    def __init__(self, clock: Clock) -> None:
        """Start unused, with Binance's usual limits."""
        self._clock = clock
        self.limit = 6_000
        self.order_limits: Mapping[str, int] = {"10S": 50, "1D": 160_000}
        """Most unfilled orders of the account per interval, as the headers name it."""
        self.on_silent_seconds: Callable[[float], None] = lambda _seconds: None
        """Told for how many seconds the venue has asked this process for silence."""
        self._used = 0
        self._minute = 0
        self._orders: dict[str, tuple[int, int]] = {}
        self._silent_until = 0.0
        self._hushed_until = 0.0
        self._no_orders_until = 0.0

    def read(self, headers: Mapping[str, str]) -> None:
        """Take the used weight, and the unfilled orders, out of an answer's headers."""
        used = headers.get(_USED_WEIGHT, "")
        if used.isdigit():
            self._used, self._minute = int(used), self._window("1M")
        for interval in self.order_limits:
            count = headers.get(_ORDER_COUNT + interval, "")
            if count.isdigit():
                self._orders[interval] = (int(count), self._window(interval))

    def block(self, seconds: float, *, only_orders: bool) -> None:
        """Keep silent (429, 418), or place nothing (-1015, TR-54), for seconds of real time."""
        until = self._clock.boottime() + seconds
        if only_orders:
            self._no_orders_until = max(self._no_orders_until, until)
        else:
            self._silent_until = max(self._silent_until, until)
            self.on_silent_seconds(seconds)

    def hush(self, seconds: float) -> None:
        """Keep silent for so long from now because some bot of this address was told to; 0 ends that."""
        self._hushed_until = self._clock.boottime() + seconds if seconds else 0.0

    @property
    def used(self) -> int:
        """Return the weight used in this minute; Binance's windows follow the wall clock."""
        return self._used if self._minute == self._window("1M") else 0

    def refusal(self, priority: Priority, *, is_order: bool = False) -> str | None:
        """Return why a call must not be made now."""
        until = max(self._quiet_until, self._no_orders_until if is_order else 0.0)
        if self._clock.boottime() < until:
            return "RateLimited"
        if self.used * 100 > self.limit * priority:
            return "WeightShed"
        if is_order and priority is Priority.ENTRY and self._is_near_order_limit():
            return "OrderCountShed"
        return None

    def admit(self, priority: Priority) -> None:
        """Let a reading pass.

        Raises:
            Transient: not now; it says when.
        """
        reason = self.refusal(priority)
        if reason is None:
            return
        wait = self._quiet_until - self._clock.boottime()
        if wait <= 0:
            wait = _MINUTE - self._clock.now().timestamp() % _MINUTE
        raise Transient(f"{reason}: the venue's request limit", after_seconds=wait)

    @property
    def _quiet_until(self) -> float:
        return max(self._silent_until, self._hushed_until)

    def _is_near_order_limit(self) -> bool:
        for interval, (count, window) in self._orders.items():
            limit = self.order_limits.get(interval, 0) * _ENTRY_ORDERS_PERCENT
            if window == self._window(interval) and count * 100 >= limit:
                return True
        return False

    def _window(self, interval: str) -> int:
        """Number Binance's present window of this length; windows follow the wall clock."""
        return int(self._clock.now().timestamp()) // (int(interval[:-1]) * _SECONDS[interval[-1]])
