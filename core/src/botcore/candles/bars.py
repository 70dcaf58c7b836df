"""Candles and how several become one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Bar", "Candle", "Stretch", "candle", "join"]


class Bar(NamedTuple):
    """Prices and volume without a time; 1e-8 units."""

    open: int
    high: int
    low: int
    close: int
    volume: int


class Stretch(NamedTuple):
    """What traded in a stretch of time; amounts in 1e-8 units."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    quote: int
    taker: int
    taker_quote: int
    trades: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One candle of a symbol as Binance shows it; amounts in 1e-8 units."""

    open_ms: int
    close_ms: int
    """The last millisecond that belongs to it."""
    bar: Bar
    quote: int
    first_trade: int
    """Id of its first trade; of no meaning if it has none."""
    trades: int
    taker: int
    """Base volume in which the buyer was the taker."""
    taker_quote: int

    def stretch(self) -> Stretch:
        """Give its figures without the times."""
        return Stretch(*self.bar, self.quote, self.taker, self.taker_quote, self.trades)


def candle(open_ms: int, close_ms: int, first_trade: int, stretch: Stretch) -> Candle:
    """Make a candle out of what traded in it."""
    return Candle(
        open_ms=open_ms,
        close_ms=close_ms,
        bar=Bar(*stretch[:5]),
        quote=stretch.quote,
        first_trade=first_trade,
        trades=stretch.trades,
        taker=stretch.taker,
        taker_quote=stretch.taker_quote,
    )


def join(stretches: Iterable[Stretch]) -> Stretch | None:
    """Join stretches that follow each other; None if there are none."""
    found = list(stretches)
    if len(found) < 2:
        return found[0] if found else None
    _, highs, lows, _, *sums = zip(*found, strict=True)
    return Stretch(found[0].open, max(highs), min(lows), found[-1].close, *map(sum, sums))
