"""The lease and the signs of life in Postgres, on a connection of their own."""

from collections.abc import Callable, Sequence
from uuid import UUID

from botcore.ledger import leases, pauses, recordings
from botcore.ledger.connect import Connection, DatabaseAddress
from botrunner.adapters.ledger_connection import LedgerConnection
from botrunner.lease_ports import Heartbeat, Renewal

__all__ = ["LedgerLease"]


class LedgerLease:
    """The runner's second connection. The holder is the pod: its next process takes over at once."""

    def __init__(self, address: DatabaseAddress, pod_uid: UUID) -> None:
        """Connect at the first call; hints of changed latches come by this connection too."""
        self._ledger = LedgerConnection(address, opened=pauses.listen_for_hints)
        self._holder = pod_uid
        self.on_pause: Callable[[int], None] = lambda _seconds: None
        """Told with every look for how many more seconds the venue wants silence; 0 when it does not."""

    def wake(self, look: Callable[[], None]) -> None:
        """Call this when a latch may have changed; it may have been something else."""
        self._ledger.on_news = look

    async def acquire(self) -> int | None:
        """Return the new epoch, or None while another holds it."""
        return await self._ledger.run(
            lambda connection: leases.acquire_lease(connection, self._holder)
        )

    async def renew(self, epoch: int) -> Renewal:
        """Renew for 30 s and read the halt latch."""

        async def work(connection: Connection) -> tuple[bool, str | None, int]:
            told = await leases.renew_lease(connection, self._holder, epoch)
            return (*told, await pauses.read_pause(connection))

        renewed, halt, paused = await self._ledger.run(work)
        self.on_pause(paused)
        return Renewal(renewed=renewed, halt=halt)

    async def release(self, epoch: int) -> None:
        """Give it back, so that a successor need not wait."""
        await self._ledger.run(
            lambda connection: leases.release_lease(connection, self._holder, epoch)
        )

    async def halt(self) -> str | None:
        """Read the halt latch."""

        async def work(connection: Connection) -> tuple[str | None, int]:
            return await leases.read_halt(connection), await pauses.read_pause(connection)

        halt, paused = await self._ledger.run(work)
        self.on_pause(paused)
        return halt

    async def pause_venue(self, seconds: int) -> None:
        """Have all bots of this venue keep silent for so long (TR-53)."""
        await self._ledger.run(lambda connection: pauses.pause_venue(connection, seconds))

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
            key_version=heartbeat.key_version,
        )
        await self._ledger.run(
            lambda connection: leases.write_heartbeat(connection, self._holder, beat)
        )

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
