"""Reduce the quantity of an open order in place (Binance: order amend keep priority)."""

from botcore.matching.filters import check_filters
from botcore.matching.floor import Floor
from botcore.matching.orders import Order
from botcore.matching.quotes import SymbolStatus
from botcore.matching.refusals import (
    AMEND_CHANGES_NOTHING,
    AMEND_INCREASES,
    AMEND_MARKET_CLOSED,
    AMEND_TOO_OFTEN,
    DUPLICATE_ORDER,
    UNKNOWN_ORDER,
    VenueError,
)
from botcore.matching.reports import Amendment, Execution
from botcore.matching.settle import hold_only

__all__ = ["amend"]


def amend(
    floor: Floor, order: Order, new_quantity: int, now_ms: int, client_order_id: str
) -> Order:
    """Reduce an order's quantity; both legs of an OCO pair shrink together.

    Refuses (-2038) what is no reduction, or too many of them; filters refuse with -1013.
    """
    order = _check(floor, order, new_quantity, client_order_id)
    pair = [
        other
        for other in floor.siblings(order)
        if other.status is order.status and other.quantity == order.quantity
    ]
    number = floor.next_id()
    names = [client_order_id or f"auto-{number}", *(other.client_order_id for other in pair)]
    amended = [
        floor.put(
            _shrunk(old, new_quantity)._replace(
                client_order_id=name,
                amendments=old.amendments + 1,
                updated_ms=now_ms,
            )
        )
        for old, name in zip([order, *pair], names, strict=True)
    ]
    need = max(one.hold(one.remaining) for one in amended)
    for old, new in zip([order, *pair], amended, strict=True):
        _report(floor, old, hold_only(floor, new, need), now_ms)
    if order.list_id >= 0 and names[0] != order.client_order_id:
        floor.tell_list(floor.lists[order.list_id].values(), now_ms, is_update=True)
    return floor.orders[order.id]


def _check(floor: Floor, order: Order, new_quantity: int, client_order_id: str) -> Order:
    current = floor.orders.get(order.id)
    if current is None:
        raise VenueError(-2038, UNKNOWN_ORDER[1])
    market = floor.markets[order.symbol]
    if market.status is not SymbolStatus.TRADING:
        raise VenueError(*AMEND_MARKET_CLOSED)
    if new_quantity > current.quantity:
        raise VenueError(*AMEND_INCREASES)
    used = current.executed + current.prevented_quantity
    if new_quantity == current.quantity or new_quantity <= used:
        raise VenueError(*AMEND_CHANGES_NOTHING)
    if market.instrument.max_amendments and current.amendments >= market.instrument.max_amendments:
        raise VenueError(*AMEND_TOO_OFTEN)
    known = floor.owned[current.account].symbols[current.symbol].client_ids.get(client_order_id)
    if known is not None and known != current.id:
        raise VenueError(-2038, DUPLICATE_ORDER[1])
    check_filters(floor, market, _shrunk(current, new_quantity))
    return current


def _shrunk(order: Order, new_quantity: int) -> Order:
    """Give an order its new quantity; the visible part of an iceberg never exceeds it."""
    iceberg = min(order.iceberg_quantity, new_quantity)
    return order._replace(quantity=new_quantity, iceberg_quantity=iceberg)


def _report(floor: Floor, old: Order, new: Order, now_ms: int) -> None:
    execution_id = floor.tell(new, Execution.REPLACED, now_ms, cancel_client_id=old.client_order_id)
    floor.changes.amendments.append(
        Amendment(
            account=new.account,
            symbol=new.symbol,
            order_id=new.id,
            execution_id=execution_id,
            old_client_order_id=old.client_order_id,
            new_client_order_id=new.client_order_id,
            old_quantity=old.quantity,
            new_quantity=new.quantity,
            time_ms=now_ms,
        )
    )
