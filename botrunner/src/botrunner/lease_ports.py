"""What the engine needs of the ledger beside the journal: the lease and the signs of life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botrunner.trading.events import Problem

__all__ = ["Heartbeat", "Lease", "Renewal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What the bot says of itself; `problems` make it Degraded, `key_version` names the exchange key it signs with."""

    state: str
    reason: str
    generation: int
    epoch: int
    pid: int
    venue_time: datetime | None
    problems: tuple[Problem, ...] = ()
    key_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The answer to a renewal: whether it holds, and the halt latch if one is set."""

    renewed: bool
    halt: str | None


class Lease(Protocol):
    """The lease on the exchange account and the signs of life, on a connection of their own."""

    async def acquire(self) -> int | None:
        """Return the new epoch, or None while another holds it."""

    async def renew(self, epoch: int) -> Renewal:
        """Renew for 30 s and read the halt latch."""
        ...

    async def release(self, epoch: int) -> None:
        """Give it back, so that a successor need not wait."""

    async def halt(self) -> str | None:
        """Read the halt latch."""

    async def beat(self, heartbeat: Heartbeat) -> None:
        """Write the heartbeat row."""
        ...

    async def write_logs(
        self, rows: Sequence[tuple[datetime, str, str, Mapping[str, object]]]
    ) -> None:
        """Append log rows: instant, level, event, fields."""
        ...
