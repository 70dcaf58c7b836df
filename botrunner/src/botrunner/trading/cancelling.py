"""Which orders are in doubt, and asking once for a cancel."""

from botcore.domain.orders import Order, OrderStatus
from botcore.domain.records import replace
from botrunner.trading.commands import CancelOrder
from botrunner.trading.state import BotState, Step

__all__ = ["cancel", "is_unresolved"]


def is_unresolved(order: Order) -> bool:
    """Tell whether the order's fate, or some of its fills, are not known yet."""
    in_doubt = order.status in {OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN}
    return in_doubt or order.booked_quantity < order.executed_quantity


def cancel(state: BotState, orders: tuple[Order, ...]) -> Step:
    """Ask once for each cancel; of a list once for both legs, since one takes the other with it."""
    wanted = [
        o for o in orders if o.client_order_id not in state.cancelling and not is_unresolved(o)
    ]
    asked: dict[str, Order] = {}
    for order in wanted:
        asked.setdefault(order.list_client_order_id or order.client_order_id, order)
    return Step(
        state=replace(state, cancelling=state.cancelling | {o.client_order_id for o in wanted}),
        commands=tuple(
            CancelOrder(symbol=o.symbol, client_order_id=o.client_order_id) for o in asked.values()
        ),
    )
