"""OCO pairs: as soon as one leg acts, the other one ends."""

from botcore.matching.floor import Floor
from botcore.matching.orders import LIMIT_TYPES, Order, OrderStatus
from botcore.matching.settle import finish, hold_only

__all__ = ["end_other_leg"]

_PENDING = OrderStatus.PENDING_NEW


def end_other_leg(floor: Floor, order: Order, now_ms: int) -> Order:
    """Expire the other leg because this one acts (OCO_TRIGGER); this one takes over the funds.

    The working order of an OTO list has no other leg: its pending orders wait for its end.
    """
    for other in floor.siblings(order):
        if other.status is _PENDING:
            continue
        held = other.locked + order.locked
        bare = floor.put(other._replace(locked=0))
        order = floor.put(order._replace(locked=held))
        finish(floor, bare, now_ms, reason="OCO_TRIGGER")
        if order.type in LIMIT_TYPES:
            order = hold_only(floor, order, order.hold(order.remaining))
    return order
