"""Performs random steps on an engine and checks after each what must hold whatever was asked."""

from collections import Counter

from botcore.matching.accounts import Account
from botcore.matching.engine import Engine
from botcore.matching.numbers import to_units
from botcore.matching.orders import ALGO_TYPES, LIMIT_TYPES, Contingency, OrderStatus, Side
from botcore.matching.quotes import Tick
from botcore.matching.refusals import VenueError
from botcore.matching.reports import BalanceReport, Execution, ExecutionReport
from tests.fuzz.engine_steps import BALANCES, INSTRUMENTS, UIDS, price_at

BEGIN_MS = 1_700_000_000_000
BYSTANDER = 3


class Run:
    """One engine with its accounts, and what they must own by the trades told so far."""

    def __init__(self):
        self.engine = Engine(INSTRUMENTS)
        self.now_ms = BEGIN_MS
        self.owned, self.executed, self.quoted = {}, Counter(), Counter()
        self.history, self.known, self.last_id = [], {}, 0
        for uid in (*UIDS, BYSTANDER):
            free = {asset: to_units(amount) for asset, amount in BALANCES.items()}
            self.engine.add_account(
                Account(
                    uid=uid,
                    name=f"account-{uid}",
                    maker_rate=100_000,
                    taker_rate=75_000,
                    free=dict(free),
                )
            )
            self.owned[uid] = Counter(free)
        for one in INSTRUMENTS:
            self.engine.move(
                Tick(
                    symbol=one.symbol,
                    time_ms=BEGIN_MS,
                    price=one.reference,
                    quantity=one.step * 10_000,
                    is_jump=True,
                )
            )
        self.engine.drain()

    def step(self, wait_ms, step):
        """Perform one step; a refused one must leave everything as it was."""
        self.now_ms += wait_ms
        name, *arguments = step
        before = self.picture() if name in {"place", "test", "list", "cancel", "amend"} else None
        refusal = None
        try:
            getattr(self, f"_{name}")(*arguments)
        except VenueError as error:
            refusal = error
        if refusal is not None:
            self._check_refusal(refusal, before)
            return
        if name == "test":
            assert self.picture() == before, "order/test changed something"
        self._absorb(self.engine.drain())
        self._check()

    def _check_refusal(self, refusal, before):
        assert self.picture() == before, f"{refusal} changed something, or was not to be refused"
        changes = self.engine.drain()
        told = (changes.orders, changes.trades, changes.balances, changes.reports)
        assert not any(told), f"{refusal} left {told}"
        self.history.append((refusal.code, refusal.message))

    def picture(self):
        """Give all that a refused step must not change."""
        return (
            {
                uid: (
                    _amounts(account.free),
                    _amounts(account.locked),
                    self.engine.open_orders(uid),
                )
                for uid, account in self.engine.accounts.items()
            },
            {
                symbol: (
                    market.last,
                    market.status,
                    market.offers(Side.BUY),
                    market.offers(Side.SELL),
                )
                for symbol, market in self.engine.markets.items()
            },
        )

    def _nothing(self):
        """Only time passes."""

    def _place(self, uid, draft):
        self.engine.place(uid, draft.request(self.engine), self.now_ms)

    def _test(self, uid, draft):
        self.engine.test(uid, draft.request(self.engine))

    def _list(self, uid, draft):
        self.engine.place_list(uid, draft.request(self.engine), self.now_ms)

    def _cancel(self, uid, index):
        found = self._ever(uid)
        if found:
            self.engine.cancel(found[index % len(found)], self.now_ms)

    def _amend(self, uid, index, percent, client_id):
        found = self._ever(uid)
        if found:
            order = found[index % len(found)]
            quantity = order.quantity * percent // 100
            self.engine.amend(order, quantity, self.now_ms, client_order_id=client_id)

    def _ever(self, uid):
        """List what is open, and the newest order that is not: it must be refused."""
        ended = [one for one in self.known.values() if one.account == uid and not one.is_open]
        return self.engine.open_orders(uid) + ended[-1:]

    def _move(self, symbol, bips, lots, is_jump):
        market = self.engine.market(symbol)
        step = market.instrument.step
        self.engine.move(
            Tick(
                symbol=symbol,
                time_ms=self.now_ms,
                price=price_at(self.engine, symbol, bips),
                quantity=(lots % 10**12 + 1) * step,
                is_jump=is_jump,
            )
        )

    def _book(self, symbol, bips, bids, asks):
        one = self.engine.market(symbol).instrument
        middle, levels = price_at(self.engine, symbol, bips), []
        for sign, steps in ((-1, bids), (1, asks)):
            price, side = middle, []
            for ticks, lots in steps:
                price += sign * ticks * one.tick
                if price > 0:
                    side.append((price, lots * one.step))
            levels.append(side)
        self.engine.set_book(symbol, *levels)

    def _ladder(self, symbol):
        self.engine.set_book(symbol, None, None)

    def _status(self, symbol, status):
        self.engine.market(symbol).status = status

    def _thin(self, symbol, factor):
        self.engine.market(symbol).thinness = factor

    def _discount(self, uid, has):
        self.engine.accounts[uid].discount = has

    def _reset(self, uid, balances):
        self.engine.set_balances(uid, balances, self.now_ms)
        self.owned[uid] = Counter(balances)

    def _absorb(self, changes):
        self.history.append(changes)
        for trade in changes.trades:
            assert trade.id > self.last_id, "trade ids do not rise"
            self.last_id = trade.id
            self._count(trade)
        for order in changes.orders.values():
            _check_order(order, self.executed[order.id], self.quoted[order.id])
        for (uid, asset), (free, locked) in changes.balances.items():
            account = self.engine.accounts[uid]
            assert (free, locked) == (account.free.get(asset, 0), account.locked.get(asset, 0))
        _check_reports(changes, self.engine.accounts, self.known)
        self.known.update(changes.orders)

    def _count(self, trade):
        one = self.engine.market(trade.symbol).instrument
        sign = 1 if trade.side is Side.BUY else -1
        owned = self.owned[trade.account]
        owned[one.base] += sign * trade.quantity
        owned[one.quote] -= sign * trade.quote
        owned[trade.commission_asset] -= trade.commission
        assert trade.commission >= 0
        assert trade.quantity > 0
        self.executed[trade.order_id] += trade.quantity
        self.quoted[trade.order_id] += trade.quote

    def _check(self):
        for uid, account in self.engine.accounts.items():
            total = Counter(account.free)
            total.update(account.locked)
            assert _amounts(total) == _amounts(self.owned[uid]), f"{uid} gained or lost"
            assert min([0, *account.free.values(), *account.locked.values()]) == 0, "negative"
            held = Counter()
            orders = self.engine.open_orders(uid)
            for order in orders:
                one = self.engine.market(order.symbol).instrument
                held[one.quote if order.side is Side.BUY else one.base] += order.locked
                assert order.is_open
                assert self.known[order.id] == order, "an order changed without being told"
            assert _amounts(held) == _amounts(account.locked), "locked is not what orders hold"
            names = Counter((order.symbol, order.client_order_id) for order in orders)
            assert max(names.values(), default=1) == 1, "two open orders share a client id"
        self._check_lists()
        for symbol, market in self.engine.markets.items():
            bids, asks = market.offers(Side.SELL), market.offers(Side.BUY)
            assert not (bids and asks) or bids[0][0] < asks[0][0], f"{symbol} is crossed"

    def _check_lists(self):
        lists = {}
        for order in self.known.values():
            if order.list_id >= 0:
                lists.setdefault(order.list_id, []).append(order)
        for members in lists.values():
            members.sort(key=lambda order: order.id)
            pair = members
            if members[0].contingency is Contingency.OTO:
                working, *pair = members
                for leg in pair:
                    is_pending = leg.status is OrderStatus.PENDING_NEW
                    assert is_pending == working.is_open, "a pending leg and its working order"
            if len(pair) == 2:
                _check_pair(pair)


