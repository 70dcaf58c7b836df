"""Indicators over closed candles: immutable values, one new value per candle in constant time.

Float lives behind this boundary: a price comes in as Decimal and no price, quantity or balance leaves
(I7). Own code instead of a library, for docs/adr/0016-own-incremental-indicators.md; talipp and TA-Lib
judge it in the tests.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import dist

from botcore.domain.market import Candle

__all__ = [
    "Bollinger",
    "EmaPair",
    "Macd",
    "Rsi",
    "Supertrend",
    "bands",
    "ema",
    "trend",
    "wilder",
]


def ema(level: float, value: float, count: int, length: int) -> float:
    """Smooth exponentially, seeded with the simple average of the first `length` values."""
    if count <= length:
        return level + (value - level) / count
    return level + (value - level) * 2.0 / (length + 1)


def wilder(level: float, value: float, count: int, length: int) -> float:
    """Smooth as Wilder does: the same seed, and 1 / length of each value after it."""
    if count < length:
        return level + (value - level) / count
    return level + (value - level) / length


@dataclass(frozen=True, slots=True)
class EmaPair:
    """Two exponential moving averages of the close, lengths in candles."""

    fast_length: int
    slow_length: int
    count: int = 0
    fast: float = 0.0
    slow: float = 0.0

    @property
    def missing(self) -> int:
        """Return how many candles it lacks to be ready."""
        return max(0, self.slow_length - self.count)

    @property
    def is_above(self) -> bool:
        """Tell whether the fast average is above the slow one; equal counts as below."""
        return self.fast > self.slow

    def after(self, price: Decimal) -> "EmaPair":
        """Return the averages after one more closed price (quote asset)."""
        value = float(price)
        count = self.count + 1
        return EmaPair(
            self.fast_length,
            self.slow_length,
            count,
            ema(self.fast, value, count, self.fast_length),
            ema(self.slow, value, count, self.slow_length),
        )


@dataclass(frozen=True, slots=True)
class Macd:
    """The difference of two averages of the close and its own average, lengths in candles."""

    fast_length: int
    slow_length: int
    signal_length: int
    count: int = 0
    fast: float = 0.0
    slow: float = 0.0
    signal: float = 0.0

    @property
    def missing(self) -> int:
        """Return how many candles it lacks to be ready."""
        return max(0, self.slow_length + self.signal_length - 1 - self.count)

    @property
    def line(self) -> float:
        """The MACD line."""
        return self.fast - self.slow

    @property
    def is_above(self) -> bool:
        """Tell whether the MACD line is above its signal line; equal counts as below."""
        return self.fast - self.slow > self.signal

    def after(self, price: Decimal) -> "Macd":
        """Return the lines after one more closed price (quote asset)."""
        value = float(price)
        count = self.count + 1
        fast = ema(self.fast, value, count, self.fast_length)
        slow = ema(self.slow, value, count, self.slow_length)
        lines = count - self.slow_length + 1
        signal = ema(self.signal, fast - slow, lines, self.signal_length) if lines > 0 else 0.0
        return Macd(
            self.fast_length, self.slow_length, self.signal_length, count, fast, slow, signal
        )


@dataclass(frozen=True, slots=True)
class Rsi:
    """Wilder's relative strength index of the close, 0 to 100; 50 while the price never moved."""

    length: int
    count: int = 0
    close: float = 0.0
    gain: float = 0.0
    loss: float = 0.0

    @property
    def missing(self) -> int:
        """Return how many candles it lacks to be ready; the first one has no change."""
        return max(0, self.length + 1 - self.count)

    @property
    def level(self) -> float:
        """The index."""
        moved = self.gain + self.loss
        return 100.0 * self.gain / moved if moved else 50.0

    def after(self, price: Decimal) -> "Rsi":
        """Return the index after one more closed price (quote asset)."""
        value = float(price)
        count = self.count
        if not count:
            return Rsi(self.length, 1, value)
        change = value - self.close
        up, down = (change, 0.0) if change > 0.0 else (0.0, -change)
        return Rsi(
            self.length,
            count + 1,
            value,
            wilder(self.gain, up, count, self.length),
            wilder(self.loss, down, count, self.length),
        )


