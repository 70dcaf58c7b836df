"""The engine's memory: accounts, open orders, markets, and what the running step changed."""

from collections.abc import Iterable

from botexchange.matching.accounts import Account
from botexchange.matching.instruments import Instrument
from botexchange.matching.orders import Order, Trade
from botexchange.matching.quotes import SymbolMarket
from botexchange.matching.refusals import VenueError
from botexchange.matching.reports import (
    BalanceReport,
    Changes,
    Execution,
    ExecutionReport,
    ListReport,
)

__all__ = ["Floor"]


class Floor:
    """Everything the engine knows; each step collects its changes here."""

    def __init__(self, instruments: Iterable[Instrument], *, sequence: int = 0) -> None:
        """Open the markets; `sequence` is the last id given out before."""
        self.accounts: dict[int, Account] = {}
        self.markets = {
            one.symbol: SymbolMarket(instrument=one, last=one.reference, time_ms=0)
            for one in instruments
        }
        self.orders: dict[str, dict[int, Order]] = {symbol: {} for symbol in self.markets}
        self.changes = Changes(sequence=sequence)
        self._sequence = sequence
        self._client_ids: dict[tuple[int, str, str], int] = {}
        self._bands: dict[str, tuple[int, int] | None] = dict.fromkeys(self.markets)

    def next_id(self) -> int:
        """Give the next id; orders, trades, executions and lists share one rising sequence."""
        self._sequence += 1
        self.changes.sequence = self._sequence
        return self._sequence

    def market(self, symbol: str) -> SymbolMarket:
        """Find a market; refuses with -1121."""
        market = self.markets.get(symbol)
        if market is None:
            raise VenueError(-1121, "Invalid symbol.")
        return market

    def put(self, order: Order) -> Order:
        """Remember the newest form of an order."""
        book, key = self.orders[order.symbol], (order.account, order.symbol, order.client_order_id)
        if order.is_open:
            book[order.id] = order
            self._client_ids[key] = order.id
        else:
            book.pop(order.id, None)
            if self._client_ids.get(key) == order.id:
                del self._client_ids[key]
        self._bands[order.symbol] = None
        self.changes.orders[order.id] = order
        return order

    def restore(self, order: Order) -> None:
        """Take an open order back from the store."""
        self.put(order)
        self.changes.orders.clear()

    def is_open_client_id(self, account: int, symbol: str, client_order_id: str) -> bool:
        """Tell whether an open order carries this client id."""
        return (account, symbol, client_order_id) in self._client_ids

    def open_orders(self, account: int, symbol: str | None = None) -> list[Order]:
        """List an account's open orders, oldest first."""
        books = self.orders.values() if symbol is None else (self.orders[symbol],)
        found = [order for book in books for order in book.values() if order.account == account]
        return sorted(found, key=lambda order: order.id)

    def siblings(self, order: Order) -> list[Order]:
        """List the other open orders of an order's list."""
        if order.list_id < 0:
            return []
        return [
            other
            for other in self.orders[order.symbol].values()
            if other.list_id == order.list_id and other.id != order.id
        ]

    def is_quiet(self, symbol: str, price: int) -> bool:
        """Tell whether the market can trade at this price without touching an order."""
        band = self._bands[symbol]
        if band is None:
            band = self._bands[symbol] = self._band(symbol)
        return band[0] < price < band[1]

    def _band(self, symbol: str) -> tuple[int, int]:
        low, high = -1, 1 << 62
        for order in self.orders[symbol].values():
            if order.acts_upwards:
                high = min(high, order.level)
            else:
                low = max(low, order.level)
        return low, high

    def touch(self, account: int, *assets: str) -> None:
        """Note that an account's balances changed or may have."""
        owner = self.accounts[account]
        for asset in assets:
            self.changes.balances[account, asset] = (
                owner.free.get(asset, 0),
                owner.locked.get(asset, 0),
            )

    def tell(
        self,
        order: Order,
        execution: Execution,
        time_ms: int,
        *,
        trade: Trade | None = None,
        cancel_client_id: str = "",
    ) -> None:
        """Report one step of an order."""
        self.changes.reports.append(
            ExecutionReport(
                account=order.account,
                execution_id=self.next_id(),
                execution=execution,
                order=order,
                trade=trade,
                cancel_client_id=cancel_client_id,
                time_ms=time_ms,
            )
        )

    def tell_list(self, orders: tuple[Order, ...], time_ms: int, *, is_done: bool) -> None:
        """Report the state of an order list."""
        self.changes.reports.append(
            ListReport(account=orders[0].account, orders=orders, is_done=is_done, time_ms=time_ms)
        )

    def tell_balances(self, time_ms: int) -> None:
        """Report, once per account and last, the balances this step may have changed."""
        by_account: dict[int, list[tuple[str, int, int]]] = {}
        for (account, asset), (free, locked) in sorted(self.changes.balances.items()):
            by_account.setdefault(account, []).append((asset, free, locked))
        self.changes.reports.extend(
            BalanceReport(account=account, time_ms=time_ms, balances=tuple(balances))
            for account, balances in by_account.items()
        )

    def drain(self) -> Changes:
        """Hand out what the step changed and start a new one."""
        changes, self.changes = self.changes, Changes(sequence=self._sequence)
        return changes
