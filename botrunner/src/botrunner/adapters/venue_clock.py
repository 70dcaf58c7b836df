"""The venue's time: offset and rate measured against CLOCK_BOOTTIME (TR-61).

A paper exchange may run at 600 venue seconds per real second, so half a millisecond of doubt is 300 ms of
venue time. Every sample carries its doubt, the best one anchors the clock, and the rate is measured over an ever
longer span.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from botcore.domain.errors import InvariantBroken, Transient
from botcore.runtime.clock import Clock
from botrunner.trading.lease import RECV_WINDOW

__all__ = ["ReadTime", "Sample", "VenueClock"]

ReadTime = Callable[[], Awaitable[int]]
"""Ask the venue for its time in ms since 1970."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_PAUSES: Final = (0.05, 0.15)
"""Seconds of real time between the samples of a first rate; the second only where that rate would not hold."""
_NEXT_PAUSE: Final = 0.2
"""Seconds until the sample after these, or after a jump."""
_LONGER: Final = 4
"""How much longer each pause between samples is than the last; every sample of every bot costs weight."""
_SAMPLE_EVERY: Final = 60.0
_LONGEST_WINDOW_MS: Final = 60_000
"""What Binance takes at most."""
_ROUNDING_MS: Final = 1
"""The venue tells whole milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The venue's time, read at the middle of a round trip."""

    at: float
    """CLOCK_BOOTTIME in seconds."""
    venue_ms: int
    half_trip: float
    """Seconds of real time by which `at` may be off."""


class VenueClock:
    """Tells the venue's time. In lockstep the venue stands still between its frames, and so does this."""

    def __init__(self, clock: Clock, *, in_lockstep: bool = False) -> None:
        """Know nothing until the first sample."""
        self._clock = clock
        self._in_lockstep = in_lockstep
        self.rate = 0.0 if in_lockstep else 1.0
        """Venue seconds per real second."""
        self._rate_doubt = 0.0 if in_lockstep else 1.0
        self._is_rate_known = False
        self._anchor: Sample | None = None
        self._base: Sample | None = None

    def now(self) -> datetime:
        """Return the venue's time."""
        return _EPOCH + timedelta(milliseconds=self._estimate(self._clock.boottime()))

    def earliest_ms(self) -> int:
        """Return a time the venue has certainly reached: what lies before it is over there too."""
        at = self._clock.boottime()
        return int(self._estimate(at) - self._doubt_ms(at))

    def signing_ms(self) -> int:
        """Return the time to sign with: never ahead of the venue, at most half a window behind."""
        at = self._clock.boottime()
        return int(self._estimate(at) - min(self._doubt_ms(at), self.recv_window_ms() / 2))

    def signing_offset_ms(self) -> int:
        """Return what to add to the wall clock to get there."""
        return int(self.signing_ms() - self._clock.now().timestamp() * 1_000)

    def recv_window_ms(self) -> int:
        """Return the venue time within which an order must be executed: 3 s of real time, if Binance takes it (I1)."""
        if self._in_lockstep:
            return _LONGEST_WINDOW_MS
        return min(_LONGEST_WINDOW_MS, int(RECV_WINDOW * 1_000 * max(self.rate, 1.0)))

    async def start(self, read: ReadTime) -> None:
        """Measure offset and rate; the first reading only opens the connection."""
        await read()
        await self.sample(read)
        if self._in_lockstep:
            return
        for pause in _FIRST_PAUSES:
            # What a span too short for this road has told would be taken for a jump of the venue's.
            self.rate, self._rate_doubt, self._is_rate_known = 1.0, 1.0, False
            await asyncio.sleep(pause)
            await self.sample(read)
            if self._holds_for(_NEXT_PAUSE):
                return

    async def keep(self, read: ReadTime) -> None:
        """Measure on, ever less often, until cancelled."""
        pause = _NEXT_PAUSE
        while not self._in_lockstep:
            await asyncio.sleep(pause)
            try:
                has_jumped = await self.sample(read)
            except Transient:
                continue
            pause = _NEXT_PAUSE if has_jumped else min(pause * _LONGER, _SAMPLE_EVERY)

    async def sample(self, read: ReadTime, *, trust: bool = False) -> bool:
        """Read once; `trust` takes it over whatever was known. Return whether the venue's clock has jumped."""
        before = self._clock.boottime()
        venue_ms = await read()
        half_trip = (self._clock.boottime() - before) / 2
        taken = Sample(at=before + half_trip, venue_ms=venue_ms, half_trip=half_trip)
        return self.add(taken, trust=trust)

    def add(self, sample: Sample, *, trust: bool = False) -> bool:
        """Take a sample in. Return whether it contradicts the earlier ones."""
        if self._anchor is None or self._base is None or self._in_lockstep:
            self._anchor = self._base = sample
            return False
        own_doubt = self.rate * sample.half_trip * 1_000 + _ROUNDING_MS
        apart = abs(self._estimate(sample.at) - sample.venue_ms)
        has_jumped = self._is_rate_known and apart > own_doubt + self._doubt_ms(sample.at)
        if has_jumped:  # perhaps another rate, too: the next sample tells
            self._base = sample
            self._is_rate_known = False
            self._rate_doubt = max(self.rate, 1.0)
        else:
            self._measure_rate(self._base, sample)
        if trust or has_jumped or own_doubt <= self._doubt_ms(sample.at):
            self._anchor = sample
        return has_jumped

    def observe(self, venue_ms: int) -> None:
        """Take the time of a lockstep frame; elsewhere frames are late by an unknown while, so nothing happens."""
        if self._in_lockstep:
            self.add(Sample(at=self._clock.boottime(), venue_ms=venue_ms, half_trip=0.0))

    def _measure_rate(self, base: Sample, sample: Sample) -> None:
        span = sample.at - base.at
        if span < _FIRST_PAUSES[0]:
            return
        measured = (sample.venue_ms - base.venue_ms) / 1_000 / span
        doubt = (measured * (sample.half_trip + base.half_trip) + 2 * _ROUNDING_MS / 1_000) / span
        rate, doubt = _whole(measured, doubt)
        if not self._is_rate_known or doubt <= self._rate_doubt:
            self.rate, self._rate_doubt = rate, doubt
            self._is_rate_known = True

    def _holds_for(self, seconds: float) -> bool:
        """Tell whether what is signed so long after the last sample is off by a quarter of its window at most."""
        drift_ms = self._rate_doubt * seconds * 1_000
        return self._is_rate_known and drift_ms <= self.recv_window_ms() / 4

    def _estimate(self, at: float) -> float:
        if self._anchor is None:
            raise InvariantBroken("the venue's clock was not measured")
        return self._anchor.venue_ms + (at - self._anchor.at) * self.rate * 1_000

    def _doubt_ms(self, at: float) -> float:
        if self._anchor is None or self._in_lockstep:
            return 0.0
        own = self.rate * self._anchor.half_trip * 1_000 + _ROUNDING_MS
        return own + self._rate_doubt * abs(at - self._anchor.at) * 1_000


def _whole(measured: float, doubt: float) -> tuple[float, float]:
    """Prefer real time, then a whole rate, since venues run at whole rates; one that is alone is exact."""
    for whole in (1, round(measured)):
        off = abs(measured - whole)
        if whole >= 1 and off <= doubt:
            return float(whole), 0.0 if doubt < 0.5 else doubt + off
    return measured, doubt
