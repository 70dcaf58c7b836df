"""The arithmetic of I1: one sender per exchange account, without trusting anyone's wall clock."""

from dataclasses import dataclass
from typing import Final

__all__ = ["CLOCK_SKEW", "RECV_WINDOW", "RENEW_EVERY", "STOP_AFTER", "TTL", "SendPermit"]

TTL: Final = 30
"""Seconds a lease lasts after a renewal; the ledger's functions say the same."""
RENEW_EVERY: Final = 5
"""Seconds between renewals."""
STOP_AFTER: Final = 20
"""Seconds after the last renewal was asked for beyond which nothing is sent."""
RECV_WINDOW: Final = 3
"""Seconds of real time after signing within which the venue may still execute an order."""
CLOCK_SKEW: Final = 2
"""Seconds that the venue's clock may be off our estimate.

And that clocks may drift apart in one TTL.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPermit:
    """Until when this process may send; instants are seconds of CLOCK_BOOTTIME.

    It counts from the moment the renewal was asked for, not answered: the ledger's TTL can't have
    begun earlier.
    """

    asked_at: float

    def allows(self, now: float) -> bool:
        """Tell whether an order may still be sent."""
        return now - self.asked_at < STOP_AFTER
