"""What holds for every sequence of orders, lists, amendments, cancels and market moves."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.matching.engine import Engine
from botcore.matching.numbers import to_units
from botcore.matching.orders import OrderStatus, Side
from botcore.matching.quotes import Tick
from botcore.matching.refusals import VenueError
from tests.unit.botexchange.builders import NOW, SYMBOL, UID, a_tick, an_account
from tests.unit.botexchange.engine_steps import INSTRUMENTS, LOT, UIDS, prices, quantities, steps


class Run:
    """Performs steps and remembers everything that was reported."""

    def __init__(self):
        self.engine = Engine(INSTRUMENTS)
        self.engine.add_account(an_account(UID))
        self.engine.add_account(an_account(UID + 1, bnb="0.5", discount=True))
        self.engine.move(a_tick("50000", jump=True))
        self.engine.move(a_tick("600", jump=True, symbol="BNBUSDT"))
        self.engine.drain()
        self.changes, self.orders, self.trades, self.now_ms = [], {}, [], NOW

    def perform(self, sequence):
        for name, *values in sequence:
            self.now_ms += 1
            before = self.picture() if name in {"place", "place_list", "amend"} else None
            try:
                getattr(self, name)(*values)
            except VenueError:
                assert self.picture() == before, "a refused step changed something"
                left = self.engine.drain()
                assert not any((left.reports, left.orders, left.balances, left.trades))
                continue
            self.absorb(self.engine.drain())
        return self

    def picture(self):
        """Give all the engine knows; only the running step's collection is left out."""
        floor = self.engine._floor
        return deepcopy(
            (
                floor.accounts,
                floor.orders,
                floor.lists,
                floor.ended,
                floor._sequence,
                [
                    (one.rising, one.falling, one.peaks, one.troughs)
                    for one in floor.levels.values()
                ],
                [
                    (symbol.orders, symbol.client_ids, symbol.buys, symbol.sells)
                    for owned in floor.owned.values()
                    for symbol in owned.symbols.values()
                    if symbol.orders
                ],
                [(market.last, market.taken) for market in floor.markets.values()],
            )
        )

    def move(self, price, quantity, jump):
        self.engine.move(
            Tick(symbol=SYMBOL, time_ms=self.now_ms, price=price, quantity=quantity, is_jump=jump)
        )

    def place(self, uid, request):
        order = self.engine.place(uid, request, self.now_ms)
        assert order.id in self.engine._floor.changes.orders

    def place_list(self, uid, request):
        self.engine.place_list(uid, request, self.now_ms)

    def cancel(self, uid, index):
        found = self.engine.open_orders(uid)
        if index < len(found):
            self.engine.cancel(found[index], self.now_ms)

    def amend(self, uid, index, tenths):
        found = self.engine.open_orders(uid)
        if index < len(found):
            quantity = found[index].quantity * tenths // 10
            self.engine.amend(found[index], quantity - quantity % LOT, self.now_ms)

    def thin(self, factor):
        self.engine.market(SYMBOL).thinness = factor

    def absorb(self, changes):
        self.changes.append(changes)
        self.orders.update(changes.orders)
        last = self.trades[-1].id if self.trades else 0
        assert all(trade.id > last for trade in changes.trades)
        self.trades.extend(changes.trades)
        for (uid, asset), (free, held) in changes.balances.items():
            account = self.engine.accounts[uid]
            assert (free, held) == (account.free.get(asset, 0), account.locked.get(asset, 0))


@settings(max_examples=200, deadline=None)
@given(steps)
def test_nothing_is_made_or_lost(sequence):
    run = Run().perform(sequence)

    for uid in UIDS:
        account = run.engine.accounts[uid]
        owned = dict(an_account(uid, bnb="0.5" if uid != UID else "0").free)
        for trade in (one for one in run.trades if one.account == uid):
            sign = 1 if trade.side is Side.BUY else -1
            owned["BTC"] += sign * trade.quantity
            owned["USDT"] -= sign * trade.quote
            owned[trade.commission_asset] -= trade.commission
        for asset, amount in owned.items():
            assert account.free.get(asset, 0) + account.locked.get(asset, 0) == amount
        assert min(*account.free.values(), *account.locked.values(), 0) == 0


@settings(max_examples=200, deadline=None)
@given(steps)
def test_orders_agree_with_their_trades_and_holdings(sequence):
    run = Run().perform(sequence)

    for order in run.orders.values():
        own = [trade for trade in run.trades if trade.order_id == order.id]
        assert sum(trade.quantity for trade in own) == order.executed
        assert order.executed + order.prevented_quantity <= order.quantity
        assert sum(trade.quote for trade in own) == order.quote_executed
        assert (order.status is OrderStatus.FILLED) <= (order.remaining == 0)
        assert order.is_open == (order.id in run.engine._floor.orders)
        if order.price:
            assert all(_is_within(order, trade.price) for trade in own)
    for uid in UIDS:
        held = {"USDT": 0, "BTC": 0, "BNB": 0}
        for order in run.engine.open_orders(uid):
            assert order == run.orders[order.id]
            held["USDT" if order.side is Side.BUY else "BTC"] += order.locked
        locked = run.engine.accounts[uid].locked
        assert {asset: locked.get(asset, 0) for asset in held} == held


@settings(max_examples=50, deadline=None)
@given(steps)
def test_the_same_steps_give_the_same_changes(sequence):
    assert repr(Run().perform(sequence).changes) == repr(Run().perform(sequence).changes)


@settings(max_examples=50, deadline=None)
@given(steps, st.integers(1, 5))
def test_what_is_restored_goes_on_as_before(sequence, thinness):
    run = Run().perform(sequence)
    run.engine.market(SYMBOL).thinness = thinness
    again = Run()
    again.engine = Engine(INSTRUMENTS, sequence=run.engine.drain().sequence)
    lists = {order.list_id for order in run.orders.values() if order.is_open}
    again.engine.restore(
        deepcopy(list(run.engine.accounts.values())),
        [one for one in run.orders.values() if one.is_open or one.list_id in lists - {-1}],
    )
    for symbol, market in run.engine.markets.items():
        twin = again.engine.market(symbol)
        twin.last, twin.time_ms, twin.thinness = market.last, market.time_ms, market.thinness
        market.taken.clear()
    found = []
    for one in (run, again):
        one.engine.move(a_tick("49500", at=NOW + 1_000))
        one.engine.move(a_tick("50500", at=NOW + 1_001))
        found.append(repr(one.engine.drain()))

    assert found[0] == found[1]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(prices, quantities), max_size=8),
    st.lists(st.tuples(prices, quantities), max_size=8),
)
def test_no_ladder_is_crossed(bids, asks):
    engine = Run().engine

    engine.set_book(SYMBOL, bids, asks)

    market = engine.market(SYMBOL)
    buyers, sellers = market.offers(Side.SELL), market.offers(Side.BUY)
    assert not buyers or not sellers or buyers[0][0] < sellers[0][0]
    assert buyers == sorted(buyers, reverse=True)
    assert sellers == sorted(sellers)
    engine.set_book(SYMBOL, None, None)
    assert market.offers(Side.SELL)[0][0] < to_units("50000") < market.offers(Side.BUY)[0][0]


def _is_within(order, price):
    return price <= order.price if order.side is Side.BUY else price >= order.price
