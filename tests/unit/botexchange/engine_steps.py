"""Random steps for the engine's properties: every order type, list and mode around 50 000."""

from dataclasses import replace

from hypothesis import strategies as st

from botcore.candles.catalogue import CATALOGUE
from botcore.matching.lists import OcoRequest, OtoRequest
from botcore.matching.orders import (
    ALGO_TYPES,
    LIMIT_TYPES,
    OrderRequest,
    OrderType,
    Prevention,
    Side,
    TimeInForce,
)
from tests.unit.botexchange.builders import SYMBOL, UID

CENT = 1_000_000
LOT = 1_000
UIDS = (UID, UID + 1)
INSTRUMENTS = [
    replace(CATALOGUE[symbol], max_orders=12, max_algo_orders=6, max_order_lists=3)
    for symbol in (SYMBOL, "BNBUSDT")
]

prices = st.integers(4_980_000, 5_020_000).map(lambda cents: cents * CENT)
quantities = st.integers(20, 500_000).map(lambda lots: lots * LOT)
deltas = st.sampled_from((0, 0, 10, 20))
uids = st.sampled_from(UIDS)


def to_request(kind, side, force, numbers, mode):
    quantity, price, stop, delta = numbers
    is_algo = kind in ALGO_TYPES
    return OrderRequest(
        symbol=SYMBOL,
        side=side,
        type=kind,
        time_in_force=force if kind in LIMIT_TYPES else TimeInForce.GTC,
        quantity=quantity,
        price=price if kind in LIMIT_TYPES else 0,
        stop_price=stop if is_algo and not (delta and stop % 2) else 0,
        trailing_delta=delta if is_algo else 0,
        prevention=mode,
    )


numbers = st.tuples(quantities, prices, prices, deltas)
requests = st.builds(
    to_request,
    st.sampled_from((OrderType.LIMIT, *OrderType)),
    st.sampled_from(Side),
    st.sampled_from(TimeInForce),
    numbers,
    st.sampled_from(Prevention),
)
by_quote = st.builds(
    lambda side, cents, mode: OrderRequest(
        symbol=SYMBOL,
        side=side,
        type=OrderType.MARKET,
        quote_quantity=cents * CENT,
        prevention=mode,
    ),
    st.sampled_from(Side),
    st.integers(500, 3_000_000),
    st.sampled_from(Prevention),
)
EXITS = (OrderType.LIMIT_MAKER, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
STOPS = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)


def to_pair(side, kinds, near, far, mode):
    """Lay the take profit and the stop on their sides of 50 000."""
    quantity, above, below, delta = near
    sign = 1 if side is Side.SELL else -1
    middle = 5_000_000 * CENT
    take = middle + sign * abs(above - middle)
    stop = middle - sign * abs(below - middle)
    exits = to_request(kinds[0], side, TimeInForce.GTC, (quantity, take, take, 0), mode)
    stops = to_request(kinds[1], side, TimeInForce.GTC, (quantity, stop, stop, delta), far)
    return (exits, stops) if side is Side.SELL else (stops, exits)


pairs = st.builds(
    to_pair,
    st.sampled_from(Side),
    st.tuples(st.sampled_from(EXITS), st.sampled_from(STOPS)),
    numbers,
    st.sampled_from(Prevention),
    st.sampled_from(Prevention),
)
ocos = st.builds(lambda pair: OcoRequest(above=pair[0], below=pair[1]), pairs)
otos = st.builds(
    lambda working, kind, pending: OtoRequest(
        working=working._replace(
            type=kind, price=working.price or 5_000_000 * CENT, stop_price=0, trailing_delta=0
        ),
        pending=pending,
    ),
    requests,
    st.sampled_from((OrderType.LIMIT, OrderType.LIMIT_MAKER)),
    st.one_of(pairs, requests.map(lambda one: (one,))),
)  # fmt: skip
steps = st.lists(
    st.one_of(
        st.tuples(st.just("move"), prices, quantities, st.booleans()),
        st.tuples(st.just("move"), prices, quantities, st.booleans()),
        st.tuples(st.just("place"), uids, st.one_of(requests, by_quote)),
        st.tuples(st.just("place"), uids, requests),
        st.tuples(st.just("place_list"), uids, st.one_of(ocos, otos)),
        st.tuples(st.just("cancel"), uids, st.integers(0, 12)),
        st.tuples(st.just("amend"), uids, st.integers(0, 12), st.integers(1, 10)),
        st.tuples(st.just("thin"), st.sampled_from((1, 10, 1_000))),
    ),
    max_size=40,
)
