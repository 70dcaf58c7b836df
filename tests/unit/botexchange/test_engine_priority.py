"""Price-time priority, judged by another project's order book (pyorderbook)."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pyorderbook import Book, ask, bid

from botcore.matching.numbers import SCALE, to_units
from botcore.matching.orders import OrderRequest, OrderType, Side, TimeInForce
from botcore.matching.quotes import Tick
from tests.unit.botexchange.builders import NOW, SYMBOL, UID, an_engine

LOT = 1_000  # one step of BTCUSDT
GRID = 10 * SCALE
MIDDLE = 5_000

levels = st.integers(MIDDLE - 6, MIDDLE + 6)
lots = st.integers(500, 3_000)
flows = st.lists(
    st.one_of(
        st.tuples(st.just("place"), levels, lots),
        st.tuples(st.just("place"), levels, lots),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("tick"), levels, st.integers(1, 6_000)),
    ),
    min_size=10,
    max_size=60,
)


class Race:
    """The same resting orders in our engine and in pyorderbook's book."""

    def __init__(self):
        self.engine = an_engine(usdt="100000000", btc="1000")
        self.book, self.last, self.now_ms = Book(), MIDDLE, NOW
        self.twins = {}
        self.ours, self.theirs = [], []

    def place(self, level, quantity):
        """Rest an order on its side of the market."""
        if level == self.last:
            return
        side = Side.BUY if level < self.last else Side.SELL
        request = OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=OrderType.LIMIT,
            quantity=quantity * LOT,
            price=level * GRID,
        )
        order = self.engine.place(UID, request, self.now_ms)
        self.engine.drain()
        twin = (bid if side is Side.BUY else ask)(SYMBOL, level, quantity)
        assert not self.book.match(twin).trades
        self.twins[order.id] = twin

    def cancel(self, index):
        """Cancel one of the open orders."""
        found = self.engine.open_orders(UID)
        if index < len(found):
            self.engine.cancel(found[index], self.now_ms)
            self.engine.drain()
            self.book.cancel(self.twins.pop(found[index].id))

    def tick(self, level, quantity):
        """Trade through every better level and for the tick's quantity at its own."""
        self.now_ms += 1
        self.engine.move(
            Tick(
                symbol=SYMBOL,
                time_ms=self.now_ms,
                price=level * GRID,
                quantity=quantity * LOT,
            )
        )
        self.ours.extend(
            (trade.order_id, trade.price // GRID, trade.quantity // LOT)
            for trade in self.engine.drain().trades
        )
        numbers = {twin.id: number for number, twin in self.twins.items()}
        for side, make in (("bid", ask), ("ask", bid)):
            rested = [one for one in self.twins.values() if one.side == side and one.quantity]
            beyond = [one for one in rested if (one.price > level) is (side == "bid")]
            through = sum(one.quantity for one in beyond if one.price != level)
            through += min(quantity, sum(one.quantity for one in rested if one.price == level))
            if through:
                prices = {one.id: int(one.price) for one in rested}
                self.theirs.extend(
                    (
                        numbers[one.standing_order_id],
                        prices[one.standing_order_id],
                        one.fill_quantity,
                    )
                    for one in self.book.match(make(SYMBOL, level, through)).trades
                )
        self.last = level


@settings(max_examples=200, deadline=None)
@given(flows)
def test_resting_orders_fill_in_the_order_of_price_then_time(flow):
    race = Race()

    for name, *values in flow:
        getattr(race, name)(*values)

    assert race.ours == race.theirs
    left = {one.id: one.remaining // LOT for one in race.engine.open_orders(UID)}
    assert left == {number: one.quantity for number, one in race.twins.items() if one.quantity}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.integers(-40, 40), st.integers(50, 400_000)),
        min_size=1,
        max_size=20,
    )
)
def test_takers_eat_the_ladder_best_price_first(takers):
    engine, book = an_engine(usdt="1000000000", btc="10000"), Book()
    market = engine.market(SYMBOL)
    for side, make in ((Side.BUY, ask), (Side.SELL, bid)):
        for price, quantity in market.offers(side):
            book.match(make(SYMBOL, price // (SCALE // 100), quantity // LOT))

    for side, distance, quantity in takers:
        cents = 5_000_000 + distance * 250
        request = OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            quantity=quantity * LOT,
            price=cents * (SCALE // 100),
        )
        order = engine.place(UID, request, NOW)
        ours = [trade.quantity // LOT for trade in engine.drain().trades]
        twin = (bid if side is Side.BUY else ask)(SYMBOL, cents, quantity)
        theirs = [trade.fill_quantity for trade in book.match(twin).trades]
        if twin.quantity:
            book.cancel(twin)
        assert ours == theirs
        assert order.remaining // LOT == twin.quantity
    assert to_units("0.00001") == LOT
