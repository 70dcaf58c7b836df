"""Real candles played again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from botcore.domain.errors import InvalidInput, NotAllowed
from botexchange.market.candles import Bar, Candle, merge
from botexchange.market.catalogue import instrument_for
from botexchange.market.csv_file import Series
from botexchange.market.intervals import INTERVALS, open_after, open_of
from botexchange.market.source import CandleRange
from botexchange.matching.instruments import Instrument
from botexchange.matching.numbers import floor_to_step
from botexchange.matching.quotes import Tick

__all__ = ["ReplaySource"]

POINTS: Final = 4  # trades per candle: open, two extremes, close


class ReplaySource:
    """Plays candles as trades: open, low and high by colour, close.

    A rising candle is taken to visit its low first, a falling one its high. Prices between two
    candles did not trade, so the open is a jump.
    """

    def __init__(self, series: list[Series]) -> None:
        """Play one series per symbol; all have the same interval.

        Raises:
            InvalidInput: the series do not fit together, or a symbol can't be traded.
        """
        first = series[0]
        if len({one.interval for one in series}) > 1:
            raise InvalidInput.of("--csv", "files must have the same interval")
        if len({one.symbol for one in series}) < len(series):
            raise InvalidInput.of("--csv", "files must have different symbols")
        if first.interval == "1M":
            raise InvalidInput.of("--interval", "1M can't be replayed")
        self.base_ms = INTERVALS[first.interval]
        self.intervals = tuple(
            name for name, length in INTERVALS.items() if length % self.base_ms == 0 or name == "1M"
        )
        self._instruments = {one.symbol: _instrument(one) for one in series}
        self._series = {one.symbol: _quoted(one, self._instruments[one.symbol]) for one in series}
        third = self.base_ms // 3
        self._offsets = (0, third, 2 * third, self.base_ms - 1)
        self.instruments: tuple[Instrument, ...] = tuple(self._instruments.values())
        self.begin_ms = min(one.begin_ms for one in series)
        self.end_ms: int | None = max(one.begin_ms + len(one.bars) * self.base_ms for one in series)
        spans = (f"{one.symbol} {one.begin_ms} {len(one.bars)}" for one in series)
        self.fingerprint = f"replay {first.interval} {' '.join(sorted(spans))}"

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Refuse: the past can't be changed."""
        raise NotAllowed(f"{symbol} is replayed and can't be shocked ({time_ms}, {factor})")

    def next_ms(self, position_ms: int) -> int | None:
        """Give the time of the next trade; None at the end."""
        position_ms = max(position_ms, self.begin_ms - 1)
        open_ms = position_ms // self.base_ms * self.base_ms
        offsets = [offset for offset in self._offsets if open_ms + offset > position_ms]
        following = open_ms + (offsets[0] if offsets else self.base_ms)
        return following if self.end_ms is not None and following < self.end_ms else None

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        time_ms = self.next_ms(after_ms)
        while time_ms is not None and time_ms <= until_ms:
            for symbol in self._series:
                tick = self._tick(symbol, time_ms)
                if tick is not None:
                    yield tick
            time_ms = self.next_ms(time_ms)

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade of a symbol, or its first one if nothing has traded yet."""
        series = self._series[symbol]
        open_ms = position_ms // self.base_ms * self.base_ms
        last_open = series.begin_ms + (len(series.bars) - 1) * self.base_ms
        open_ms = min(max(open_ms, series.begin_ms), last_open)
        times = [open_ms + offset for offset in self._offsets]
        past = [time_ms for time_ms in times if time_ms <= position_ms]
        tick = self._tick(symbol, past[-1] if past else times[0])
        if tick is None:
            raise InvalidInput.of(symbol, "has no candles")
        return tick

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; the newest one may be unfinished."""
        series = self._series[wanted.symbol]
        found = []
        first = max(wanted.first_ms, open_of(wanted.interval, series.begin_ms))
        open_ms = open_of(wanted.interval, first)
        if open_ms < wanted.first_ms:
            open_ms = open_after(wanted.interval, open_ms)
        while open_ms <= min(wanted.last_ms, wanted.position_ms):
            next_ms = open_after(wanted.interval, open_ms)
            bars = self._between(series, open_ms, next_ms, wanted.position_ms)
            bar = merge(bars)
            if bar is None:
                break
            found.append(self._candle(open_ms, next_ms, bar, bars))
            open_ms = next_ms
        return found

    def _candle(self, open_ms: int, next_ms: int, bar: Bar, bars: list[Bar]) -> Candle:
        return Candle(
            open_ms=open_ms,
            close_ms=next_ms - 1,
            bar=bar,
            quote=sum(part.quote() for part in bars),
            first_trade=(open_ms - self.begin_ms) // self.base_ms * POINTS + POINTS,
            trades=len(bars) * POINTS,
        )

    def _between(self, series: Series, begin: int, end: int, position_ms: int) -> list[Bar]:
        """List the base bars of a stretch; the one that is still open as far as it went."""
        first = max((begin - series.begin_ms) // self.base_ms, 0)
        last = (min(end, position_ms + 1) - series.begin_ms) // self.base_ms
        bars = series.bars[first:last]
        open_ms = series.begin_ms + last * self.base_ms
        if open_ms < end and 0 <= last < len(series.bars):
            ticks = [self._tick(series.symbol, open_ms + offset) for offset in self._offsets]
            partial = merge(
                Bar(tick.price, tick.price, tick.price, tick.price, tick.quantity)
                for tick in ticks
                if tick is not None and tick.time_ms <= position_ms
            )
            bars = bars if partial is None else [*bars, partial]
        return bars

    def _tick(self, symbol: str, time_ms: int) -> Tick | None:
        series = self._series[symbol]
        index, offset = divmod(time_ms - series.begin_ms, self.base_ms)
        if not 0 <= index < len(series.bars):
            return None
        bar = series.bars[index]
        extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
        point = self._offsets.index(offset)
        step = self._instruments[symbol].step
        quarter = floor_to_step(bar.volume // POINTS, step)
        return Tick(
            symbol=symbol,
            time_ms=time_ms,
            price=(bar.open, *extremes, bar.close)[point],
            quantity=bar.volume - quarter * (POINTS - 1) if point == POINTS - 1 else quarter,
            is_jump=point == 0,
        )


def _quoted(series: Series, instrument: Instrument) -> Series:
    """Round a series to the symbol's tick and step, as the exchange would quote it."""
    tick, step = instrument.tick, instrument.step
    bars = []
    for bar in series.bars:
        first, high, low, last = (max((price + tick // 2) // tick, 1) * tick for price in bar[:4])
        bars.append(Bar(first, high, low, last, floor_to_step(bar.volume, step)))
    return replace(series, bars=bars)


def _instrument(series: Series) -> Instrument:
    instrument = instrument_for(series.symbol, series.bars[-1].close)
    if instrument is None:
        raise InvalidInput.of("--symbol", f"{series.symbol} has no quote asset that is known here")
    return instrument
