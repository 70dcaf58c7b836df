"""The trades a candle stands for; replay and backtest let orders meet the same ones."""

from dataclasses import replace
from itertools import pairwise
from typing import Final

from botcore.candles.bars import Bar
from botcore.candles.catalogue import instrument_for
from botcore.candles.csv_file import Series
from botcore.domain.errors import InvalidInput
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import floor_to_step

__all__ = ["POINTS", "Point", "instrument_of", "moments", "points", "quoted"]

POINTS: Final = 4  # trades per candle: open, two extremes, close

Point = tuple[int, int, bool]
"""Price, quantity, and whether a seller took (the price fell)."""


def moments(length_ms: int) -> tuple[int, ...]:
    """Say when in a candle of this length its trades happen, in ms after its open."""
    third = length_ms // 3
    return (0, third, 2 * third, length_ms - 1)


def points(bar: Bar, index: int, step: int) -> list[Point]:
    """List a candle's trades: open, low and high by colour, close.

    A rising candle is taken to visit its low first, a falling one its high. `index` is its place
    in the series, by which the direction of its first trade alternates.
    """
    extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
    prices = (bar.open, *extremes, bar.close)
    quarter = floor_to_step(bar.volume // POINTS, step)
    quantities = [quarter] * (POINTS - 1) + [bar.volume - quarter * (POINTS - 1)]
    falls = [index % 2 == 1, *(after < before for before, after in pairwise(prices))]
    return list(zip(prices, quantities, falls, strict=True))


def quoted(series: Series, instrument: Instrument) -> Series:
    """Round a series to the symbol's tick and step, as the exchange would quote it."""
    tick, step = instrument.tick, instrument.step
    least = POINTS * step
    bars = []
    for bar in series.bars:
        first, high, low, last, volume = bar
        if volume >= least and not (first % tick or high % tick or low % tick or last % tick):
            excess = volume % step
            bars.append(bar if not excess else Bar(first, high, low, last, volume - excess))
            continue
        first, high, low, last = (max((price + tick // 2) // tick, 1) * tick for price in bar[:4])
        volume = floor_to_step(bar.volume, step)
        if bar.volume or high > low:
            volume = max(volume, least)
        bars.append(Bar(first, high, low, last, volume))
    return replace(series, bars=bars)


def instrument_of(series: Series) -> Instrument:
    """Give the rules of a series' symbol.

    Raises:
        InvalidInput: its quote asset is not known here.
    """
    instrument = instrument_for(series.symbol, series.bars[-1].close)
    if instrument is None:
        raise InvalidInput.of("--symbol", f"{series.symbol} has no quote asset that is known here")
    return instrument
