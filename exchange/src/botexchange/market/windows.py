"""Statistics of the last hours and days, from candles, without reading them all each time."""

from dataclasses import dataclass
from typing import Final

from botcore.candles.bars import Stretch, join
from botcore.candles.intervals import DAY_MS, INTERVALS, MINUTE_MS
from botexchange.market.source import CandleRange, MarketSource

__all__ = ["Window", "Windows"]

HOUR_MS: Final = 3_600_000
MOST_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a symbol traded from a moment up to now."""

    open_ms: int
    stretch: Stretch
    first_trade: int
    """Id of its first trade; of no meaning if it has none."""


class Windows:
    """Keeps the closed part of each window for as long as its minute lasts."""

    def __init__(self, source: MarketSource) -> None:
        """Read from this source."""
        self._source = source
        self.unit_ms = max(source.base_ms, MINUTE_MS)
        """Windows begin at a multiple of this (Binance: of a minute)."""
        lengths = {length: name for name, length in INTERVALS.items() if name in source.intervals}
        wanted = (DAY_MS, HOUR_MS, self.unit_ms)
        self._sizes = {size: lengths[size] for size in wanted if size in lengths}
        self._closed: dict[tuple[str, int], tuple[int, Stretch | None]] = {}

    def rolling(self, symbol: str, length_ms: int, position_ms: int) -> Window:
        """Give the last so many ms, begun at most a minute earlier (Binance: rolling window)."""
        begin = (position_ms - length_ms) // self.unit_ms * self.unit_ms
        return self.since(symbol, begin, position_ms)

    async def load(self, symbol: str, open_ms: int, position_ms: int) -> None:
        """Fetch what `since` will ask for."""
        begin = max(open_ms // self.unit_ms * self.unit_ms, 0)
        for size, name in self._sizes.items():
            longer = min((one for one in self._sizes if one > size), default=position_ms)
            edges = ((begin, begin + longer), (position_ms - longer, position_ms))
            for first_ms, last_ms in dict.fromkeys(edges):
                await self._source.load(
                    CandleRange(
                        symbol=symbol,
                        interval=name,
                        first_ms=max(first_ms, begin),
                        last_ms=min(last_ms, position_ms),
                        position_ms=position_ms,
                    )
                )

    def since(self, symbol: str, open_ms: int, position_ms: int) -> Window:
        """Give everything from a moment on, rounded down to the unit."""
        begin = max(open_ms // self.unit_ms * self.unit_ms, 0)
        border = max(position_ms // self.unit_ms * self.unit_ms, begin)
        rest = self._read(symbol, self.unit_ms, (border, position_ms), position_ms)
        closed = self._until(symbol, begin, border, position_ms)
        whole = join([*([closed] if closed else []), *rest])
        if whole is None:
            price = self._source.last(symbol, position_ms).price
            whole = Stretch(price, price, price, price, 0, 0, 0, 0, 0)
        first = self._source.trade_id(symbol, begin)
        return Window(open_ms=begin, stretch=whole, first_trade=first)

    def _until(self, symbol: str, begin: int, border: int, position_ms: int) -> Stretch | None:
        upto, closed = self._closed.get((symbol, begin), (begin, None))
        if upto < border:
            if len(self._closed) > MOST_KEPT:
                self._closed.clear()
            parts = [closed] if closed else []
            closed = join([*parts, *self._parts(symbol, (upto, border), position_ms)])
            self._closed[symbol, begin] = (border, closed)
        return closed

    def _parts(self, symbol: str, span: tuple[int, int], position_ms: int) -> list[Stretch]:
        """Cover a span with the longest candles that fit: minutes, hours, days and back."""
        at, border = span
        found: list[Stretch] = []
        while at < border:
            size = next(
                (one for one in self._sizes if not at % one and at + one <= border), self.unit_ms
            )
            longer = min((one for one in self._sizes if one > size), default=None)
            last = (
                border // size * size
                if longer is None
                else min(border // size * size, max(-(-at // longer) * longer, at + size))
            )
            found += self._read(symbol, size, (at, last - 1), position_ms)
            at = last
        return found

    def _read(
        self, symbol: str, size: int, span: tuple[int, int], position_ms: int
    ) -> list[Stretch]:
        wanted = CandleRange(
            symbol=symbol,
            interval=self._sizes[size],
            first_ms=span[0],
            last_ms=span[1],
            position_ms=position_ms,
        )
        return [one.stretch() for one in self._source.candles(wanted)]
