"""One symbol's candles on the tape, and the trades they stand for."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import Final

from botcore.candles.bars import Bar
from botcore.candles.path import moments, points
from botcore.matching.instruments import Instrument
from botcore.matching.quotes import Tick
from botrunner.backtest.units import instant

__all__ = ["Jump", "Market"]

_JUMP: Final = 30
"""Per cent between two closes that are worth a warning (TR-35)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Two candles in a row whose closes are more than 30 % apart."""

    symbol: str
    at: datetime
    percent: int


@dataclass(frozen=True, kw_only=True)  # no slots: its columns are kept
class Market:
    """One symbol's candles, `first` candles later than the tape's begin."""

    symbol: str
    listing: Instrument
    bars: list[Bar]
    first: int
    begin_ms: int
    length_ms: int
    filled: int

    @cached_property
    def highs(self) -> tuple[int, ...]:
        """Give the highest price of each bar."""
        return tuple(map(itemgetter(1), self.bars))

    @cached_property
    def lows(self) -> tuple[int, ...]:
        """Give the lowest price of each bar."""
        return tuple(map(itemgetter(2), self.bars))

    @cached_property
    def closes(self) -> tuple[int, ...]:
        """Give the last price of each bar."""
        return tuple(map(itemgetter(3), self.bars))

    def first_beyond(self, begin: int, stop: int, low: int, high: int) -> int:
        """Give the first place from `begin` on whose bar reaches either price; `stop` if it comes first."""
        lows, highs, first = self.lows, self.highs, self.first
        for place in range(max(begin - first, 0), min(stop - first, len(lows))):
            if lows[place] <= low or highs[place] >= high:
                return place + first
        return stop

    def bar(self, index: int) -> Bar | None:
        """Give the bar of a place on the tape; None before its first and after its last."""
        place = index - self.first
        return self.bars[place] if 0 <= place < len(self.bars) else None

    def ticks(self, index: int) -> list[Tick]:
        """List the trades of a bar; none if nobody traded."""
        bar = self.bar(index)
        if bar is None or not bar.volume:
            return []
        place = index - self.first
        open_ms = self.begin_ms + place * self.length_ms
        return [
            Tick(
                symbol=self.listing.symbol,
                time_ms=open_ms + offset,
                price=price,
                quantity=quantity,
                is_jump=offset == 0,
            )
            for offset, (price, quantity, _) in zip(
                moments(self.length_ms), points(bar, place, self.listing.step), strict=True
            )
            if quantity
        ]

    @cached_property
    def jumps(self) -> tuple[Jump, ...]:
        """Name every leap between two closes that looks like a mistake in the data."""
        return tuple(
            Jump(
                symbol=self.symbol,
                at=instant(self.begin_ms + place * self.length_ms),
                percent=abs(close - before) * 100 // before,
            )
            for place, (before, close) in enumerate(pairwise(self.closes), start=1)
            if abs(close - before) * 100 > before * _JUMP
        )
