"""The matching engine: one object, every step a method, no I/O and no clock."""

from collections.abc import Iterable

from botexchange.matching.accounts import Account
from botexchange.matching.floor import Floor
from botexchange.matching.instruments import Instrument
from botexchange.matching.lists import ListRequest, end_siblings, place_list
from botexchange.matching.orders import Order, OrderRequest
from botexchange.matching.placing import place, validate
from botexchange.matching.quotes import SymbolMarket, Tick
from botexchange.matching.refusals import UNKNOWN_ORDER, VenueError
from botexchange.matching.reports import Changes
from botexchange.matching.resting import move
from botexchange.matching.settle import finish

__all__ = ["Engine"]


class Engine:
    """Accounts trading against markets. Call `drain` after every step and store what it gives.

    Times are venue milliseconds. A refused step (VenueError) changed nothing.
    """

    def __init__(self, instruments: Iterable[Instrument], *, sequence: int = 0) -> None:
        """Open the markets; `sequence` is the last id that was ever given out."""
        self._floor = Floor(instruments, sequence=sequence)

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
        """Take back what the store kept."""
        for account in accounts:
            self._floor.accounts[account.uid] = account
        for order in orders:
            self._floor.restore(order)

    def add_account(self, account: Account) -> None:
        """Open an account with its balances."""
        self._floor.accounts[account.uid] = account
        self._floor.touch(account.uid, *account.assets())

    def set_balances(self, uid: int, free: dict[str, int], now_ms: int) -> None:
        """Cancel everything open and start again with these balances."""
        account = self._floor.accounts[uid]
        for order in self._floor.open_orders(uid):
            finish(self._floor, order, now_ms)
        account.free = {asset: free.get(asset, 0) for asset in {*account.assets(), *free}}
        self._floor.touch(uid, *account.assets())
        self._floor.tell_balances(now_ms)

    def place(self, uid: int, request: OrderRequest, now_ms: int) -> Order:
        """Place an order."""
        order = place(self._floor, self._floor.accounts[uid], request, now_ms)
        self._floor.tell_balances(now_ms)
        return order

    def test(self, uid: int, request: OrderRequest) -> None:
        """Refuse what `place` would refuse, funds aside; changes nothing."""
        validate(self._floor, self._floor.accounts[uid], request)

    def place_list(self, uid: int, request: ListRequest, now_ms: int) -> list[Order]:
        """Place an order list."""
        legs = place_list(self._floor, self._floor.accounts[uid], request, now_ms)
        self._floor.tell_balances(now_ms)
        return legs

    def cancel(self, order: Order, now_ms: int, *, cancel_client_id: str = "") -> list[Order]:
        """Cancel an open order and, if it belongs to a list, the rest of the list.

        Refuses with -2011 if it is not open any more.
        """
        floor = self._floor
        current = floor.orders[order.symbol].get(order.id)
        if current is None:
            raise VenueError(*UNKNOWN_ORDER)
        cancel_id = cancel_client_id or f"cancel-{floor.next_id()}"
        others = [other.id for other in floor.siblings(current)]
        current = end_siblings(floor, current, now_ms, cancel_client_id=cancel_id)
        finish(floor, current, now_ms, cancel_client_id=cancel_id)
        ended = [floor.changes.orders[number] for number in sorted([current.id, *others])]
        if current.list_id >= 0:
            floor.tell_list(tuple(ended), now_ms, is_done=True)
        floor.tell_balances(now_ms)
        return ended

    @property
    def has_open_orders(self) -> bool:
        """Tell whether any order of any account is open."""
        return any(self._floor.orders.values())

    def open_orders(self, uid: int, symbol: str | None = None) -> list[Order]:
        """List an account's open orders, oldest first."""
        if symbol is not None:
            self._floor.market(symbol)
        return self._floor.open_orders(uid, symbol)

    def move(self, tick: Tick) -> None:
        """Let the market trade at the tick's price."""
        move(self._floor, tick)
        if self._floor.changes:
            self._floor.tell_balances(tick.time_ms)

    def drain(self) -> Changes:
        """Hand out what the last step changed."""
        return self._floor.drain()
