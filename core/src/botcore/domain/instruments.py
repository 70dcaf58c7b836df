"""What a symbol allows: steps, limits and the least an order must be worth."""

from dataclasses import dataclass
from decimal import Decimal

from botcore.domain.money import ZERO, floor_to_step

__all__ = ["Instrument", "Unfit", "fit_market_quantity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A symbol's filters (Binance filters, binance.md §1.7).

    A step of 0 means no step, a maximum of 0 no maximum.
    """

    symbol: str
    base_asset: str
    quote_asset: str
    status: str
    tick_size: Decimal
    step_size: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    market_step_size: Decimal
    market_min_quantity: Decimal
    market_max_quantity: Decimal
    min_notional: Decimal
    max_algo_orders: int

    @property
    def is_trading(self) -> bool:
        """Tell whether entries are allowed; cancels always are (TR-30)."""
        return self.status == "TRADING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """Why a quantity can't be sent; a value, since it is an expected answer."""

    reason: str


def fit_market_quantity(
    instrument: Instrument, quantity: Decimal, price: Decimal
) -> Decimal | Unfit:
    """Truncate a base-asset quantity to what a MARKET order may carry at about `price` (TR-23.

    TR-25, TR-26).
    """
    fitted = quantity
    for limit in (instrument.max_quantity, instrument.market_max_quantity):
        if limit > ZERO:
            fitted = min(fitted, limit)
    # Binance's maximum of a MARKET order is an average volume and lies on no step.
    fitted = floor_to_step(fitted, instrument.step_size)
    fitted = floor_to_step(fitted, instrument.market_step_size)
    least = max(instrument.min_quantity, instrument.market_min_quantity)
    if fitted <= ZERO or fitted < least:
        return Unfit(
            reason=f"quantity {quantity} is below the least {least} of {instrument.symbol}"
        )
    if fitted * price < instrument.min_notional:
        return Unfit(
            reason=f"worth {fitted * price} is below the least {instrument.min_notional} of {instrument.symbol}"
        )
    return fitted
