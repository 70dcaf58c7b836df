"""The lease and the signs of life in Postgres, on a connection of their own."""

from collections.abc import Sequence
from uuid import UUID

from botcore.ledger import leases, recordings
from botcore.ledger.connect import DatabaseAddress
from botrunner.adapters.ledger_connection import LedgerConnection
from botrunner.ports import Heartbeat, Renewal

__all__ = ["LedgerLease"]


class LedgerLease:
    """The runner's second connection. The holder is the pod: its next process takes over at once."""

    def __init__(self, address: DatabaseAddress, pod_uid: UUID) -> None:
        """Connect at the first call."""
        self._ledger = LedgerConnection(address)
        self._holder = pod_uid

    async def acquire(self) -> int | None:
        """Return the new epoch, or None while another holds it."""
        return await self._ledger.run(
            lambda connection: leases.acquire_lease(connection, self._holder)
        )

    async def renew(self, epoch: int) -> Renewal:
        """Renew for 30 s and read the halt latch."""
        renewed, halt = await self._ledger.run(
            lambda connection: leases.renew_lease(connection, self._holder, epoch)
        )
        return Renewal(renewed=renewed, halt=halt)

    async def release(self, epoch: int) -> None:
        """Give it back, so that a successor need not wait."""
        await self._ledger.run(
            lambda connection: leases.release_lease(connection, self._holder, epoch)
        )

    async def halt(self) -> str | None:
        """Read the halt latch."""
        return await self._ledger.run(leases.read_halt)

    async def beat(self, heartbeat: Heartbeat) -> None:
        """Write the heartbeat row."""
        beat = leases.Beat(
            state=heartbeat.state,
            reason=heartbeat.reason,
            generation=heartbeat.generation,
            epoch=heartbeat.epoch,
            pid=heartbeat.pid,
            venue_time=heartbeat.venue_time,
            problems=[(one.reason, one.message) for one in heartbeat.problems],
        )
        await self._ledger.run(lambda connection: leases.write_heartbeat(connection, beat))

    async def write_logs(self, rows: Sequence[leases.LogRow]) -> None:
        """Append log rows: instant, level, event, fields."""
        if rows:
            await self._ledger.run(lambda connection: leases.insert_logs(connection, rows))

    async def write_recording(self, batch: recordings.Batch) -> None:
        """Append a batch of the flight recorder; a repeated one changes nothing."""
        await self._ledger.run(lambda connection: recordings.insert_batch(connection, batch))

    async def close(self) -> None:
        """Close the connection."""
        await self._ledger.close()
