"""What every source of prices offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from botexchange.market.candles import Candle
from botexchange.matching.instruments import Instrument
from botexchange.matching.quotes import Tick

__all__ = ["CandleRange", "MarketSource", "PublicTrade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleRange:
    """Candles to read: those that open within first_ms..last_ms, as known at position_ms."""

    symbol: str
    interval: str
    first_ms: int
    last_ms: int
    position_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTrade:
    """One trade of the market; ids of a symbol rise by one."""

    id: int
    time_ms: int
    price: int
    quantity: int
    is_buyer_maker: bool


class MarketSource(Protocol):
    """A market that can be asked for any moment; the same question has always one answer.

    `position_ms` is the last moment whose trades have happened.
    """

    fingerprint: str
    """Says which market this is: a data folder belongs to one."""
    instruments: tuple[Instrument, ...]
    intervals: tuple[str, ...]
    base_ms: int
    """Length of the shortest candle."""
    begin_ms: int
    end_ms: int | None
    """When the market ends; None if never."""

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        ...

    def next_ms(self, position_ms: int) -> int | None:
        """Give the time of the next trade; None if there is none."""
        ...

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade of a symbol."""
        ...

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; the newest one may be unfinished."""
        ...

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Multiply the price by a factor (1e-6) from a moment on; NotAllowed in a replay."""
        ...
