"""What holds for every sequence of orders, cancels and market moves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from botexchange.matching.lists import OcoRequest
from botexchange.matching.orders import OrderRequest, OrderType, Side, TimeInForce
from botexchange.matching.quotes import Tick
from botexchange.matching.refusals import VenueError
from tests.unit.botexchange.builders import NOW, SYMBOL, UID, an_account, an_engine

CENT = 1_000_000
prices = st.integers(4_700_000, 5_300_000).map(lambda cents: cents * CENT)
quantities = st.integers(1, 200_000).map(lambda steps: steps * 1_000)
uids = st.sampled_from([UID, UID + 1])


def to_request(kind, side, force, quantity, price, stop):
    is_limit = "LIMIT" in kind
    return OrderRequest(
        symbol=SYMBOL,
        side=side,
        type=kind,
        time_in_force=force,
        quantity=quantity,
        price=price if is_limit else 0,
        stop_price=stop if kind.startswith(("STOP", "TAKE")) else 0,
    )


requests = st.builds(
    to_request,
    st.sampled_from(OrderType),
    st.sampled_from(Side),
    st.sampled_from(TimeInForce),
    quantities,
    prices,
    prices,
)
by_quote = st.builds(
    lambda side, cents: OrderRequest(
        symbol=SYMBOL, side=side, type=OrderType.MARKET, quote_quantity=cents * CENT
    ),
    st.sampled_from(Side),
    st.integers(500, 3_000_000),
)
ocos = st.builds(
    lambda side, quantity, above, below: OcoRequest(
        above=to_request(OrderType.LIMIT_MAKER, side, TimeInForce.GTC, quantity, above, 0),
        below=to_request(OrderType.STOP_LOSS_LIMIT, side, TimeInForce.GTC, quantity, below, below),
    ),
    st.just(Side.SELL),
    quantities,
    prices,
    prices,
)
moves = st.tuples(st.just("move"), prices, quantities, st.booleans())
steps = st.lists(
    st.one_of(
        moves,
        st.tuples(st.just("place"), uids, st.one_of(requests, by_quote)),
        st.tuples(st.just("oco"), uids, ocos),
        st.tuples(st.just("cancel"), uids, st.integers(0, 20)),
    ),
    max_size=40,
)


class Run:
    """Performs steps and remembers everything that was reported."""

    def __init__(self):
        self.engine = an_engine()
        self.engine.add_account(an_account(UID + 1))
        self.engine.drain()
        self.orders, self.trades, self.last_id = {}, [], 0

    def step(self, number, step):
        now = NOW + number
        try:
            match step:
                case ("move", price, quantity, jump):
                    self.engine.move(
                        Tick(
                            symbol=SYMBOL,
                            time_ms=now,
                            price=price,
                            quantity=quantity,
                            is_jump=jump,
                        )
                    )
                case ("place", uid, request):
                    self.engine.place(uid, request, now)
                case ("oco", uid, request):
                    self.engine.place_list(uid, request, now)
                case ("cancel", uid, index):
                    found = self.engine.open_orders(uid)
                    if index < len(found):
                        self.engine.cancel(found[index], now)
        except VenueError:
            assert not self.engine.drain(), "a refused step changed something"
            return
        self.absorb()

    def absorb(self):
        changes = self.engine.drain()
        self.orders.update(changes.orders)
        for trade in changes.trades:
            assert trade.id > self.last_id
            self.last_id = trade.id
        self.trades.extend(changes.trades)
        for (uid, asset), (free, held) in changes.balances.items():
            account = self.engine.accounts[uid]
            assert (free, held) == (account.free[asset], account.locked.get(asset, 0))


@settings(max_examples=150, deadline=None)
@given(steps)
def test_nothing_is_made_or_lost(sequence):
    run = Run()

    for number, step in enumerate(sequence):
        run.step(number, step)

    for uid in (UID, UID + 1):
        account, start = run.engine.accounts[uid], an_account(uid)
        usdt, btc = start.free["USDT"], start.free["BTC"]
        for trade in (one for one in run.trades if one.account == uid):
            sign = 1 if trade.side is Side.BUY else -1
            btc += sign * trade.quantity
            usdt -= sign * trade.quote
            if trade.commission_asset == "BTC":
                btc -= trade.commission
            else:
                usdt -= trade.commission
        assert account.free["USDT"] + account.locked.get("USDT", 0) == usdt
        assert account.free["BTC"] + account.locked.get("BTC", 0) == btc
        assert min(*account.free.values(), *account.locked.values(), 0) == 0


@settings(max_examples=150, deadline=None)
@given(steps)
def test_orders_agree_with_their_trades_and_holdings(sequence):
    run = Run()

    for number, step in enumerate(sequence):
        run.step(number, step)

    for order in run.orders.values():
        own = [trade for trade in run.trades if trade.order_id == order.id]
        assert sum(trade.quantity for trade in own) == order.executed <= order.quantity
        assert sum(trade.quote for trade in own) == order.quote_executed
        if order.price:
            assert all(_is_within(order, trade.price) for trade in own)
    for uid in (UID, UID + 1):
        held = {"USDT": 0, "BTC": 0}
        for order in run.engine.open_orders(uid):
            held["USDT" if order.side is Side.BUY else "BTC"] += order.locked
        locked = run.engine.accounts[uid].locked
        assert {asset: locked.get(asset, 0) for asset in held} == held


def _is_within(order, price):
    return price <= order.price if order.side is Side.BUY else price >= order.price
