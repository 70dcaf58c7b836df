"""The whole account's books in Postgres, on the journal's connection and under its lease."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from botcore.domain.account_book import Adjustment, BookTotals, ExternalOrder
from botcore.domain.lots import Lot, SubBook
from botcore.ledger import account_books
from botrunner.adapters.ledger_journal import LedgerJournal

__all__ = ["LedgerBooks"]


class LedgerBooks:
    """Opening, adjustments and others' orders; `venue_now` dates the opening."""

    def __init__(self, journal: LedgerJournal, venue_now: Callable[[], datetime]) -> None:
        """Write whenever the journal could."""
        self._journal = journal
        self._venue_now = venue_now

    async def totals(self) -> BookTotals:
        """Sum up opening, fills and adjustments."""
        return await self._journal.connection.run(account_books.read_totals)

    async def open(self, amounts: Mapping[str, Decimal]) -> None:
        """Write what the account held at the beginning, once (design §6)."""
        at, epoch = self._venue_now(), self._journal.epoch
        await self._journal.connection.run(
            lambda connection: account_books.insert_opening(
                connection, tuple(amounts.items()), venue_time=at, epoch=epoch
            )
        )

    async def adjust(
        self, rows: Sequence[Adjustment], written_off: Sequence[tuple[SubBook, Sequence[Lot]]]
    ) -> None:
        """Commit adjustment rows together with the lots that were written off."""
        epoch = self._journal.epoch
        await self._journal.connection.run(
            lambda connection: account_books.insert_adjustments(
                connection, rows, written_off, epoch=epoch
            )
        )

    async def record_orders(self, orders: Sequence[ExternalOrder]) -> None:
        """Write what the venue last said of others' orders (TR-42)."""
        await self._journal.connection.run(
            lambda connection: account_books.upsert_external_orders(connection, orders)
        )

    async def close_orders(self, symbol: str, still_open: Sequence[int]) -> None:
        """Mark others' orders of a symbol that are open no more."""
        await self._journal.connection.run(
            lambda connection: account_books.close_external_orders(connection, symbol, still_open)
        )

    async def unknown_orders(self, client_order_ids: Sequence[str]) -> tuple[str, ...]:
        """Return which of these ids the journal does not know."""
        return await self._journal.connection.run(
            lambda connection: account_books.unknown_orders(connection, client_order_ids)
        )
