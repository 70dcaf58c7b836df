"""Random steps for the engine: every call, type and list, with numbers from sound to absurd.

Prices are drawn relative to the market, so that orders meet it; `Market` turns them into requests.
"""

from typing import NamedTuple

from hypothesis import strategies as st

from botcore.matching.instruments import Instrument
from botcore.matching.lists import OcoRequest, OtoRequest
from botcore.matching.numbers import SCALE, floor_to_step, to_units
from botcore.matching.orders import (
    ALGO_TYPES,
    LIMIT_TYPES,
    OrderRequest,
    OrderType,
    Prevention,
    Side,
    TimeInForce,
)
from botcore.matching.quotes import SymbolStatus

ABSURD = 10**28
UIDS = (1, 2)
SYMBOLS = ("BTCUSDT", "ETHBTC", "BNBUSDT", "NONESUCH")
BALANCES = {"USDT": "100000", "BTC": "10", "ETH": "50", "BNB": "20"}


def instrument(base, quote, reference, **units):
    return Instrument(
        symbol=f"{base}{quote}",
        base=base,
        quote=quote,
        max_price=to_units("1000000"),
        max_quantity=to_units("9000"),
        market_max_quantity=to_units("100"),
        max_notional=to_units("9000000"),
        reference=to_units(reference),
        **{name: to_units(value) for name, value in units.items()},
        # Few, so that random sequences reach them.
        max_orders=8,
        max_algo_orders=3,
        max_iceberg_orders=2,
        max_order_lists=2,
        max_amendments=2,
        max_position=to_units("40"),
    )


INSTRUMENTS = (
    instrument(
        "BTC", "USDT", "60000", tick="0.01", step="0.00001", min_notional="5", depth="25000"
    ),
    instrument(
        "ETH", "BTC", "0.05", tick="0.00001", step="0.001", min_notional="0.0001", depth="0.5"
    ),
    instrument("BNB", "USDT", "600", tick="0.01", step="0.001", min_notional="5", depth="25000"),
)


