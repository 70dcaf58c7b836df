"""The lines of a grid and how much each of its parts trades, from parameters and filters alone."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from botcore.domain.instruments import Instrument
from botcore.domain.money import ZERO, floor_to_step, wire
from botcore.resources.strategy_params import GridParams, Spacing

__all__ = ["GridLines", "grid_lines"]

_INVESTED = Decimal("0.99")
"""One per cent of the capital stays back for fees (TR-31)."""
_MARGIN = Decimal("1.05")
"""What is bought stays sellable after the fee was taken from it (TR-27)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLines:
    """Part i buys `quantities[i]` base asset at `prices[i]` and sells it at `prices[i + 1]`.

    `problem` says why there is no grid.
    """

    instrument: Instrument
    capital: Decimal
    prices: tuple[Decimal, ...] = ()
    quantities: tuple[Decimal, ...] = ()
    problem: str = ""

    @property
    def count(self) -> int:
        """Return the number of parts."""
        return len(self.quantities)


def grid_lines(params: GridParams, instrument: Instrument, capital: Decimal) -> GridLines:
    """Divide the range; prices lie on ticks, quantities on steps, both rounded down (TR-23)."""
    prices = tuple(
        floor_to_step(_line(params, number), instrument.tick_size)
        for number in range(params.grids + 1)
    )
    share = capital * _INVESTED / params.grids
    problem = _problem(prices, share, instrument)
    if problem:
        return GridLines(instrument=instrument, capital=capital, problem=problem)
    quantities = tuple(_quantity(instrument, share, price) for price in prices[:-1])
    if any(
        quantity < instrument.min_quantity or quantity * price < instrument.min_notional
        for quantity, price in zip(quantities, prices, strict=False)
    ):
        problem = f"{_worth(share)} is too little for the steps of {instrument.symbol}"
        return GridLines(instrument=instrument, capital=capital, problem=problem)
    return GridLines(instrument=instrument, capital=capital, prices=prices, quantities=quantities)


def _line(params: GridParams, number: int) -> Decimal:
    lower, upper = params.lower_price, params.upper_price
    if number == params.grids:
        return upper
    if params.spacing is Spacing.GEOMETRIC:
        return lower * (upper / lower) ** (Decimal(number) / params.grids)
    return lower + (upper - lower) * number / params.grids


def _quantity(instrument: Instrument, share: Decimal, price: Decimal) -> Decimal:
    quantity = share / price
    if instrument.max_quantity > ZERO:
        quantity = min(quantity, instrument.max_quantity)
    return floor_to_step(quantity, instrument.step_size)


def _problem(prices: tuple[Decimal, ...], share: Decimal, instrument: Instrument) -> str:
    if prices[0] <= ZERO or any(low >= high for low, high in pairwise(prices)):
        return f"the lines lie closer than one tick of {wire(instrument.tick_size)}"
    least = instrument.min_notional * _MARGIN
    if share < least:
        return f"{_worth(share)} is below the least order of {wire(least)}"
    return ""


def _worth(share: Decimal) -> str:
    return f"the capital of each grid, {share:.2f},"
