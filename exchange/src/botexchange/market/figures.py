"""How Binance writes the figures of its tickers."""

from botcore.candles.bars import Stretch
from botcore.matching.numbers import SCALE, plain

__all__ = ["mean", "percent", "signed"]


def signed(units: int) -> str:
    """Write units that may be negative, with 8 decimals."""
    return plain(units) if units >= 0 else f"-{plain(-units)}"


def percent(change: int, base: int) -> str:
    """Write a change as percent of a base, 3 decimals, rounded half up."""
    thousandths = (abs(change) * 200_000 + base) // (2 * base)
    sign = "-" if change < 0 and thousandths else ""
    return f"{sign}{thousandths // 1_000}.{thousandths % 1_000:03d}"


def mean(stretch: Stretch) -> int:
    """Give the volume-weighted price, 0 if nothing traded."""
    return stretch.quote * SCALE // stretch.volume if stretch.volume else 0