def _check_pair(pair):
    """Of an OCO pair both are open and neither acted, or at most the one that acted is."""
    acted = [
        leg for leg in pair if leg.executed or (leg.type in ALGO_TYPES and leg.working_ms >= 0)
    ]
    is_open = [leg for leg in pair if leg.is_open]
    assert len(acted) <= 1, "both legs acted"
    if acted:
        assert all(leg is acted[0] for leg in is_open), "the other leg is still open"
    else:
        assert len(is_open) != 1, "one leg ended, the other did not"


def _amounts(amounts):
    return {asset: amount for asset, amount in amounts.items() if amount}


def _check_order(order, executed, quoted):
    assert order.executed == executed, "executed is not the sum of its trades"
    assert order.quote_executed == quoted
    assert 0 <= order.executed + order.prevented_quantity <= order.quantity, order
    if order.is_open:
        assert order.executed + order.prevented_quantity < order.quantity, order
    else:
        assert order.locked == 0, "an ended order holds funds"
    if order.status is OrderStatus.FILLED:
        assert order.executed + order.prevented_quantity == order.quantity
    if order.status is OrderStatus.PENDING_NEW:
        assert order.executed == order.locked == 0


def _check_reports(changes, accounts, known):
    steps = [one for one in changes.reports if isinstance(one, ExecutionReport)]
    numbers = [one.execution_id for one in steps]
    assert numbers == sorted(set(numbers)), "execution ids do not rise"
    assert max([0, *numbers]) <= changes.sequence
    told = [one.trade for one in steps if one.execution is Execution.TRADE]
    assert told == changes.trades, "trades and their reports differ"
    newest = {one.order.id: one.order for one in steps}
    for number, order in changes.orders.items():
        told = newest.get(number, known.get(number))  # a trailing stop follows the market silently
        assert told is not None, f"{order} was never told"
        assert told.status is order.status, f"{order} was not told"
    for trade in changes.trades:
        order = newest[trade.order_id]
        if order.type in LIMIT_TYPES:
            is_fair = (
                trade.price <= order.price if trade.side is Side.BUY else trade.price >= order.price
            )
            assert is_fair, f"{trade} is worse than the limit"
    positions = [
        (at, one) for at, one in enumerate(changes.reports) if isinstance(one, BalanceReport)
    ]
    assert len({one.account for _, one in positions}) == len(positions), "balances told twice"
    for at, position in positions:
        after = changes.reports[at:]
        assert not any(
            isinstance(one, ExecutionReport) and one.account == position.account for one in after
        )
        account = accounts[position.account]
        for asset, free, locked in position.balances:
            assert (free, locked) == (account.free.get(asset, 0), account.locked.get(asset, 0))
