"""What time it is upstream (TR-61)."""

import asyncio
from collections import deque
from statistics import median
from typing import Final

import structlog

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botcore.runtime.clock import Clock
from botexchange.upstream.rest import UpstreamRest

__all__ = ["VenueTime"]

_log = structlog.get_logger(__name__)
EVERY_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 5.0
SAMPLES: Final = 5


class VenueTime:
    """A clock that never jumps plus the median offset of the last five answers of GET time."""

    def __init__(self, rest: UpstreamRest, clock: Clock) -> None:
        """Start with the machine's own time; if that is set anew later, nothing happens here."""
        self._rest = rest
        self._clock = clock
        self._offsets_ms: deque[int] = deque(maxlen=SAMPLES)
        self._offset_ms = round(clock.now().timestamp() * 1_000) - self._boot_ms()
        self._measured_at: float | None = None

    @property
    def age_seconds(self) -> float | None:
        """Give the time since upstream last told its time; None before the first answer."""
        return None if self._measured_at is None else self._clock.boottime() - self._measured_at

    def now_ms(self) -> int:
        """Give upstream's time in ms."""
        return self._boot_ms() + self._offset_ms

    def _boot_ms(self) -> int:
        return round(self._clock.boottime() * 1_000)

    async def measure(self) -> None:
        """Ask once; Transient or VenueError if that fails."""
        began = self._clock.boottime()
        answer = await self._rest.get("/api/v3/time")
        took_ms = round((self._clock.boottime() - began) * 1_000)
        value = answer.value.get("serverTime") if isinstance(answer.value, dict) else None
        if not isinstance(value, int):
            raise Transient("upstream's time makes no sense")
        self._offsets_ms.append(value + took_ms // 2 - self._boot_ms())
        self._offset_ms = round(median(self._offsets_ms))
        self._measured_at = self._clock.boottime()

    async def run(self) -> None:
        """Ask every minute until cancelled."""
        while True:
            try:
                await self.measure()
                await asyncio.sleep(EVERY_SECONDS)
            except (Transient, VenueError) as error:
                _log.warning("upstream_time_unknown", cause=str(error))
                await asyncio.sleep(max(RETRY_SECONDS, getattr(error, "after_seconds", 0)))
