"""The published book: what its changes say is what its snapshots show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.candles.catalogue import CATALOGUE
from botcore.matching.engine import Engine
from botcore.matching.orders import Side
from botcore.matching.quotes import Tick
from botexchange.market.depth import PublishedBooks

NOW = 1_700_000_000_000


def an_engine(symbol="BTCUSDT", price=None):
    engine = Engine([CATALOGUE[symbol]])
    move(engine, symbol, price or CATALOGUE[symbol].reference, NOW)
    return engine


def move(engine, symbol, price, at):
    tick = engine.market(symbol).instrument.tick
    price = max(price // tick, 1) * tick
    engine.move(Tick(symbol=symbol, time_ms=at, price=price, quantity=10**8, is_jump=True))


class Copy:
    """A client's book: a snapshot, then absolute quantities."""

    def __init__(self, book):
        bids, asks = book.levels(5_000)
        self.id, self.bids, self.asks = book.update_id, dict(bids), dict(asks)

    def apply(self, change):
        if change is None or change.last_id <= self.id:
            return
        assert change.first_id <= self.id + 1
        for side, levels in ((self.bids, change.bids), (self.asks, change.asks)):
            for price, quantity in levels:
                if quantity:
                    side[price] = quantity
                else:
                    side.pop(price, None)
        self.id = change.last_id

    def equals(self, book):
        bids, asks = book.levels(5_000)
        return (self.bids, self.asks, self.id) == (dict(bids), dict(asks), book.update_id)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-3_000, 3_000)),
        st.tuples(st.just("thin"), st.sampled_from([1, 2, 1_000])),
        st.tuples(st.just("own"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["join", "tell"]), st.just(0)),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(["BTCUSDT", "SHIBUSDT", "ETHBTC"]), steps)
def test_changes_lead_from_any_snapshot_to_the_present_book(symbol, script):
    engine = an_engine(symbol)
    books = PublishedBooks(engine.markets)
    books.book(symbol).follow("s")
    last, price, at, copies = books.book(symbol).update_id, CATALOGUE[symbol].reference, NOW, []
    for what, value in [*script, ("tell", 0)]:
        at += 7
        if what == "move":
            price = max(price + price * value // 100_000, CATALOGUE[symbol].tick)
            move(engine, symbol, price, at)
        elif what in {"thin", "own"}:
            change_book(engine.market(symbol), what, value)
        elif what == "join":
            copies.append(Copy(books.book(symbol)))
        else:
            last = tell(books.book(symbol), copies, last)


def change_book(market, what, value):
    """Make the ladder thin, or show one of a source's own with so many levels (0: none)."""
    if what == "thin":
        market.thinness = value
        return
    tick, middle = market.instrument.tick, max(market.last, market.instrument.tick * 9)
    bids = [(middle - (place + 1) * tick, 10**8) for place in range(value)]
    asks = [(middle + place * tick, 10**8) for place in range(value)]
    market.set_book(*((bids, asks) if value else (None, None)))


def tell(book, copies, last):
    """Hand the changes to everybody; give the newest id."""
    bids, asks = book.levels(5)
    assert not bids or not asks or bids[0][0] < asks[0][0]
    change = book.changes("s")
    assert change is None or change.first_id == last + 1
    for copy in copies:
        copy.apply(change)
        assert copy.equals(book)
    return book.update_id


@pytest.mark.parametrize("symbol", sorted(CATALOGUE))
def test_book_is_deep_sorted_and_shows_the_ladder_first(symbol):
    engine = an_engine(symbol)
    market, book = engine.market(symbol), PublishedBooks(engine.markets).book(symbol)

    bids, asks = book.levels(5_000)

    assert bids[: len(market.offers(Side.SELL))] == market.offers(Side.SELL)
    assert asks[: len(market.offers(Side.BUY))] == market.offers(Side.BUY)
    assert len(asks) > 100
    assert [price for price, _ in bids] == sorted({price for price, _ in bids}, reverse=True)
    assert [price for price, _ in asks] == sorted({price for price, _ in asks})
    one = market.instrument
    for price, quantity in [*bids, *asks]:
        assert price > 0 < quantity
        assert not price % one.tick
        assert not quantity % one.step


def test_far_levels_stay_when_the_price_moves_a_little():
    engine = an_engine(price=60_000 * 10**8)
    books = PublishedBooks(engine.markets)
    books.book("BTCUSDT").follow("s")

    move(engine, "BTCUSDT", 60_001 * 10**8, NOW + 1_000)
    change = books.book("BTCUSDT").changes("s")

    assert len(change.bids) + len(change.asks) <= 100


def test_nobody_is_told_twice_or_after_leaving():
    engine = an_engine()
    book = PublishedBooks(engine.markets).book("BTCUSDT")
    book.follow("s")
    assert book.changes("s") is None
    move(engine, "BTCUSDT", 61_000 * 10**8, NOW + 1)
    book.sync()
    assert book.changes("s") is not None
    assert book.changes("s") is None
    book.unfollow("s")
    assert book.changes("s") is None
