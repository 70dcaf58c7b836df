"""When the venue is asked what has become of an order that rests.

The account's stream tells; asking is for what it did not tell. While it is well, orders are asked for rarely, since
all bots of an address share one request limit. Whatever makes the stream's word doubtful has them asked for at once,
and again until the venue has answered.
"""

from collections.abc import Iterable
from typing import Final

from botcore.domain.market import Candle
from botcore.domain.orders import Order, OrderType, Side
from botcore.domain.records import replace
from botrunner.trading.cancelling import is_unresolved
from botrunner.trading.commands import FindOrder, FindOrders, ReadTrades
from botrunner.trading.state import BotState

__all__ = ["ask", "doubt", "doubt_all", "doubt_passed", "find_order", "read_trades"]

_ASK_EVERY: Final = 120
"""Seconds between queries of an order that nothing speaks against (TR-43, TR-60)."""
_DOUBTED_EVERY: Final = 2
"""Seconds between queries of a doubted order; an event that is on its way comes first."""
_FEW: Final = 1
"""A query weighs 4, and one for all open orders of a symbol 6 (TR-56)."""

Asking = FindOrder | FindOrders | ReadTrades


def doubt(state: BotState, orders: Iterable[Order]) -> BotState:
    """Have these orders asked for until the venue has told of them."""
    found = {order.client_order_id for order in orders if order.is_working} - state.doubted
    return replace(state, doubted=state.doubted | found) if found else state


def doubt_all(state: BotState) -> BotState:
    """Doubt every order: events may have been lost."""
    return doubt(state, state.orders.values())


def doubt_passed(state: BotState, candle: Candle) -> BotState:
    """Doubt the orders that a candle should have triggered or filled, if it began after they were decided on."""
    passed = [
        order
        for order in state.orders.values()
        if order.symbol == candle.symbol
        and order.venue_time <= candle.open_at
        and _is_passed(order, candle)
    ]
    return doubt(state, passed) if passed else state


def ask(state: BotState, tick: int) -> tuple[Asking, ...]:
    """Return what to ask in this second; what is in flight is asked for in every one (TR-7)."""
    now: list[Asking] = []
    resting: dict[str, list[Order]] = {}
    for order in state.orders.values():
        if order.exchange_order_id is not None and order.executed_quantity > order.booked_quantity:
            now.append(read_trades(order, order.exchange_order_id))
        elif is_unresolved(order):
            now.append(find_order(order))
        elif _is_due(state, order, tick):
            resting.setdefault(order.symbol, []).append(order)
    for symbol, orders in resting.items():
        if len(orders) > _FEW:
            ids = tuple(order.client_order_id for order in orders)
            now.append(FindOrders(symbol=symbol, client_order_ids=ids))
        else:
            now += [find_order(order) for order in orders]
    return tuple(now)


def find_order(order: Order) -> FindOrder:
    """Return the query of an order."""
    return FindOrder(symbol=order.symbol, client_order_id=order.client_order_id)


def read_trades(order: Order, exchange_order_id: int) -> ReadTrades:
    """Return the reading of an order's fills."""
    return ReadTrades(
        symbol=order.symbol,
        client_order_id=order.client_order_id,
        exchange_order_id=exchange_order_id,
    )


def _is_due(state: BotState, order: Order, tick: int) -> bool:
    should_be_over = order.type is OrderType.MARKET
    is_doubted = should_be_over or order.client_order_id in state.doubted
    return tick % (_DOUBTED_EVERY if is_doubted else _ASK_EVERY) == 0


def _is_passed(order: Order, candle: Candle) -> bool:
    if order.stop_price is not None:
        return candle.low <= order.stop_price
    if order.price is None:
        return False
    return candle.low <= order.price if order.side is Side.BUY else candle.high >= order.price
