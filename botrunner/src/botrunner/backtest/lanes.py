"""The candles of one symbol and interval, as strategies see them close along the tape."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from operator import itemgetter
from typing import Final

from botcore.candles.bars import Bar
from botcore.candles.intervals import INTERVALS
from botcore.domain.market import Candle, Interval
from botcore.matching.numbers import SCALE
from botrunner.backtest.markets import Market
from botrunner.backtest.units import decimal_of, instant
from botrunner.trading.indicator_runs import Prices

__all__ = ["Lane", "lane_of"]

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)  # no slots: its columns are kept
class Lane:
    """Candles of `span` base candles each; the first closes with the base candle `first` of the tape."""

    symbol: str
    interval: Interval
    bars: list[Bar]
    first: int
    span: int
    begin_ms: int
    """When the first one opens."""

    def closing(self, index: int) -> int | None:
        """Give the place of the candle that closes with a base candle of the tape, if one does."""
        place, rest = divmod(index - self.first, self.span)
        return place if not rest and 0 <= place < len(self.bars) else None

    def closed_before(self, index: int) -> int:
        """Say how many of its candles have closed before a base candle of the tape begins."""
        return min(max(-((self.first - index) // self.span), 0), len(self.bars))

    def index_of(self, place: int) -> int:
        """Give the base candle that a candle closes with."""
        return self.first + place * self.span

    def candle(self, place: int) -> Candle:
        """Give a candle as the venue would tell it."""
        first, high, low, last, volume = self.bars[place]
        length_ms = INTERVALS[self.interval.value]
        open_ms = self.begin_ms + place * length_ms
        return Candle(
            symbol=self.symbol,
            interval=self.interval,
            open_at=instant(open_ms),
            close_at=instant(open_ms + length_ms),
            open=decimal_of(first),
            high=decimal_of(high),
            low=decimal_of(low),
            close=decimal_of(last),
            volume=decimal_of(volume),
        )

    @cached_property
    def closes(self) -> tuple[int, ...]:
        """Give the last price of each candle."""
        return tuple(map(itemgetter(3), self.bars))

    def first_above(self, index: int, stop: int, peak: int) -> int:
        """Give the first base candle from `index` on with which it closes above `peak`; at most `stop`."""
        closes = self.closes
        for place in range(self.closed_before(index), self.closed_before(stop)):
            if closes[place] > peak:
                return self.index_of(place)
        return stop

    def prices(self, begin: int) -> Prices:
        """Give the prices from a place on, for indicators."""
        bars = self.bars[begin:]
        highs, lows = ([bar[column] for bar in bars] for column in (1, 2))
        return Prices(highs, lows, self.closes[begin:], SCALE)


def lane_of(market: Market, interval: Interval, begin_ms: int) -> Lane:
    """Join a market's bars to candles of an interval; `begin_ms` is when the tape begins.

    The first one holds what the file has of it, a last one that does not end in the file is left out.
    """
    length_ms = INTERVALS[interval.value]
    span = length_ms // market.length_ms
    opens_ms = market.begin_ms // length_ms * length_ms
    closes_ms = opens_ms + length_ms
    stop = (closes_ms - market.begin_ms) // market.length_ms
    bars = market.bars if span == 1 else list(_joined(market.bars, stop, span))
    return Lane(
        symbol=market.symbol,
        interval=interval,
        bars=bars,
        first=(closes_ms - begin_ms) // market.length_ms - 1,
        span=span,
        begin_ms=opens_ms,
    )


def _joined(bars: list[Bar], stop: int, span: int) -> Iterator[Bar]:
    while stop <= len(bars):
        parts = bars[max(stop - span, 0) : stop]
        _, highs, lows, _, volumes = zip(*parts, strict=True)
        yield Bar(parts[0].open, max(highs), min(lows), parts[-1].close, sum(volumes))
        stop += span
