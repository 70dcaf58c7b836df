"""Whether this machine's clock agrees with the database's: codes by time are judged by it (SEC-32).

The exchange can't be asked from here; bots measure its time themselves.
"""

import asyncio

import structlog

from botcore.domain.errors import PlatformError
from botcore.ledger.sessions import read_clock
from botcore.runtime.clock import Clock
from botdashboard.ports import Ledger

__all__ = ["ClockWatch"]

LOOK_EVERY = 60.0  # seconds
TOLERATED = 5.0  # seconds

_log = structlog.get_logger(__name__)


class ClockWatch:
    """Compares the two clocks and says when they are apart."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self.skew = 0.0
        """Seconds by which this machine is ahead of the database; 0 before the first look."""

    @property
    def is_off(self) -> bool:
        """Whether they are so far apart that codes may be judged wrong."""
        return abs(self.skew) > TOLERATED

    async def keep_looking(self) -> None:
        """Look every minute, for ever."""
        while True:
            try:
                await self.look()
            except PlatformError as error:
                _log.warning("clock_not_compared", reason=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Compare once; being apart is an error in the log every time, so that an alert on it stays."""
        async with self._ledger.as_nobody() as connection:
            before = self._clock.now()
            theirs = await read_clock(connection)
            after = self._clock.now()
        early, late = (before - theirs).total_seconds(), (after - theirs).total_seconds()
        # The answer was written somewhere between the two.
        self.skew = 0.0 if early <= 0.0 <= late else min(early, late, key=abs)
        if self.is_off:
            _log.error("clock_skewed", seconds=round(self.skew, 1), tolerated=TOLERATED)
