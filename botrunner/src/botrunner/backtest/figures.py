"""Statistics of an equity curve: float inside, ratios and per cents outside (I7).

No amount of money leaves this file. The conventions, the same for every figure:

- A return is the change of equity over one base candle, as a share of the equity before it.
- Figures per year are by the candle's length: a year has 365 days of trading without a break.
- The risk-free rate is 0.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, repeat
from math import isfinite, sqrt
from operator import mul
from typing import Final

__all__ = ["Drawdown", "EquityCurve", "Performance"]

_YEAR_MS: Final = 365 * 86_400_000
_LEAST_SPAN_MS: Final = 86_400_000
"""A span below a day says nothing about a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """The deepest fall from a peak in per cent, and the longest time below a peak in candles.

    `at` is the candle of the deepest point; the longest time may still last at the end.
    """

    percent: float = 0.0
    at: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """Figures of a whole curve; None where they are not defined."""

    total_return_percent: float
    cagr_percent: float | None
    volatility_percent: float | None
    sharpe: float | None
    sortino: float | None
    drawdown: Drawdown


class EquityCurve:
    """Equity at each base candle's close, after what it was before the first one."""

    def __init__(self, begin: Decimal) -> None:
        """Begin with the capital."""
        self._values = array("d", [float(begin)])

    def append(self, equity: Decimal, count: int = 1) -> None:
        """Take the equity of the next close, or of so many that it stands at; quote asset."""
        value = float(equity)
        if count == 1:
            self._values.append(value)
        else:
            self._values.extend(repeat(value, count))

    def extend(self, equities: Iterable[Decimal]) -> None:
        """Take the equity of several closes."""
        self._values.extend(map(float, equities))

    def __len__(self) -> int:
        return len(self._values) - 1

    def performance(self, length_ms: int) -> Performance:
        """Compute every figure; candles are `length_ms` long.

        - total return: end / begin - 1
        - CAGR: (end / begin) ** (year / span) - 1; -100 % once nothing is left
        - volatility: sample deviation (n - 1) of the returns, times the root of candles per year
        - Sharpe: mean return / sample deviation, times that root
        - Sortino: mean return / root of the mean of squared losses (gains count as 0), times that root
        """
        values = self._values
        growth = values[-1] / values[0]
        returns = [
            after / before - 1.0 if before > 0.0 else 0.0 for before, after in pairwise(values)
        ]
        per_year = _YEAR_MS / length_ms
        mean = sum(returns) / len(returns) if returns else 0.0
        deviation = _root_mean([one - mean for one in returns], len(returns) - 1)
        downside = _root_mean([one for one in returns if one < 0.0], len(returns))
        return Performance(
            total_return_percent=(growth - 1.0) * 100.0,
            cagr_percent=_yearly(growth, len(self) * length_ms),
            volatility_percent=deviation * sqrt(per_year) * 100.0 if deviation else None,
            sharpe=mean / deviation * sqrt(per_year) if deviation else None,
            sortino=mean / downside * sqrt(per_year) if downside else None,
            drawdown=self._drawdown(),
        )

    def _drawdown(self) -> Drawdown:
        peak, since, deepest, at, longest = self._values[0], 0, 0.0, 0, 0
        for place, value in enumerate(self._values):
            if value >= peak:
                peak, since = value, place
                continue
            longest = max(longest, place - since)
            fall = 1.0 - value / peak
            if fall > deepest:
                deepest, at = fall, place - 1
        return Drawdown(percent=deepest * 100.0, at=at, longest=longest)

    def samples(self, most: int) -> list[tuple[int, str]]:
        """Thin the curve out for a chart: place of the candle and equity, two decimals as text."""
        every = max(1, -(-len(self) // most))
        places = [*range(0, len(self), every)]
        if places and places[-1] != len(self) - 1:
            places.append(len(self) - 1)
        return [(place, f"{self._values[place + 1]:.2f}") for place in places]


def _root_mean(values: list[float], count: int) -> float:
    return sqrt(sum(map(mul, values, values)) / count) if count > 0 else 0.0


def _yearly(growth: float, span_ms: int) -> float | None:
    if span_ms < _LEAST_SPAN_MS:
        return None
    if growth <= 0.0:
        return -100.0
    try:
        yearly = (growth ** (_YEAR_MS / span_ms) - 1.0) * 100.0
    except OverflowError:
        return None
    return yearly if isfinite(yearly) else None