class Draft(NamedTuple):
    """An order relative to the market: prices in bips from the last one, or absolute if absurd."""

    symbol: str
    side: Side
    kind: OrderType
    force: TimeInForce
    lots: int
    price: int
    stop: int
    delta: int
    parts: int
    prevention: Prevention
    client_id: str
    by_quote: bool

    def request(self, engine):
        """Give the request, with the fields its type takes."""
        is_limit, is_algo = self.kind in LIMIT_TYPES, self.kind in ALGO_TYPES
        quantity, step = self.lots, 1
        if self.lots < ABSURD and self.symbol in engine.markets:
            step = engine.market(self.symbol).instrument.step
            quantity = self.lots * step
        by_quote = self.by_quote and self.kind is OrderType.MARKET
        quote = self.lots % ABSURD * SCALE // 100 if by_quote else 0
        parts = self.parts if self.kind is OrderType.LIMIT else 0
        has_force = is_limit and self.kind is not OrderType.LIMIT_MAKER and not parts
        return OrderRequest(
            symbol=self.symbol,
            side=self.side,
            type=self.kind,
            time_in_force=self.force if has_force else TimeInForce.GTC,
            quantity=0 if by_quote else quantity,
            quote_quantity=quote,
            price=price_at(engine, self.symbol, self.price) if is_limit else 0,
            stop_price=price_at(engine, self.symbol, self.stop) if is_algo else 0,
            trailing_delta=self.delta if is_algo else 0,
            iceberg_quantity=floor_to_step(quantity // parts, step) if parts else 0,
            client_order_id=self.client_id,
            prevention=self.prevention,
        )


def price_at(engine, symbol, bips):
    """Give a price some bips from the market; absurd numbers are taken as they are."""
    if symbol not in engine.markets or abs(bips) > 20_000:
        return abs(bips)
    market = engine.market(symbol)
    tick = market.instrument.tick
    return max(floor_to_step(market.last * (10_000 + bips) // 10_000, tick), tick)


def weighted(*choices):
    """Draw from (weight, strategy) pairs; hypothesis itself would treat all alike."""
    table = [strategy for weight, strategy in choices for _ in range(weight)]
    return st.integers(0, len(table) - 1).flatmap(table.__getitem__)


symbols = weighted((20, st.just("BTCUSDT")), (5, st.sampled_from(SYMBOLS)))
known = weighted((6, st.just("BTCUSDT")), (3, st.sampled_from(SYMBOLS[:3])))
uids = weighted((3, st.just(1)), (1, st.just(2)))
near = weighted((2, st.integers(-30, 30)), (3, st.integers(-400, 400)))
bips = weighted((20, near), (2, st.integers(-9_990, 20_000)), (1, st.integers(20_001, 10**30)))
lots = weighted(
    (10, st.integers(20, 5_000)),
    (5, st.integers(1, 300_000)),
    (1, st.integers(0, 10**12)),
    (1, st.integers(ABSURD, 10**30)),
)
client_ids = weighted((6, st.just("")), (1, st.sampled_from("ab")))
deltas = weighted(
    (4, st.just(0)), (2, st.sampled_from((10, 50, 500))), (1, st.sampled_from((5, 2_000, 10**9)))
)
drafts = st.builds(
    Draft,
    symbol=symbols,
    side=st.sampled_from(Side),
    kind=st.sampled_from((OrderType.LIMIT, OrderType.MARKET, *OrderType)),
    force=st.sampled_from(TimeInForce),
    lots=lots,
    price=bips,
    stop=bips,
    delta=deltas,
    parts=weighted((6, st.just(0)), (2, st.sampled_from((3, 100))), (1, st.sampled_from((1, 101)))),
    prevention=st.sampled_from(Prevention),
    client_id=client_ids,
    by_quote=st.booleans(),
)
legs = st.builds(
    Draft,
    symbol=st.just("BTCUSDT"),
    side=st.sampled_from(Side),
    kind=st.just(OrderType.LIMIT_MAKER),
    force=st.just(TimeInForce.GTC),
    lots=st.integers(10, 50_000),
    price=near,
    stop=near,
    delta=deltas,
    parts=st.just(0),
    prevention=st.sampled_from(Prevention),
    client_id=client_ids,
    by_quote=st.just(value=False),
)
_TAKES = (OrderType.LIMIT_MAKER, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
_STOPS = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)


class OcoDraft(NamedTuple):
    """Two exits around the market; SELL takes above and stops below, BUY the other way round."""

    side: Side
    take: OrderType
    stop: OrderType
    legs: tuple[Draft, Draft]

    def requests(self, engine):
        """Give the legs above and below the market."""
        first, second = self.legs
        first = first._replace(side=self.side, kind=self.take)
        second = second._replace(
            side=self.side, kind=self.stop, lots=first.lots, symbol=first.symbol
        )
        pair = (first, second) if self.side is Side.SELL else (second, first)
        return tuple(leg.request(engine) for leg in pair)

    def request(self, engine):
        """Give the list."""
        above, below = self.requests(engine)
        return OcoRequest(above=above, below=below, list_client_id=self.legs[0].client_id)


class OtoDraft(NamedTuple):
    """A working order, then one order or an OCO pair."""

    working: Draft
    pending: Draft | OcoDraft

    def request(self, engine):
        """Give the list; all its orders have the working order's symbol."""
        working = self.working._replace(parts=0).request(engine)
        if isinstance(self.pending, OcoDraft):
            both = tuple(leg._replace(symbol=working.symbol) for leg in self.pending.legs)
            pending = self.pending._replace(legs=both).requests(engine)
        else:
            pending = (
                self.pending._replace(symbol=working.symbol, by_quote=False).request(engine),
            )
        return OtoRequest(working=working, pending=pending, list_client_id=self.working.client_id)


distances = weighted((9, st.integers(2, 300)), (1, st.integers(-10, 2)))


def around(side, take, stop, legs, distance):
    """Lay the two exits on their sides of the market."""
    sign = 1 if side is Side.SELL else -1
    near, far = (sign * distance[0], -sign * distance[1])
    first = legs[0]._replace(price=near, stop=near)
    return OcoDraft(side, take, stop, (first, legs[1]._replace(price=far, stop=far)))


ocos = st.builds(
    around,
    st.sampled_from(Side),
    st.sampled_from(_TAKES),
    st.sampled_from(_STOPS),
    st.tuples(legs, legs),
    st.tuples(distances, distances),
)
workers = st.builds(
    lambda draft, kind: draft._replace(kind=kind),
    st.one_of(legs, drafts),
    st.sampled_from((OrderType.LIMIT, OrderType.LIMIT_MAKER)),
)
otos = st.builds(OtoDraft, working=workers, pending=st.one_of(legs, drafts, ocos))
ladders = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 200_000)), max_size=5)
amounts = st.dictionaries(st.sampled_from(tuple(BALANCES)), st.integers(0, 10**16))
indexes = st.integers(0, 12)

step = weighted(
    (
        1,
        st.just(("nothing",)),
    ),  # first, so that hypothesis can take steps out of a failing sequence
    (10, st.tuples(st.just("place"), uids, drafts)),
    (
        8,
        st.tuples(st.just("place"), uids, legs.map(lambda leg: leg._replace(kind=OrderType.LIMIT))),
    ),
    (2, st.tuples(st.just("test"), uids, drafts)),
    (4, st.tuples(st.just("list"), uids, ocos)),
    (4, st.tuples(st.just("list"), uids, otos)),
    (3, st.tuples(st.just("cancel"), uids, indexes)),
    (4, st.tuples(st.just("amend"), uids, indexes, st.integers(-1, 101), client_ids)),
    (9, st.tuples(st.just("move"), st.just("BTCUSDT"), near, st.integers(1, 9_000), st.booleans())),
    (3, st.tuples(st.just("move"), known, st.integers(-5_000, 5_000), lots, st.booleans())),
    (2, st.tuples(st.just("book"), known, near, ladders, ladders)),
    (1, st.tuples(st.just("ladder"), known)),
    (1, st.tuples(st.just("status"), known, st.sampled_from(SymbolStatus))),
    (2, st.tuples(st.just("status"), known, st.just(SymbolStatus.TRADING))),
    (1, st.tuples(st.just("thin"), known, st.sampled_from((1, 2, 1_000, 10**9)))),
    (1, st.tuples(st.just("discount"), uids, st.booleans())),
    (1, st.tuples(st.just("reset"), uids, amounts)),
)
sequences = st.lists(st.tuples(st.integers(0, 90_000), step), min_size=30, max_size=60)
