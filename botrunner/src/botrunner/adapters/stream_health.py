"""How well the streams are, for who watches: the switch between sources, probes and metrics."""

from collections import Counter
from enum import StrEnum
from typing import Final

from botcore.runtime.clock import Clock

__all__ = ["STALE_SECONDS", "MarketSource", "SourceWatch", "StreamHealth"]

STALE_SECONDS: Final = 10.0
"""Seconds of real time without a proof of life after which market data count as stale (I10)."""


class MarketSource(StrEnum):
    """Where candles come from."""

    NONE = "none"
    RELAY = "relay"
    VENUE = "venue"


class SourceWatch:
    """What is known of one source; times are seconds of CLOCK_BOOTTIME."""

    def __init__(self, clock: Clock) -> None:
        """Begin as just heard of, so that a first connection has its time."""
        self._clock = clock
        self._proved_at = clock.boottime()
        self._well_since: float | None = None
        self.frame_at: float | None = None
        """When the last frame came."""
        self.is_told_stale = False
        """The relay said that its own upstream is lost."""

    def opened(self) -> None:
        """Note a new connection; it says nothing of what comes by it."""
        self.is_told_stale = False

    def framed(self) -> None:
        """Note a frame, whatever it says of itself."""
        self.frame_at = self._clock.boottime()

    def proved(self) -> None:
        """Note that the source is there: fresh data, or an answer to a ping while nothing else was told."""
        if not self.is_told_stale:
            self._proved_at = self._clock.boottime()
            self._well_since = self._proved_at if self._well_since is None else self._well_since

    def told(self, *, is_live: bool) -> None:
        """Note what the relay says of its upstream."""
        self.is_told_stale = not is_live
        if is_live:
            self.proved()
        else:
            self._well_since = None

    def lost(self) -> None:
        """Note the end of the connection."""
        self._well_since = None

    def began(self) -> None:
        """Note that something is wanted of it from now on."""
        self._proved_at = self._clock.boottime()

    @property
    def ill_seconds(self) -> float:
        """Seconds since the last proof of life."""
        return self._clock.boottime() - self._proved_at

    @property
    def well_seconds(self) -> float:
        """Seconds for which it has been well without a break."""
        if self._well_since is None or self.ill_seconds > STALE_SECONDS:
            return 0.0
        return self._clock.boottime() - self._well_since


class StreamHealth:
    """One object that probes and metrics read; written by the streams alone."""

    def __init__(self, clock: Clock, *, may_pause: bool = False) -> None:
        """Know nothing yet; `may_pause` is a lockstep replay, whose silence means nothing."""
        self._clock = clock
        self._may_pause = may_pause
        self.market_source = MarketSource.NONE
        """The source that decisions rest on now."""
        self.relay = SourceWatch(clock)
        self.venue = SourceWatch(clock)
        self.connections: Counter[str] = Counter()
        """How often each stream (market, relay, user) was connected."""
        self.user_heard_at = clock.boottime()
        """When the account's stream last proved alive."""

    @property
    def is_stale(self) -> bool:
        """Tell whether candles are wanted, and their source has given no proof of life for 10 s."""
        if self.market_source is MarketSource.NONE or self._may_pause:
            return False
        return self._used.ill_seconds > STALE_SECONDS

    @property
    def last_frame_age(self) -> float | None:
        """Return the seconds since a market frame came from any source; None before the first."""
        ats = [at for at in (self.relay.frame_at, self.venue.frame_at) if at is not None]
        return self._clock.boottime() - max(ats) if ats else None

    @property
    def reconnects(self) -> dict[str, int]:
        """Return how often each stream was connected again, by its name."""
        return {name: count - 1 for name, count in self.connections.items()}

    @property
    def _used(self) -> SourceWatch:
        return self.relay if self.market_source is MarketSource.RELAY else self.venue
