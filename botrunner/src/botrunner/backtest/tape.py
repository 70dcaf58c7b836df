"""The candles a backtest plays: quoted, aligned in time, joined to the strategies' intervals."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from botcore.candles.csv_file import Series
from botcore.candles.intervals import INTERVALS
from botcore.candles.path import instrument_of, quoted
from botcore.domain.errors import InvalidInput
from botcore.domain.market import Candle, Interval
from botrunner.backtest.lanes import lane_of
from botrunner.backtest.markets import Market
from botrunner.backtest.units import instant, milliseconds
from botrunner.trading.rules import Rules
from botrunner.trading.strategies.registry import warm_up_candles

__all__ = ["Tape"]


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
        self.lanes = tuple(
            lane_of(self.markets[symbol], interval, self.begin_ms)
            for symbol, interval in sorted(rules.wanted_candles())
        )

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

    def ended_by(self, moment: datetime) -> int:
        """Say how many base candles have ended at a moment."""
        return min(max((milliseconds(moment) - self.begin_ms) // self.length_ms, 0), self.count)

    def index_at(self, time_ms: int) -> int:
        """Say which base candle is the first to end at a moment or after it."""
        return -((self.begin_ms - time_ms) // self.length_ms) - 1

    def closed(self, index: int) -> Iterator[Candle]:
        """Give every wanted candle that ends with a base candle, in a stable order."""
        for lane in self.lanes:
            place = lane.closing(index)
            if place is not None:
                yield lane.candle(place)


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
