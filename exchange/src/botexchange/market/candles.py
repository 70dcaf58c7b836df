"""Candles and how several become one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from botexchange.matching.numbers import SCALE

__all__ = ["Bar", "Candle", "merge"]


class Bar(NamedTuple):
    """Prices and volume without a time; 1e-8 units."""

    open: int
    high: int
    low: int
    close: int
    volume: int

    def quote(self) -> int:
        """Estimate the quote volume: the bar's volume at its middle price."""
        return (self.open + self.high + self.low + self.close) * self.volume // (4 * SCALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One candle of a symbol as Binance shows it; amounts in 1e-8 units."""

    open_ms: int
    close_ms: int
    """The last millisecond that belongs to it."""
    bar: Bar
    quote: int
    first_trade: int
    trades: int


def merge(bars: Iterable[Bar]) -> Bar | None:
    """Join bars that follow each other; None if there are none."""
    found = list(bars)
    if not found:
        return None
    return Bar(
        found[0].open,
        max(bar.high for bar in found),
        min(bar.low for bar in found),
        found[-1].close,
        sum(bar.volume for bar in found),
    )
