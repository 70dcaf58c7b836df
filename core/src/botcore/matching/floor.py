"""The engine's memory: accounts, open orders, markets, and what the running step changed."""

from bisect import insort
from collections import defaultdict, deque
from collections.abc import Iterable

from botcore.matching.accounts import Account
from botcore.matching.instruments import ExchangeRules, Instrument
from botcore.matching.levels import Levels, discard, place_in_queue
from botcore.matching.open_orders import AccountOrders
from botcore.matching.orders import LIMIT_TYPES, Order, OrderStatus, Side, Trade
from botcore.matching.quotes import SymbolMarket
from botcore.matching.refusals import VenueError
from botcore.matching.reports import (
    BalanceReport,
    Changes,
    Execution,
    ExecutionReport,
    ListReport,
    PreventedMatch,
)

__all__ = ["Floor"]

_PENDING = OrderStatus.PENDING_NEW


class Floor:
    """Everything the engine knows; each step collects its changes here."""

    def __init__(
        self, instruments: Iterable[Instrument], rules: ExchangeRules, *, sequence: int = 0
    ) -> None:
        """Open the markets; `sequence` is the last id given out before."""
        self.rules = rules
        self.accounts: dict[int, Account] = {}
        self.markets = {
            one.symbol: SymbolMarket(instrument=one, last=one.reference, time_ms=0)
            for one in instruments
        }
        self.levels = {symbol: Levels() for symbol in self.markets}
        self.orders: dict[int, Order] = {}
        self.owned: dict[int, AccountOrders] = defaultdict(AccountOrders)
        self.lists: dict[int, dict[int, Order]] = {}
        """Every order of the lists that are not done, in the order they were placed."""
        self.ended: deque[Order] = deque()
        """Orders of lists that ended in this step and still concern the rest of their list."""
        self.late: list[int] | None = None
        """While the market moves: orders that it meets again with the next tick only."""
        self.changes = Changes(sequence=sequence)
        self._sequence = sequence
        self._touched: dict[int, set[str]] = defaultdict(set)

    def next_id(self) -> int:
        """Give the next id; orders, trades, executions and lists share one rising sequence."""
        self._sequence += 1
        return self._sequence

    def market(self, symbol: str) -> SymbolMarket:
        """Find a market; refuses with -1121."""
        market = self.markets.get(symbol)
        if market is None:
            raise VenueError(-1121, "Invalid symbol.")
        return market

    def put(self, order: Order) -> Order:
        """Remember the newest form of an order, new or known."""
        owned = self.owned[order.account]
        if order.list_id >= 0 and order.list_id in self.lists:
            self.lists[order.list_id][order.id] = order
        if order.is_open:
            owned.put(order)
            self.orders[order.id] = order
        else:
            self.orders.pop(order.id, None)
            owned.remove(order)
            if order.list_id >= 0:
                self.ended.append(order)
        self.changes.orders[order.id] = order
        return order

    def open_list(self, orders: list[Order]) -> None:
        """Remember a new list."""
        first = orders[0]
        self.lists[first.list_id] = {order.id: order for order in orders}
        self.owned[first.account].count_list(first, 1)

    def close_list(self, list_id: int) -> list[Order]:
        """Forget a list of which nothing is open any more; give its orders."""
        orders = list(self.lists.pop(list_id).values())
        self.owned[orders[0].account].count_list(orders[0], -1)
        return orders

    def restore(self, orders: Iterable[Order]) -> None:
        """Take back open orders, and what else the store has of their lists."""
        known = sorted(orders, key=lambda order: order.id)
        lists: dict[int, list[Order]] = {}
        for order in known:
            if order.list_id >= 0:
                lists.setdefault(order.list_id, []).append(order)
        for members in lists.values():
            if any(order.is_open for order in members):
                self.open_list(members)
        for order in known:
            if order.is_open:
                self.put(order)
                if order.status is not _PENDING:
                    self.rest(order)
        self.changes.orders.clear()

    def rest(self, order: Order) -> None:
        """Let the market, and the account's own orders, meet an order from now on.

        One that already stands beyond the market during a move waits for the next tick.
        """
        if self.late is not None and self._is_beyond(order):
            self.late.append(order.id)
            return
        self.levels[order.symbol].add(order)
        if order.working_ms >= 0:
            insort(self._queue(order), place_in_queue(order))

    def lift(self, order: Order) -> None:
        """Undo `rest`, in the form the order rested; nothing if it does not rest."""
        self.levels[order.symbol].discard(order)
        if order.working_ms >= 0 and order.type in LIMIT_TYPES:
            discard(self._queue(order), place_in_queue(order))

    def _is_beyond(self, order: Order) -> bool:
        return not order.is_waiting and order.is_reached(self.markets[order.symbol].last)

    def _queue(self, order: Order) -> list[tuple[int, int]]:
        owned = self.owned[order.account].symbols[order.symbol]
        return owned.sells if order.side is Side.SELL else owned.buys

    def open_orders(self, account: int, symbol: str | None = None) -> list[Order]:
        """List an account's open orders, oldest first."""
        symbols = self.owned[account].symbols
        if symbol is None:
            found = [order for one in symbols.values() for order in one.orders.values()]
        else:
            found = list(symbols[symbol].orders.values())
        return sorted(found, key=lambda order: order.id)

    def siblings(self, order: Order) -> list[Order]:
        """List the other open orders of an order's list."""
        if order.list_id < 0:
            return []
        members = self.lists.get(order.list_id, {}).values()
        return [other for other in members if other.is_open and other.id != order.id]

    def touch(self, account: int, *assets: str) -> None:
        """Note that an account's balances changed or may have."""
        self._touched[account].update(assets)

    def tell(
        self,
        order: Order,
        execution: Execution,
        time_ms: int,
        *,
        trade: Trade | None = None,
        cancel_client_id: str = "",
        reject_reason: str = "",
    ) -> int:
        """Report one step of an order; gives the report's id."""
        execution_id = self.next_id()
        self.changes.reports.append(
            ExecutionReport(
                account=order.account,
                execution_id=execution_id,
                execution=execution,
                order=order,
                trade=trade,
                cancel_client_id=cancel_client_id,
                time_ms=time_ms,
                reject_reason=reject_reason,
            )
        )
        return execution_id

    def tell_prevented(self, order: Order, match: PreventedMatch) -> None:
        """Report what self-trade prevention did to an order."""
        self.changes.reports.append(
            ExecutionReport(
                account=order.account,
                execution_id=self.next_id(),
                execution=Execution.TRADE_PREVENTION,
                order=order,
                trade=None,
                cancel_client_id="",
                time_ms=match.time_ms,
                prevented=match,
            )
        )

    def tell_list(
        self,
        orders: Iterable[Order],
        time_ms: int,
        *,
        is_done: bool = False,
        is_update: bool = False,
    ) -> None:
        """Report the state of an order list."""
        members = tuple(orders)
        self.changes.reports.append(
            ListReport(
                account=members[0].account,
                orders=members,
                is_done=is_done,
                time_ms=time_ms,
                is_update=is_update,
            )
        )

    def tell_balances(self, time_ms: int) -> None:
        """Report, once per account and last, the balances this step may have changed."""
        changes, touched = self.changes, self._touched
        for account in sorted(touched) if len(touched) > 1 else touched:
            owner, rows = self.accounts[account], []
            free, locked = owner.free, owner.locked
            for asset in sorted(touched[account]):
                amounts = (free.get(asset, 0), locked.get(asset, 0))
                changes.balances[account, asset] = amounts
                rows.append((asset, *amounts))
            changes.reports.append(
                BalanceReport(account=account, time_ms=time_ms, balances=tuple(rows))
            )
        self._touched.clear()

    def drain(self) -> Changes:
        """Hand out what the step changed and start a new one."""
        changes, self.changes = self.changes, Changes()
        changes.sequence = self._sequence
        return changes
