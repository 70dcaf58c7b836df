"""The candles a backtest plays: quoted, aligned in time, joined to the strategies' intervals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from botcore.candles.bars import Bar
from botcore.candles.csv_file import Series
from botcore.candles.intervals import INTERVALS
from botcore.candles.path import instrument_of, moments, points, quoted
from botcore.domain.errors import InvalidInput
from botcore.domain.market import Candle, Interval
from botcore.matching.instruments import Instrument
from botcore.matching.quotes import Tick
from botrunner.backtest.units import decimal_of, instant
from botrunner.trading.rules import Rules
from botrunner.trading.strategies.registry import warm_up_candles

__all__ = ["Jump", "Market", "Tape"]

_JUMP: Final = 30
"""Per cent between two closes that are worth a warning (TR-35)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Two candles in a row whose closes are more than 30 % apart."""

    symbol: str
    at: datetime
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One symbol's candles, `first` candles later than the tape's begin."""

    symbol: str
    listing: Instrument
    bars: list[Bar]
    first: int
    begin_ms: int
    length_ms: int
    filled: int

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

    def jumps(self) -> Iterator[Jump]:
        """Name every leap between two closes that looks like a mistake in the data."""
        before = self.bars[0].close
        for place, bar in enumerate(self.bars):
            change = abs(bar.close - before) * 100
            if change > before * _JUMP:
                at = instant(self.begin_ms + place * self.length_ms)
                yield Jump(symbol=self.listing.symbol, at=at, percent=change // before)
            before = bar.close


class Tape:
    """Every symbol's candles side by side; a place on it is one base candle of all symbols."""

    def __init__(self, series: Iterable[Series], rules: Rules) -> None:
        """Take the series of every symbol that the rules' strategies trade.

        Raises:
            InvalidInput: the series do not fit the rules or each other; the message names the field.
        """
        found = {one.symbol: one for one in series}
        wanted = {symbol for rule in rules.strategies for symbol in rule.symbols}
        _check_symbols(rules, found)
        # In the order given, in which they trade within a moment, as the exchange's do.
        kept = [one for one in found.values() if one.symbol in wanted]
        self.length_ms = _one_length(kept)
        _check_intervals(rules, self.length_ms)
        self.begin_ms = min(one.begin_ms for one in kept)
        self.markets = {one.symbol: self._market(one) for one in kept}
        self.count = max(one.first + len(one.bars) for one in self.markets.values())
        self._wanted = [
            (self.markets[symbol], interval, INTERVALS[interval.value], interval.length)
            for symbol, interval in sorted(rules.wanted_candles())
        ]

    def _market(self, series: Series) -> Market:
        listing = instrument_of(series)
        first, rest = divmod(series.begin_ms - self.begin_ms, self.length_ms)
        if rest:
            raise InvalidInput.of(series.symbol, "has candles that open at other moments")
        return Market(
            symbol=series.symbol,
            listing=listing,
            bars=quoted(series, listing).bars,
            first=first,
            begin_ms=series.begin_ms,
            length_ms=self.length_ms,
            filled=series.filled,
        )

    def _span(self, interval: Interval) -> int:
        return INTERVALS[interval.value] // self.length_ms

    def warm_up(self, rules: Rules) -> int:
        """Say how many base candles the strategies need before their first decision."""
        return max(
            warm_up_candles(rule.params) * self._span(rule.interval) for rule in rules.strategies
        )

    def close_at(self, index: int) -> datetime:
        """Say when a base candle ends."""
        return instant(self.begin_ms + (index + 1) * self.length_ms)

    def closed(self, index: int) -> Iterator[Candle]:
        """Give every wanted candle that ends with a base candle, in a stable order."""
        close_ms = self.begin_ms + (index + 1) * self.length_ms
        close_at = instant(close_ms)
        for market, interval, length_ms, length in self._wanted:
            if close_ms % length_ms:
                continue
            bar = self._joined(market, index, length_ms // self.length_ms)
            if bar is not None:
                first, high, low, last, volume = bar
                yield Candle(
                    symbol=market.symbol,
                    interval=interval,
                    open_at=close_at - length,
                    close_at=close_at,
                    open=decimal_of(first),
                    high=decimal_of(high),
                    low=decimal_of(low),
                    close=decimal_of(last),
                    volume=decimal_of(volume),
                )

    def _joined(self, market: Market, index: int, span: int) -> Bar | None:
        """Join the bars of one longer candle, as far as the file has them."""
        if span == 1:
            return market.bar(index)
        stop = index - market.first + 1
        bars = market.bars[max(stop - span, 0) : max(stop, 0)]
        if not bars or stop > len(market.bars):
            return None
        _, highs, lows, _, volumes = zip(*bars, strict=True)
        return Bar(bars[0].open, max(highs), min(lows), bars[-1].close, sum(volumes))


def _check_symbols(rules: Rules, found: dict[str, Series]) -> None:
    for number, rule in enumerate(rules.strategies):
        for place, symbol in enumerate(rule.symbols):
            if symbol not in found:
                have = ", ".join(sorted(found)) or "nothing"
                raise InvalidInput.of(
                    f"spec.strategies[{number}].symbols[{place}]",
                    f"{symbol} has no candles; --candles brings {have}",
                )


def _one_length(series: list[Series]) -> int:
    lengths = {one.interval for one in series}
    if len(lengths) > 1:
        shown = ", ".join(f"{one.symbol} {one.interval}" for one in series)
        raise InvalidInput.of("--candles", f"must all have one interval, these are {shown}")
    return INTERVALS[lengths.pop()]


def _check_intervals(rules: Rules, length_ms: int) -> None:
    for number, rule in enumerate(rules.strategies):
        if INTERVALS[rule.interval.value] % length_ms:
            raise InvalidInput.of(
                f"spec.strategies[{number}].interval",
                f"{rule.interval} can't be made of the candles given, they are longer or do not divide it",
            )
