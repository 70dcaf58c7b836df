"""What each account has open, counted for the filters and queued by price and time."""

from collections import defaultdict

from botcore.matching.levels import Key
from botcore.matching.orders import ALGO_TYPES, Order

__all__ = ["AccountOrders", "Count", "SymbolOrders"]


class Count:
    """How many orders of the kinds that filters limit."""

    __slots__ = ("algos", "icebergs", "lists", "orders")

    def __init__(self) -> None:
        self.orders = 0
        self.algos = 0
        self.icebergs = 0
        self.lists = 0

    def add(self, order: Order, sign: int) -> None:
        """Count an order in (1) or out (-1)."""
        self.orders += sign
        if order.type in ALGO_TYPES:
            self.algos += sign
        if order.iceberg_quantity:
            self.icebergs += sign


class SymbolOrders:
    """An account's open orders on one symbol."""

    __slots__ = ("buys", "client_ids", "count", "orders", "sells")

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.client_ids: dict[str, int] = {}
        self.buys: list[Key] = []
        """Resting limit orders, best price first, then oldest first."""
        self.sells: list[Key] = []
        self.count = Count()


class AccountOrders:
    """An account's open orders on all symbols."""

    __slots__ = ("count", "list_ids", "symbols")

    def __init__(self) -> None:
        self.symbols: dict[str, SymbolOrders] = defaultdict(SymbolOrders)
        self.list_ids: set[str] = set()
        """Client ids of open lists."""
        self.count = Count()

    def put(self, order: Order) -> None:
        """Remember the newest form of an open order."""
        owned = self.symbols[order.symbol]
        known = owned.orders.get(order.id)
        if known is None:
            owned.count.add(order, 1)
            self.count.add(order, 1)
            owned.client_ids[order.client_order_id] = order.id
        elif known.client_order_id != order.client_order_id:
            _forget(owned, known)
            owned.client_ids[order.client_order_id] = order.id
        owned.orders[order.id] = order

    def remove(self, order: Order) -> None:
        """Forget an order that ended; nothing if it is not known."""
        owned = self.symbols[order.symbol]
        known = owned.orders.pop(order.id, None)
        if known is not None:
            owned.count.add(known, -1)
            self.count.add(known, -1)
            _forget(owned, known)

    def count_list(self, order: Order, sign: int) -> None:
        """Count an order list in (1) or out (-1)."""
        self.symbols[order.symbol].count.lists += sign
        self.count.lists += sign
        if sign > 0:
            self.list_ids.add(order.list_client_id)
        else:
            self.list_ids.discard(order.list_client_id)


def _forget(owned: SymbolOrders, order: Order) -> None:
    if owned.client_ids.get(order.client_order_id) == order.id:
        del owned.client_ids[order.client_order_id]
