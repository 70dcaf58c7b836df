"""Indicators over all candles of a backtest at once: the same arithmetic without an object per candle.

Float lives here as it does in `indicators`, whose steps these loops take: prices come in as integers, states
of indicators and places of candles come out.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import ge, gt, le, lt

from botrunner.trading.indicators import (
    Bollinger,
    EmaPair,
    Macd,
    Rsi,
    Supertrend,
    bands,
    ema,
    trend,
    wilder,
)

__all__ = [
    "Prices",
    "Run",
    "run_bollinger",
    "run_ema_pair",
    "run_macd",
    "run_rsi",
    "run_supertrend",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What an indicator does along candles.

    `enters` and `leaves` have a byte for each candle, 0 where the strategy surely holds: with nothing
    held, and in position. `after` gives the indicator's state after the candle at a place.
    """

    enters: bytes
    leaves: bytes
    after: Callable[[int], object]


class Prices:
    """Candles' highs, lows and closes in integer units; what an indicator needs is converted once."""

    def __init__(
        self, highs: Sequence[int], lows: Sequence[int], closes: Sequence[int], scale: int
    ) -> None:
        """Take prices in units of 1 / `scale`."""
        self._units = (highs, lows, closes)
        self._scale = scale

    def _floats(self, units: Sequence[int]) -> "array[float]":
        # A division of integers is rounded as float() rounds the decimal: to the nearest.
        return array("d", [unit / self._scale for unit in units])

    @cached_property
    def highs(self) -> "array[float]":
        """The highest prices."""
        return self._floats(self._units[0])

    @cached_property
    def lows(self) -> "array[float]":
        """The lowest prices."""
        return self._floats(self._units[1])

    @cached_property
    def closes(self) -> "array[float]":
        """The last prices."""
        return self._floats(self._units[2])


def _emas(values: Iterable[float], length: int) -> "array[float]":
    level = 0.0
    return array("d", [level := ema(level, one, at, length) for at, one in enumerate(values, 1)])


def _risen(is_above: bytes) -> bytes:
    """Mark where a line is above another and was not before."""
    return bytes(map(gt, is_above, b"\0" + is_above))


def run_ema_pair(prices: Prices, fresh: EmaPair) -> Run:
    """Follow two averages: an entry needs the fast one to cross above, an exit finds it not above."""
    lengths = (fresh.fast_length, fresh.slow_length)
    fast, slow = (_emas(prices.closes, length) for length in lengths)
    return Run(
        enters=_risen(bytes(map(gt, fast, slow))),
        leaves=bytes(map(le, fast, slow)),
        after=lambda at: EmaPair(*lengths, at + 1, fast[at], slow[at]),
    )


def run_macd(prices: Prices, fresh: Macd) -> Run:
    """Follow the MACD line and its signal, as two averages."""
    lengths = (fresh.fast_length, fresh.slow_length, fresh.signal_length)
    fast, slow = (_emas(prices.closes, length) for length in lengths[:2])
    lines = [one - other for one, other in zip(fast, slow, strict=True)]
    unready = min(fresh.slow_length - 1, len(lines))
    signal = array("d", [0.0] * unready) + _emas(lines[unready:], fresh.signal_length)
    return Run(
        enters=_risen(bytes(map(gt, lines, signal))),
        leaves=bytes(map(le, lines, signal)),
        after=lambda at: Macd(*lengths, at + 1, fast[at], slow[at], signal[at]),
    )


def run_rsi(prices: Prices, fresh: Rsi, oversold: int, overbought: int) -> Run:
    """Follow the index: an entry needs it to rise above `oversold`, an exit finds it at `overbought`."""
    closes, length = prices.closes, fresh.length
    gain = loss = 0.0
    gains, losses = (array("d", [0.0] * min(len(closes), 1)) for _ in range(2))
    for at, (before, close) in enumerate(pairwise(closes), 1):
        change = close - before
        up, down = (change, 0.0) if change > 0.0 else (0.0, -change)
        gain, loss = wilder(gain, up, at, length), wilder(loss, down, at, length)
        gains.append(gain)
        losses.append(loss)
    levels = [
        100.0 * up / (up + down) if up + down else 50.0
        for up, down in zip(gains, losses, strict=True)
    ]
    return Run(
        enters=_risen(bytes([level > oversold for level in levels])),
        leaves=bytes([level >= overbought for level in levels]),
        after=lambda at: Rsi(length, at + 1, closes[at], gains[at], losses[at]),
    )


def run_bollinger(prices: Prices, fresh: Bollinger, *, leaves_at_middle: bool) -> Run:
    """Follow the bands: an entry needs the close to fall below the lower, an exit finds it at one above."""
    closes, length, deviations = tuple(prices.closes), fresh.length, fresh.deviations
    unready = [(0.0, 0.0, 0.0)] * min(length - 1, len(closes))
    stops = range(length, len(closes) + 1)
    found = unready + [bands(closes[stop - length : stop], deviations) for stop in stops]
    columns = zip(*found, strict=True) if found else ((), (), ())
    lower, middle, upper = (array("d", column) for column in columns)

    def after(at: int) -> Bollinger:
        window = closes[max(at + 1 - length, 0) : at + 1]
        return Bollinger(length, deviations, window, lower[at], middle[at], upper[at])

    return Run(
        enters=_risen(bytes(map(lt, closes, lower))),
        leaves=bytes(map(ge, closes, middle if leaves_at_middle else upper)),
        after=after,
    )


def run_supertrend(prices: Prices, fresh: Supertrend) -> Run:
    """Follow the line: an entry needs the trend to turn up, an exit finds it down."""
    length, multiplier = fresh.length, fresh.multiplier
    closes = prices.closes
    before = average = 0.0
    line = (0.0, 0.0, False)
    averages, uppers, lowers, ups = array("d"), array("d"), array("d"), bytearray()
    candles = zip(prices.highs, prices.lows, closes, strict=True)
    for count, (high, low, close) in enumerate(candles, 1):
        reach = high - low if count == 1 else max(high, before) - min(low, before)
        average = wilder(average, reach, count, length)
        if count > length:
            line = trend((high, low, close), before, average * multiplier, line)
        before = close
        averages.append(average)
        uppers.append(line[0])
        lowers.append(line[1])
        ups.append(line[2])
    return Run(
        enters=_risen(bytes(ups)),
        leaves=bytes([not one for one in ups]),
        after=lambda at: Supertrend(
            length,
            multiplier,
            at + 1,
            closes[at],
            averages[at],
            uppers[at],
            lowers[at],
            bool(ups[at]),
        ),
    )
