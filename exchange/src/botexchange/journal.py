"""Group commit: what steps changed is stored in batches, and told only once it is stored.

A step returns at once; whoever answers for it awaits `durable`. While one batch is written the
next one gathers, so many requests share a transaction and none is answered before its own.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from botcore.matching.reports import Changes, Report
from botexchange.ports import Moment, Store

__all__ = ["Journal"]


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What is stored together, and who waits for it."""

    changes: Changes = field(default_factory=Changes)
    is_empty: bool = True
    is_wanted: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, changes: Changes) -> None:
        mine = self.changes
        mine.sequence = max(mine.sequence, changes.sequence)
        mine.orders.update(changes.orders)
        mine.trades.extend(changes.trades)
        mine.balances.update(changes.balances)
        mine.prevented.extend(changes.prevented)
        mine.amendments.extend(changes.amendments)
        mine.reports.extend(changes.reports)
        self.is_empty = False


class Journal:
    """Stores changes in their order and then tells the reports."""

    def __init__(
        self, store: Store, moment: Callable[[], Moment], tell: Callable[[Report], None]
    ) -> None:
        """Write to this store; `moment` says where the market stands."""
        self._store = store
        self._moment = moment
        self._tell = tell
        self._pending = _Batch()
        self._writing: _Batch | None = None
        self._writer: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    def append(self, changes: Changes) -> None:
        """Take what one step changed."""
        self._pending.add(changes)

    async def durable(self) -> None:
        """Return once everything taken so far is stored and told.

        Raises:
            InvariantBroken: the store failed; memory is ahead of it, so the process must end.
        """
        batch = self._writing if self._pending.is_empty else self._pending
        if batch is not None and self._failure is None:
            batch.is_wanted = True
            if self._writer is None:
                # Whoever waits may be cancelled; the batch of all must not be.
                self._writer = asyncio.create_task(self._write())
            await batch.done.wait()
        if self._failure is not None:
            raise self._failure

    async def _write(self) -> None:
        """Write batches while somebody waits for one. After a failed write nothing follows."""
        try:
            while self._pending.is_wanted:
                batch, self._pending = self._pending, _Batch()
                self._writing = batch
                await self._store.commit(batch.changes, self._moment())
                for report in batch.changes.reports:
                    self._tell(report)
                self._writing = None
                batch.done.set()
            self._writer = None
        except BaseException as error:
            self._failure = error
            for waited in filter(None, (self._writing, self._pending)):
                waited.done.set()
            if not isinstance(error, Exception):
                raise
