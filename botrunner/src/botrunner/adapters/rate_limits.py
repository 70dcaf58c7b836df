"""Binance's request limits as its answers tell them; they are per IP, so other bots' calls count too (TR-52)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from botcore.domain.errors import Transient
from botcore.runtime.clock import Clock

__all__ = ["Priority", "RateLimits"]

_USED_WEIGHT: Final = "X-MBX-USED-WEIGHT-1M"
_MINUTE: Final = 60


class Priority(IntEnum):
    """The percentage of the weight limit above which a call waits; exits and cancels never do (TR-55)."""

    DATA = 50
    QUERY = 70
    ENTRY = 90
    EXIT = 10_000


class RateLimits:
    """The weight used in this minute, and until when the venue wants silence (TR-53)."""

    def __init__(self, clock: Clock) -> None:
        """Start unused, with Binance's usual limit."""
        self._clock = clock
        self.limit = 6_000
        self._used = 0
        self._minute = 0
        self._silent_until = 0.0
        self._no_orders_until = 0.0

    def read(self, headers: Mapping[str, str]) -> None:
        """Take the used weight out of an answer's headers."""
        used = headers.get(_USED_WEIGHT, "")
        if used.isdigit():
            self._used, self._minute = int(used), self._this_minute()

    def block(self, seconds: float, *, only_orders: bool) -> None:
        """Keep silent (429, 418), or place nothing (-1015, TR-54), for seconds of real time."""
        until = self._clock.boottime() + seconds
        if only_orders:
            self._no_orders_until = max(self._no_orders_until, until)
        else:
            self._silent_until = max(self._silent_until, until)

    @property
    def used(self) -> int:
        """Return the weight used in this minute; Binance's windows follow the wall clock."""
        return self._used if self._minute == self._this_minute() else 0

    def refusal(self, priority: Priority, *, is_order: bool = False) -> str | None:
        """Return why a call must not be made now."""
        until = max(self._silent_until, self._no_orders_until if is_order else 0.0)
        if self._clock.boottime() < until:
            return "RateLimited"
        if self.used * 100 > self.limit * priority:
            return "WeightShed"
        return None

    def admit(self, priority: Priority) -> None:
        """Let a reading pass.

        Raises:
            Transient: not now; it says when.
        """
        reason = self.refusal(priority)
        if reason is None:
            return
        wait = self._silent_until - self._clock.boottime()
        if wait <= 0:
            wait = _MINUTE - self._clock.now().timestamp() % _MINUTE
        raise Transient(f"{reason}: the venue's request limit", after_seconds=wait)

    def _this_minute(self) -> int:
        return int(self._clock.now().timestamp()) // _MINUTE
