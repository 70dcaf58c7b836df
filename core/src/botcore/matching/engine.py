"""The matching engine: one object, every step a method, no I/O and no clock."""

from collections.abc import Iterable

from botcore.matching.accounts import Account
from botcore.matching.amending import amend
from botcore.matching.floor import Floor
from botcore.matching.instruments import ExchangeRules, Instrument
from botcore.matching.lists import ListRequest, place_list
from botcore.matching.orders import Order, OrderRequest, OrderStatus
from botcore.matching.phases import follow
from botcore.matching.placing import place, validate
from botcore.matching.quotes import Level, SymbolMarket, Tick
from botcore.matching.refusals import UNKNOWN_ORDER, VenueError
from botcore.matching.reports import Changes
from botcore.matching.resting import move
from botcore.matching.settle import finish

__all__ = ["Engine"]

_RULES = ExchangeRules()


class Engine:
    """Accounts trading against markets. Call `drain` after every step and store what it gives.

    Times are venue milliseconds. A refused step (VenueError) changed nothing.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        rules: ExchangeRules = _RULES,
        *,
        sequence: int = 0,
    ) -> None:
        """Open the markets; `sequence` is the last id that was ever given out."""
        self._floor = Floor(instruments, rules, sequence=sequence)

    @property
    def rules(self) -> ExchangeRules:
        """Give the filters over all symbols."""
        return self._floor.rules

    @property
    def markets(self) -> dict[str, SymbolMarket]:
        """Give the markets by symbol."""
        return self._floor.markets

    @property
    def accounts(self) -> dict[int, Account]:
        """Give the accounts by uid."""
        return self._floor.accounts

    def market(self, symbol: str) -> SymbolMarket:
        """Find a market; refuses with -1121."""
        return self._floor.market(symbol)

    def restore(self, accounts: Iterable[Account], orders: Iterable[Order]) -> None:
        """Take back what the store kept: open orders, and ended ones of the same lists."""
        for account in accounts:
            self._floor.accounts[account.uid] = account
        self._floor.restore(orders)

    def add_account(self, account: Account) -> None:
        """Open an account with its balances."""
        self._floor.accounts[account.uid] = account
        self._floor.changes.balances.update(
            ((account.uid, asset), (account.free.get(asset, 0), account.locked.get(asset, 0)))
            for asset in account.assets()
        )

    def set_balances(self, uid: int, free: dict[str, int], now_ms: int) -> None:
        """Cancel everything open and start again with these balances."""
        floor = self._floor
        account = floor.accounts[uid]
        for order in floor.open_orders(uid):
            finish(floor, order, now_ms)
        follow(floor, now_ms)
        assets = sorted({*account.assets(), *free})
        account.free = {asset: free.get(asset, 0) for asset in assets}
        floor.touch(uid, *assets)
        floor.tell_balances(now_ms)

    def transfer(self, uid: int, asset: str, amount: int, now_ms: int) -> None:
        """Pay an amount in, or out if it is negative; refuses with -2010 what is not free."""
        account = self._floor.accounts[uid]
        account.require(asset, -amount)
        account.credit(asset, amount)
        self._floor.touch(uid, asset)
        self._floor.tell_balances(now_ms)

    def place(self, uid: int, request: OrderRequest, now_ms: int) -> Order:
        """Place an order; gives it as it stands after the step."""
        floor = self._floor
        order = place(floor, floor.accounts[uid], request, now_ms)
        self._end_step(now_ms)
        return floor.changes.orders[order.id]

    def test(self, uid: int, request: OrderRequest) -> None:
        """Refuse what `place` would refuse, funds aside; changes nothing."""
        validate(self._floor, self._floor.accounts[uid], request)

    def place_list(self, uid: int, request: ListRequest, now_ms: int) -> list[Order]:
        """Place an order list; gives its orders, pending ones as PENDING_NEW in any case."""
        floor = self._floor
        orders = place_list(floor, floor.accounts[uid], request, now_ms)
        self._end_step(now_ms)
        return [
            order if order.status is OrderStatus.PENDING_NEW else floor.changes.orders[order.id]
            for order in orders
        ]

    def cancel(self, order: Order, now_ms: int, *, cancel_client_id: str = "") -> list[Order]:
        """Cancel an open order and, if it belongs to a list, the rest of the list.

        The pending orders of a canceled working order expire. Gives every order that ended.
        Refuses with -2011 if it is not open any more.
        """
        floor = self._floor
        current = floor.orders.get(order.id)
        if current is None:
            raise VenueError(*UNKNOWN_ORDER)
        cancel_id = cancel_client_id or f"cancel-{floor.next_id()}"
        others = floor.siblings(current)
        finish(floor, current, now_ms, cancel_client_id=cancel_id)
        is_pending = current.status is OrderStatus.PENDING_NEW
        for other in others:
            if is_pending or other.status is not OrderStatus.PENDING_NEW:
                finish(floor, other, now_ms, cancel_client_id=cancel_id)
        self._end_step(now_ms)
        numbers = sorted([current.id, *(other.id for other in others)])
        return [floor.changes.orders[number] for number in numbers]

    def amend(
        self, order: Order, new_quantity: int, now_ms: int, *, client_order_id: str = ""
    ) -> Order:
        """Reduce an open order's quantity; it keeps its place in the queue.

        Gives it a new client id if none is named. Refuses with -2038, or with a filter's -1013.
        """
        amended = amend(self._floor, order, new_quantity, now_ms, client_order_id)
        self._end_step(now_ms)
        return amended

    def set_book(
        self, symbol: str, bids: Iterable[Level] | None, asks: Iterable[Level] | None
    ) -> None:
        """Show a source's own ladder; None switches back to the computed one.

        Orders meet it when they are placed or triggered; resting ones wait for trades.
        """
        self.market(symbol).set_book(bids, asks)

    @property
    def has_open_orders(self) -> bool:
        """Tell whether any order of any account is open."""
        return bool(self._floor.orders)

    def quiet_range(self, symbol: str) -> tuple[int, int]:
        """Give two prices between which, both left out, a symbol trades without touching an order."""
        return self._floor.levels[symbol].quiet_range()

    def open_orders(self, uid: int, symbol: str | None = None) -> list[Order]:
        """List an account's open orders, oldest first."""
        if symbol is not None:
            self._floor.market(symbol)
        return self._floor.open_orders(uid, symbol)

    def move(self, tick: Tick) -> None:
        """Let the market trade at the tick's price."""
        move(self._floor, tick)
        self._floor.tell_balances(tick.time_ms)

    def drain(self) -> Changes:
        """Hand out what the last step changed."""
        return self._floor.drain()

    def _end_step(self, now_ms: int) -> None:
        follow(self._floor, now_ms)
        self._floor.tell_balances(now_ms)