_FLAT = 1e-12
"""Relative spread below which a window holds equal prices and rounding alone."""


def bands(closes: tuple[float, ...], deviations: float) -> tuple[float, float, float]:
    """Give the lower, middle and upper band of a full window."""
    length = len(closes)
    middle = sum(closes) / length
    spread: float = dist(closes, (middle,) * length) / length**0.5
    if spread <= middle * _FLAT:
        return closes[-1], closes[-1], closes[-1]
    width = spread * deviations
    return middle - width, middle, middle + width


@dataclass(frozen=True, slots=True)
class Bollinger:
    """A simple average of the last closes with a band of standard deviations (of the population) around it.

    The window is summed anew at every candle, which costs less than a microsecond by the machine's own
    loops, so that no rounding error stays once a price has left it.
    """

    length: int
    deviations: float
    closes: tuple[float, ...] = ()
    lower: float = 0.0
    middle: float = 0.0
    upper: float = 0.0

    @classmethod
    def of(cls, length: int, deviations: Decimal) -> "Bollinger":
        """Start with no candle seen."""
        return cls(length, float(deviations))

    @property
    def missing(self) -> int:
        """Return how many candles it lacks to be ready."""
        return self.length - len(self.closes)

    @property
    def is_below_lower(self) -> bool:
        """Tell whether the last close is below the lower band."""
        return bool(self.closes) and self.closes[-1] < self.lower

    @property
    def has_reached_middle(self) -> bool:
        """Tell whether the last close is at or above the middle band."""
        return self.closes[-1] >= self.middle

    @property
    def has_reached_upper(self) -> bool:
        """Tell whether the last close is at or above the upper band."""
        return self.closes[-1] >= self.upper

    def after(self, price: Decimal) -> "Bollinger":
        """Return the bands after one more closed price (quote asset)."""
        value = float(price)
        length = self.length
        known = self.closes
        closes = (*known[1:], value) if len(known) == length else (*known, value)
        if len(closes) < length:
            return Bollinger(length, self.deviations, closes)
        return Bollinger(length, self.deviations, closes, *bands(closes, self.deviations))


@dataclass(frozen=True, slots=True)
class Supertrend:
    """A line `multiplier` average true ranges (Wilder) below a rising price or above a falling one.

    It starts as falling; the first range is high - low, as there is no close before it.
    """

    length: int
    multiplier: float
    count: int = 0
    close: float = 0.0
    true_range: float = 0.0
    upper: float = 0.0
    lower: float = 0.0
    is_up: bool = False

    @classmethod
    def of(cls, length: int, multiplier: Decimal) -> "Supertrend":
        """Start with no candle seen."""
        return cls(length, float(multiplier))

    @property
    def missing(self) -> int:
        """Return how many candles it lacks to be ready: one more than the average true range does."""
        return max(0, self.length + 1 - self.count)

    @property
    def line(self) -> float:
        """The line a close must pass to turn the trend."""
        return self.lower if self.is_up else self.upper

    def after(self, candle: Candle) -> "Supertrend":
        """Return the line after one more closed candle."""
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        count, before = self.count + 1, self.close
        reach = high - low if count == 1 else max(high, before) - min(low, before)
        average = wilder(self.true_range, reach, count, self.length)
        if count <= self.length:
            return Supertrend(self.length, self.multiplier, count, close, average)
        known = (self.upper, self.lower, self.is_up)
        line = trend((high, low, close), before, average * self.multiplier, known)
        return Supertrend(self.length, self.multiplier, count, close, average, *line)


def trend(
    candle: tuple[float, float, float],
    before: float,
    width: float,
    line: tuple[float, float, bool],
) -> tuple[float, float, bool]:
    """Give upper and lower band and whether the trend is up, from those before (`line`).

    `candle` is high, low and close, `before` the close before it, `width` how far a band lies from the
    middle. A band only moves towards the price, until a close has passed it.
    """
    high, low, close = candle
    upper, lower, is_up = line
    middle = (high + low) / 2.0
    top, bottom = middle + width, middle - width
    if top > upper and before <= upper:
        top = upper
    if bottom < lower and before >= lower:
        bottom = lower
    return top, bottom, close >= bottom if is_up else close > top
