"""Between the engine's integers of 1e-8 and the trading core's decimals, and both their clocks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from botcore.domain.errors import InvariantBroken
from botcore.domain.instruments import Instrument
from botcore.matching.instruments import Instrument as Listing
from botcore.matching.numbers import SCALE

__all__ = ["decimal_of", "instant", "instrument_of", "milliseconds", "units_of"]

_UNIT: Final = Decimal("1E-8")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def decimal_of(units: int) -> Decimal:
    """Write units as the exchange's JSON would: with 8 decimals."""
    return units * _UNIT


def units_of(value: Decimal) -> int:
    """Read a decimal of at most 8 decimals.

    Raises:
        InvariantBroken: it has more, which no exchange would take.
    """
    units = value * SCALE
    if units != int(units):
        raise InvariantBroken(f"{value} has more than 8 decimals")
    return int(units)


def instant(time_ms: int) -> datetime:
    """Return an aware instant."""
    return _EPOCH + timedelta(milliseconds=time_ms)


def milliseconds(moment: datetime) -> int:
    """Return ms since 1970."""
    return (moment - _EPOCH) // _MILLISECOND


def instrument_of(listing: Listing) -> Instrument:
    """Show a symbol's rules as the exchange does (binance.md §1.7)."""
    least = listing.step if listing.min_quantity is None else listing.min_quantity
    return Instrument(
        symbol=listing.symbol,
        base_asset=listing.base,
        quote_asset=listing.quote,
        status="TRADING",
        tick_size=decimal_of(listing.tick),
        step_size=decimal_of(listing.step),
        min_quantity=decimal_of(least),
        max_quantity=decimal_of(listing.max_quantity),
        market_step_size=decimal_of(listing.market_step),
        market_min_quantity=decimal_of(listing.market_min_quantity),
        market_max_quantity=decimal_of(listing.market_max_quantity),
        min_notional=decimal_of(listing.min_notional),
        max_algo_orders=listing.max_algo_orders,
    )
