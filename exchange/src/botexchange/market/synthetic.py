"""The seeded market: runs for ever, at any speed, with years of history from the start."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from botexchange.market.candles import Bar, Candle, merge
from botexchange.market.catalogue import CATALOGUE
from botexchange.market.intervals import DAY_MS, INTERVALS, MINUTE_MS, open_after, open_of
from botexchange.market.source import CandleRange
from botexchange.market.tree import day_bar, draws, path, split
from botexchange.matching.instruments import Instrument
from botexchange.matching.numbers import SCALE, floor_to_step
from botexchange.matching.quotes import Tick

__all__ = ["SyntheticSource"]

TICK_MS: Final = 2_000
LISTED_MS: Final = 946_684_800_000  # 2000-01-01: history begins here
# Lengths of the tree's bars, a day down to a minute; each divides the one before.
LEVELS: Final = (DAY_MS, 14_400_000, 3_600_000, 900_000, 300_000, MINUTE_MS)
PPM: Final = 1_000_000


class SyntheticSource:
    """Five symbols that swing around a reference; shocks multiply the price for good."""

    def __init__(self, seed: int, shocks: tuple[tuple[str, int, int], ...] = ()) -> None:
        """Grow the market of a seed; shocks are (symbol, time in ms, factor in 1e-6)."""
        self._seed = seed
        self._shocks: dict[str, list[tuple[int, int]]] = {symbol: [] for symbol in CATALOGUE}
        self.fingerprint = f"synthetic seed {seed}"
        self.instruments: tuple[Instrument, ...] = tuple(CATALOGUE.values())
        self.intervals = tuple(INTERVALS)
        self.base_ms = MINUTE_MS
        self.begin_ms = LISTED_MS
        self.end_ms: int | None = None
        self._days = lru_cache(maxsize=16_384)(self._day)
        self._children = lru_cache(maxsize=8_192)(self._split)
        self._paths = lru_cache(maxsize=256)(self._path)
        for symbol, time_ms, factor in shocks:
            self.shock(symbol, time_ms, factor)

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Multiply the price by a factor (1e-6) from a moment on."""
        self._shocks[symbol].append((time_ms, factor))

    def next_ms(self, position_ms: int) -> int:
        """Give the time of the next trade."""
        return (position_ms // TICK_MS + 1) * TICK_MS

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        first = self.next_ms(after_ms)
        for time_ms in range(first, until_ms + 1, TICK_MS):
            for instrument in self.instruments:
                yield self._tick(instrument, time_ms)

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade of a symbol."""
        return self._tick(CATALOGUE[symbol], position_ms // TICK_MS * TICK_MS)

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; the newest one may be unfinished."""
        found = []
        instrument = CATALOGUE[wanted.symbol]
        open_ms = open_of(wanted.interval, max(wanted.first_ms, LISTED_MS))
        if open_ms < max(wanted.first_ms, LISTED_MS):
            open_ms = open_after(wanted.interval, open_ms)
        while open_ms <= min(wanted.last_ms, wanted.position_ms):
            next_ms = open_after(wanted.interval, open_ms)
            end = min(next_ms, wanted.position_ms + 1)
            bars = list(self._cover(instrument, open_ms, end, 0))
            bar = merge(bars)
            if bar is not None:
                found.append(_candle(open_ms, next_ms, end, bar, bars))
            open_ms = next_ms
        return found

    def _cover(self, instrument: Instrument, begin: int, end: int, level: int) -> Iterator[Bar]:
        """Cover a stretch with the fewest bars; a bar with a shock inside is taken apart."""
        if level == len(LEVELS):
            yield from self._ticks_as_bars(instrument, begin, end)
            return
        length = LEVELS[level]
        start = begin // length * length
        for open_ms in range(start, end, length):
            low, high = max(open_ms, begin), min(open_ms + length, end)
            if high - low == length and not self._is_shocked(instrument.symbol, low, high):
                yield self._bar(instrument, level, low)
            else:
                yield from self._cover(instrument, low, high, level + 1)

    def _ticks_as_bars(self, instrument: Instrument, begin: int, end: int) -> Iterator[Bar]:
        first = self.next_ms(begin - 1)
        for time_ms in range(first, end, TICK_MS):
            tick = self._tick(instrument, time_ms)
            yield Bar(tick.price, tick.price, tick.price, tick.price, tick.quantity)

    def _bar(self, instrument: Instrument, level: int, open_ms: int) -> Bar:
        raw = self._raw(instrument, level, open_ms // LEVELS[level])
        factor = self._factor(instrument.symbol, open_ms)
        first, high, low, last = (_shocked(instrument, price, factor) for price in raw[:4])
        return Bar(first, high, low, last, raw.volume * instrument.step)

    def _tick(self, instrument: Instrument, time_ms: int) -> Tick:
        minute, offset = divmod(time_ms, MINUTE_MS)
        price, lots = self._paths(instrument, minute)[offset // TICK_MS]
        symbol = instrument.symbol
        return Tick(
            symbol=symbol,
            time_ms=time_ms,
            price=_shocked(instrument, price, self._factor(symbol, time_ms)),
            quantity=lots * instrument.step,
            is_jump=self._is_shocked(symbol, time_ms - TICK_MS, time_ms + 1),
        )

    def _factor(self, symbol: str, time_ms: int) -> int:
        factor = PPM
        for since, change in self._shocks[symbol]:
            if since <= time_ms:
                factor = factor * change // PPM
        return factor

    def _is_shocked(self, symbol: str, begin: int, end: int) -> bool:
        """Tell whether a shock lies inside a stretch, its first moment aside."""
        return any(begin < since < end for since, _ in self._shocks[symbol])

    def _raw(self, instrument: Instrument, level: int, index: int) -> Bar:
        if level == 0:
            return self._days(instrument, index)
        parts = LEVELS[level - 1] // LEVELS[level]
        return self._children(instrument, level, index // parts)[index % parts]

    def _day(self, instrument: Instrument, day: int) -> Bar:
        usual = instrument.depth * 50_000 * SCALE // instrument.reference // instrument.step
        return day_bar(self._seed, instrument.symbol, day, instrument.reference, usual)

    def _split(self, instrument: Instrument, level: int, parent: int) -> list[Bar]:
        numbers = draws(self._seed, instrument.symbol, level, parent)
        parts = LEVELS[level - 1] // LEVELS[level]
        return split(self._raw(instrument, level - 1, parent), parts, numbers)

    def _path(self, instrument: Instrument, minute: int) -> list[tuple[int, int]]:
        numbers = draws(self._seed, instrument.symbol, "path", minute)
        bar = self._raw(instrument, len(LEVELS) - 1, minute)
        return path(bar, MINUTE_MS // TICK_MS, numbers)


def _shocked(instrument: Instrument, price: int, factor: int) -> int:
    shocked = price * factor // PPM
    return max(floor_to_step(shocked, instrument.tick), instrument.tick)


def _candle(open_ms: int, next_ms: int, end: int, bar: Bar, bars: list[Bar]) -> Candle:
    return Candle(
        open_ms=open_ms,
        close_ms=next_ms - 1,
        bar=bar,
        quote=sum(part.quote() for part in bars),
        first_trade=(open_ms - LISTED_MS) // TICK_MS,
        trades=(end - open_ms + TICK_MS - 1) // TICK_MS,
    )
