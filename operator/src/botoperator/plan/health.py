"""What the probes answer: of anything that is done regularly, three times in a row missing are a fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Pulse", "is_ready", "problems"]

# The Lease is renewed every 2 s and answered within 15 s.
LEASE_SECONDS = 45.0
# kopf takes a watch that is silent for 70 s as dead, and asks anew.
WATCH_SECONDS = 210.0
MISSED_LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Seconds since each thing that must happen again and again last did; None before it is begun with."""

    resync_seconds: float
    """How often everything is to be looked at."""
    lease_seconds: float | None = None
    """Since the API server last answered about the leader's Lease."""
    look_seconds: float | None = None
    """Since everything was last looked at; since the work began if that has not happened yet."""
    watch_seconds: Mapping[str, float] = field(default_factory=dict)
    """Since each watch was last known to work."""


def problems(pulse: Pulse) -> tuple[str, ...]:
    """Say what has been failing for too long; a restart may heal it, and bots run on meanwhile."""
    found = []
    lease, look = pulse.lease_seconds or 0.0, pulse.look_seconds or 0.0
    if lease > LEASE_SECONDS:
        found.append(f"no answer about the Lease for {lease:.0f} s")
    if look > MISSED_LOOKS * pulse.resync_seconds:
        found.append(f"the last full look at all bots is {look:.0f} s ago")
    found += [
        f"the watch of {watch} has not worked for {seconds:.0f} s"
        for watch, seconds in sorted(pulse.watch_seconds.items())
        if seconds > WATCH_SECONDS
    ]
    return tuple(found)


def is_ready(pulse: Pulse) -> bool:
    """Tell whether it leads, or waits to, and nothing is wrong."""
    return pulse.lease_seconds is not None and not problems(pulse)
