"""Group commit: what steps changed is stored in batches, and told only once it is stored.

A step returns at once; whoever answers for it awaits `durable`. While one batch is written the
next one gathers, so many requests share a transaction and none is answered before its own.
"""

import asyncio
from collections.abc import Callable

from botcore.matching.reports import Changes, Report
from botexchange.ports import Moment, Store

__all__ = ["Journal"]


class Journal:
    """Stores changes in their order and then tells the reports."""

    def __init__(
        self, store: Store, moment: Callable[[], Moment], tell: Callable[[Report], None]
    ) -> None:
        """Write to this store; `moment` says where the market stands."""
        self._store = store
        self._moment = moment
        self._tell = tell
        self._pending = Changes()
        self._writing: asyncio.Task[None] | None = None
        self._appended = self._stored = 0

    def append(self, changes: Changes) -> None:
        """Take what one step changed."""
        pending = self._pending
        pending.sequence = max(pending.sequence, changes.sequence)
        pending.orders.update(changes.orders)
        pending.trades.extend(changes.trades)
        pending.balances.update(changes.balances)
        pending.prevented.extend(changes.prevented)
        pending.amendments.extend(changes.amendments)
        pending.reports.extend(changes.reports)
        self._appended += 1

    async def durable(self) -> None:
        """Return once everything taken so far is stored and told.

        Raises:
            InvariantBroken: the store failed; memory is ahead of it, so the process must end.
        """
        wanted = self._appended
        while self._stored < wanted:
            if self._writing is None:
                self._writing = asyncio.create_task(self._write())
            # Whoever waits may be cancelled; the batch of all must not be.
            await asyncio.shield(self._writing)

    async def _write(self) -> None:
        """Write one batch. A failed write stays in `_writing`, so that nothing follows it."""
        batch, self._pending = self._pending, Changes()
        upto = self._appended
        await self._store.commit(batch, self._moment())
        self._stored, self._writing = upto, None
        for report in batch.reports:
            self._tell(report)
