"""The published order book of each symbol: snapshots, and what changed between them.

Near the price it is the ladder that accounts trade against; further away come levels that stay
where they are, so that charts and depth caches have something to show. Update ids are venue
milliseconds, or one more than the last id if that is higher.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE, floor_to_step
from botcore.matching.orders import Side
from botcore.matching.quotes import Level, SymbolMarket

__all__ = ["DepthChange", "PublishedBook", "PublishedBooks"]

FAR_LEVELS: Final = 130
MOST_KEPT: Final = 400
WHEEL: Final = 2_654_435_761


class DepthChange(NamedTuple):
    """The levels that changed, with their present quantities; 0 says the level is gone."""

    first_id: int
    last_id: int
    bids: list[Level]
    asks: list[Level]


@dataclass(slots=True)
class _Follower:
    """What one stream has not been told yet."""

    last_id: int
    bids: set[int] = field(default_factory=set)
    asks: set[int] = field(default_factory=set)


class _BookSide:
    """One side of a book: the ladder, and the levels beyond it."""

    def __init__(self, instrument: Instrument, side: Side) -> None:
        self._instrument = instrument
        self._is_ask = side is Side.BUY
        self._gap = max(
            floor_to_step(instrument.reference // 5_000, instrument.tick), instrument.tick
        )
        self._sizes: dict[int, int] = {}
        self.near: list[Level] = []
        self._near: dict[int, int] = {}
        self._far: dict[int, int] = {}
        self._first = -1

    def update(self, near: list[Level], *, has_far: bool) -> set[int]:
        """Take a new ladder; give the prices whose quantity changed."""
        before, self.near, self._near = self._near, near, dict(near)
        touched = {price for price, _ in before.items() ^ self._near.items()}
        first = self._first_far(near[-1][0]) if near and has_far else -1
        if first != self._first:
            beyond, self._far = self._far, self._made(first)
            touched |= beyond.keys() ^ self._far.keys()
            self._first = first
        return touched

    def levels(self, limit: int) -> list[Level]:
        """List the best levels."""
        if limit <= len(self.near):
            return self.near[:limit]
        return [*self.near, *list(self._far.items())[: limit - len(self.near)]]

    def quantity(self, price: int) -> int:
        """Give what stands at a price, 0 if nothing does."""
        return self._near.get(price) or self._far.get(price, 0)

    def _first_far(self, last: int) -> int:
        return last // self._gap + 1 if self._is_ask else max((last - 1) // self._gap, 0)

    def _made(self, first: int) -> dict[int, int]:
        if first < 0:
            return {}
        if len(self._sizes) > MOST_KEPT:
            self._sizes.clear()
        step = 1 if self._is_ask else -1
        places = range(first, first + step * FAR_LEVELS, step)
        return {place * self._gap: self._size(place) for place in places if place > 0}

    def _size(self, place: int) -> int:
        """Give a level's quantity, which depends on its price alone."""
        size = self._sizes.get(place)
        if size is None:
            one = self._instrument
            offered = one.depth * (24 + place * WHEEL % 4_294_967_296 % 73) // 8
            size = floor_to_step(offered * SCALE // (place * self._gap), one.step)
            self._sizes[place] = size = max(size, one.step)
        return size


class PublishedBook:
    """One symbol's book as clients see it."""

    def __init__(self, market: SymbolMarket) -> None:
        """Publish the book of a market as it is now."""
        self._market = market
        self._bids = _BookSide(market.instrument, Side.SELL)
        self._asks = _BookSide(market.instrument, Side.BUY)
        self._followers: dict[str, _Follower] = {}
        self.update_id = 0
        self.sync()

    def sync(self) -> None:
        """Take over what changed in the market."""
        market = self._market
        bids, asks = market.offers(Side.SELL), market.offers(Side.BUY)
        if bids == self._bids.near and asks == self._asks.near and self.update_id:
            return
        has_far = market.book is None and market.thinness == 1
        below = self._bids.update(bids, has_far=has_far)
        above = self._asks.update(asks, has_far=has_far)
        self.update_id = max(self.update_id + 1, market.time_ms)
        for follower in self._followers.values():
            follower.bids |= below
            follower.asks |= above

    def levels(self, limit: int) -> tuple[list[Level], list[Level]]:
        """List the best bids and asks."""
        return self._bids.levels(limit), self._asks.levels(limit)

    def follow(self, stream: str) -> None:
        """Note changes for a stream from now on."""
        self._followers.setdefault(stream, _Follower(self.update_id))

    def unfollow(self, stream: str) -> None:
        """Note nothing more for a stream."""
        self._followers.pop(stream, None)

    def changes(self, stream: str) -> DepthChange | None:
        """Give what a stream has not been told yet; its ids follow those of the last time."""
        follower = self._followers.get(stream)
        if follower is None or follower.last_id == self.update_id:
            return None
        self._followers[stream] = _Follower(self.update_id)
        return DepthChange(
            follower.last_id + 1,
            self.update_id,
            [(one, self._bids.quantity(one)) for one in sorted(follower.bids, reverse=True)],
            [(one, self._asks.quantity(one)) for one in sorted(follower.asks)],
        )


class PublishedBooks:
    """The books of all symbols, made when they are first asked for."""

    def __init__(self, markets: Mapping[str, SymbolMarket]) -> None:
        """Publish these markets."""
        self._markets = markets
        self._books: dict[str, PublishedBook] = {}

    def book(self, symbol: str) -> PublishedBook:
        """Give a symbol's book as it is now; KeyError if there is no such symbol."""
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = PublishedBook(self._markets[symbol])
        else:
            book.sync()
        return book
