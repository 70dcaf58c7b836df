"""What every source of prices offers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from botcore.candles.bars import Candle
from botcore.matching.instruments import Instrument
from botcore.matching.quotes import Level, Tick

__all__ = ["Book", "CandleRange", "MarketSource", "PublicTrade", "Push"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleRange:
    """Candles to read: those that open within first_ms..last_ms, as known at position_ms.

    `offset_ms` moves the days, weeks and months to another time zone (Binance: timeZone);
    all times stay UTC.
    """

    symbol: str
    interval: str
    first_ms: int
    last_ms: int
    position_ms: int
    offset_ms: int = 0


class Book(NamedTuple):
    """A source's own order book, best levels first; a new one has a higher update id."""

    update_id: int
    bids: list[Level]
    asks: list[Level]


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A trade that a test makes the scripted market do, with the book it leaves if given."""

    symbol: str
    time_ms: int
    price: int
    quantity: int
    bids: tuple[Level, ...] | None = None
    asks: tuple[Level, ...] | None = None


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
    has_books: bool
    """Whether it shows books of its own; otherwise the engine computes a ladder."""

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        ...

    def next_ms(self, position_ms: int) -> int | None:
        """Give the time of the next trade; None if there is none."""
        ...

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade of a symbol."""
        ...

    async def load(self, wanted: CandleRange) -> None:
        """Fetch what `candles` will be asked for; endpoints wait for it, most sources need not."""
        ...

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; the newest one may be unfinished."""
        ...

    def trades(self, symbol: str, first_id: int, limit: int, position_ms: int) -> list[PublicTrade]:
        """List at most `limit` trades from an id on that happened up to a moment, oldest first."""
        ...

    def trade_id(self, symbol: str, time_ms: int) -> int:
        """Give the id of the first trade at or after a moment, though it may not have happened."""
        ...

    def books(self, position_ms: int) -> Mapping[str, Book]:
        """Give the newest own books by symbol; empty if `has_books` is false."""
        ...

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Multiply the price by a factor (1e-6) from a moment on; NotAllowed in a replay."""
        ...

    def push(self, push: Push) -> None:
        """Make the market trade; NotAllowed unless it is scripted, InvalidInput if it can't be."""
        ...
