"""First-in-first-out lots of one strategy in one symbol, and what selling them realised."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from botcore.domain.money import ZERO
from botcore.domain.orders import Fill, Side

__all__ = ["Booking", "Lot", "SubBook", "book"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What one purchase left.

    Base asset still held and its cost per unit in quote asset, fees included.
    """

    trade_id: int
    quantity: Decimal
    remaining: Decimal
    unit_cost: Decimal
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)  # no slots: its sums are kept
class SubBook:
    """The lots and the realised profit (quote asset, after fees) of one strategy in one symbol."""

    strategy: str
    symbol: str
    lots: tuple[Lot, ...] = ()
    realized_quote: Decimal = ZERO

    @cached_property
    def quantity(self) -> Decimal:
        """Return the base asset held."""
        return sum((lot.remaining for lot in self.lots), ZERO)

    @cached_property
    def cost_quote(self) -> Decimal:
        """Return what the held base asset cost, fees included."""
        return sum((lot.remaining * lot.unit_cost for lot in self.lots), ZERO)

    def unrealized(self, mark: Decimal) -> Decimal:
        """Return the open profit at a price, before exit fees."""
        return self.quantity * mark - self.cost_quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A sub-book after a fill, the lots that changed.

    And the profit it realised (None for a purchase).
    """

    sub_book: SubBook
    changed: tuple[Lot, ...]
    realized_quote: Decimal | None


def book(sub_book: SubBook, fill: Fill, *, base_asset: str, quote_asset: str) -> Booking:
    """Book one fill, fees in base or quote asset included (TR-15, TR-17).

    Other fee assets are only recorded.
    """
    if fill.side is Side.BUY:
        return _buy(sub_book, fill, base_asset, quote_asset)
    return _sell(sub_book, fill, base_asset, quote_asset)


def _buy(sub_book: SubBook, fill: Fill, base_asset: str, quote_asset: str) -> Booking:
    received = fill.quantity - (fill.commission if fill.commission_asset == base_asset else ZERO)
    paid = fill.quote_quantity + (fill.commission if fill.commission_asset == quote_asset else ZERO)
    lot = Lot(
        trade_id=fill.trade_id,
        quantity=received,
        remaining=received,
        unit_cost=paid / received,
        opened_at=fill.venue_time,
    )
    return Booking(
        sub_book=replace(sub_book, lots=(*sub_book.lots, lot)), changed=(lot,), realized_quote=None
    )


def _sell(sub_book: SubBook, fill: Fill, base_asset: str, quote_asset: str) -> Booking:
    sold = fill.quantity + (fill.commission if fill.commission_asset == base_asset else ZERO)
    earned = fill.quote_quantity - (
        fill.commission if fill.commission_asset == quote_asset else ZERO
    )
    cost = ZERO
    changed: list[Lot] = []
    kept: list[Lot] = []
    for lot in sub_book.lots:
        taken = min(lot.remaining, sold)
        sold -= taken
        cost += taken * lot.unit_cost
        rest = lot if taken == ZERO else replace(lot, remaining=lot.remaining - taken)
        if taken > ZERO:
            changed.append(rest)
        if rest.remaining > ZERO:
            kept.append(rest)
    realized = earned - cost
    after = replace(sub_book, lots=tuple(kept), realized_quote=sub_book.realized_quote + realized)
    return Booking(sub_book=after, changed=tuple(changed), realized_quote=realized)
