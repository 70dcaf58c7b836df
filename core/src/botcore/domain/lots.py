"""First-in-first-out lots of one strategy in one symbol, and what selling them realised."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from botcore.domain.instruments import Instrument, Unfit, fit_market_quantity
from botcore.domain.money import ZERO, wire
from botcore.domain.orders import Fill, Side

__all__ = ["Booking", "Lot", "SubBook", "book", "is_dust", "write_off"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SubBook:
    """The lots and the realised profit (quote asset, after fees) of one strategy in one symbol."""

    strategy: str
    symbol: str
    lots: tuple[Lot, ...] = ()
    realized_quote: Decimal = ZERO

    @property
    def quantity(self) -> Decimal:
        """Return the base asset held."""
        return sum((lot.remaining for lot in self.lots), ZERO)

    @property
    def cost_quote(self) -> Decimal:
        """Return what the held base asset cost, fees included."""
        return sum((lot.remaining * lot.unit_cost for lot in self.lots), ZERO)

    def unrealized(self, mark: Decimal) -> Decimal:
        """Return the open profit at a price, before exit fees."""
        return self.quantity * mark - self.cost_quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A sub-book after a fill, the lots that changed, and the profit it realised (None for a purchase).

    `fee_quote` is what the fee was worth in quote asset, None where no rate is known: then it is in
    no profit and must be shown as not valued. `doubt` says why the fill is not believed as reported:
    a CamelCase reason, a colon, and the figures.
    """

    sub_book: SubBook
    changed: tuple[Lot, ...]
    realized_quote: Decimal | None
    fee_quote: Decimal | None = ZERO
    doubt: str = ""


def book(
    sub_book: SubBook,
    fill: Fill,
    *,
    base_asset: str,
    quote_asset: str,
    fee_rate: Decimal | None = None,
) -> Booking:
    """Book one fill with its fee, whatever asset it is in (TR-15 to TR-18).

    A fee in base asset reduces what is held or adds to what is sold, one in quote asset is paid on
    top. A fee in a third asset (BNB) reduces no quantity and costs its worth at `fee_rate`, quote
    asset per unit (TR-16). More than 2 % of the trade is a parsing bug and not booked (TR-18).
    """
    fee = _fee(fill, base_asset, quote_asset, fee_rate)
    booking = _buy(sub_book, fill, fee) if fill.side is Side.BUY else _sell(sub_book, fill, fee)
    return replace(booking, fee_quote=fee.value, doubt=fee.doubt or booking.doubt)


def write_off(sub_book: SubBook, quantity: Decimal) -> Booking:
    """Take base asset that is gone from the oldest lots; its cost is the loss it realises (TR-20).

    What exceeds the lots is ignored.
    """
    taken = _take(sub_book.lots, quantity)
    loss = -taken.cost
    after = replace(sub_book, lots=taken.kept, realized_quote=sub_book.realized_quote + loss)
    return Booking(sub_book=after, changed=taken.changed, realized_quote=loss)


def is_dust(sub_book: SubBook, instrument: Instrument, price: Decimal) -> bool:
    """Tell whether what is held is too little to be sold at a price: no open position (TR-21)."""
    fitted = fit_market_quantity(instrument, sub_book.quantity, price)
    return sub_book.quantity > ZERO and isinstance(fitted, Unfit)


_MOST_FEE: Final = Decimal("0.02")
"""The highest share of a trade that a fee can be (TR-18)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fee:
    """What a fee takes: base asset, quote asset, and its worth in quote asset if a rate is known."""

    base: Decimal = ZERO
    quote: Decimal = ZERO
    value: Decimal | None = ZERO
    doubt: str = ""


def _fee(fill: Fill, base_asset: str, quote_asset: str, rate: Decimal | None) -> _Fee:
    amount = fill.commission
    if amount == ZERO:
        return _Fee()
    if fill.commission_asset == base_asset:
        fee = _Fee(base=amount, value=amount * fill.price)
    elif fill.commission_asset == quote_asset:
        fee = _Fee(quote=amount, value=amount)
    elif rate is None:
        return _Fee(value=None)
    else:
        fee = _Fee(quote=amount * rate, value=amount * rate)
    share = abs(fee.value or ZERO) / fill.quote_quantity if fill.quote_quantity else ZERO
    if share <= _MOST_FEE:
        return fee
    figures = f"{wire(amount)} {fill.commission_asset}, {share:.2%} of its value"
    return _Fee(value=None, doubt=f"FeeSuspicious: {_name(fill)} has a fee of {figures}")


def _name(fill: Fill) -> str:
    return f"trade {fill.trade_id} of {fill.symbol}"


def _buy(sub_book: SubBook, fill: Fill, fee: _Fee) -> Booking:
    received = fill.quantity - fee.base
    lot = Lot(
        trade_id=fill.trade_id,
        quantity=received,
        remaining=received,
        unit_cost=(fill.quote_quantity + fee.quote) / received,
        opened_at=fill.venue_time,
    )
    return Booking(
        sub_book=replace(sub_book, lots=(*sub_book.lots, lot)), changed=(lot,), realized_quote=None
    )


def _sell(sub_book: SubBook, fill: Fill, fee: _Fee) -> Booking:
    taken = _take(sub_book.lots, fill.quantity + fee.base)
    realized = fill.quote_quantity - fee.quote - taken.cost
    after = replace(sub_book, lots=taken.kept, realized_quote=sub_book.realized_quote + realized)
    doubt = ""
    if taken.missing > ZERO:
        doubt = f"BooksDisagree: {_name(fill)} sold {wire(taken.missing)} more than own lots"
    return Booking(sub_book=after, changed=taken.changed, realized_quote=realized, doubt=doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What is left after lots were taken from, oldest first; `missing` is what they did not have."""

    kept: tuple[Lot, ...]
    changed: tuple[Lot, ...]
    cost: Decimal
    missing: Decimal


def _take(lots: tuple[Lot, ...], quantity: Decimal) -> _Taken:
    cost, left = ZERO, quantity
    changed: list[Lot] = []
    kept: list[Lot] = []
    for lot in lots:
        taken = min(lot.remaining, left)
        left -= taken
        cost += taken * lot.unit_cost
        rest = lot if taken == ZERO else replace(lot, remaining=lot.remaining - taken)
        if taken > ZERO:
            changed.append(rest)
        if rest.remaining > ZERO:
            kept.append(rest)
    return _Taken(kept=tuple(kept), changed=tuple(changed), cost=cost, missing=left)
