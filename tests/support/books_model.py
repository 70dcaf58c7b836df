"""The account's books in memory: what the engine wrote, and what others have open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from botcore.domain.account_book import Adjustment, BookTotals, ExternalOrder
from botcore.domain.lots import Lot, SubBook
from botcore.domain.orders import OrderReport
from botrunner.engine.account_watch import AccountBooks

__all__ = ["ModelBooks"]


@dataclass
class ModelBooks:
    """`amounts` is what the ledger sums up to; an id in `journalled` is one the journal knows."""

    amounts: dict[str, Decimal] = field(default_factory=dict)
    is_open: bool = False
    rows: list[Adjustment] = field(default_factory=list)
    written_off: list[tuple[SubBook, Sequence[Lot]]] = field(default_factory=list)
    strangers: dict[int, ExternalOrder] = field(default_factory=dict)
    journalled: set[str] = field(default_factory=set)
    resting: list[OrderReport] = field(default_factory=list)
    closed: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def totals(self) -> BookTotals:
        return BookTotals(is_open=self.is_open, amounts=tuple(self.amounts.items()), traded=())

    async def open(self, amounts: Mapping[str, Decimal]) -> None:
        self.amounts, self.is_open = dict(amounts), True

    async def adjust(
        self, rows: Sequence[Adjustment], written_off: Sequence[tuple[SubBook, Sequence[Lot]]]
    ) -> None:
        self.rows += rows
        self.written_off += written_off

    async def record_orders(self, orders: Sequence[ExternalOrder]) -> None:
        self.strangers |= {order.exchange_order_id: order for order in orders}

    async def close_orders(self, symbol: str, still_open: Sequence[int]) -> None:
        self.closed.append((symbol, tuple(still_open)))

    async def unknown_orders(self, client_order_ids: Sequence[str]) -> tuple[str, ...]:
        self.asked += client_order_ids
        return tuple(one for one in client_order_ids if one not in self.journalled)

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        return tuple(one for one in self.resting if one.symbol == symbol)

    def parts(self, *, is_exact: bool = True) -> AccountBooks:
        return AccountBooks(ledger=self, open_orders=self.open_orders, is_exact=is_exact)
