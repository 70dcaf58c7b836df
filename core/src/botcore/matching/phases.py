"""What becomes of an order list when one of its orders ends."""

from botcore.matching.filters import check_filters
from botcore.matching.floor import Floor
from botcore.matching.lists import check_pair, pair_funds
from botcore.matching.orders import ALGO_TYPES, Order, OrderStatus
from botcore.matching.placing import check_trigger, funds, match_or_wait, plan_of
from botcore.matching.refusals import (
    INSUFFICIENT_BALANCE,
    WOULD_TAKE,
    WOULD_TRIGGER,
    WRONG_PRICES,
    VenueError,
)
from botcore.matching.settle import finish, start

__all__ = ["follow"]

_PENDING = OrderStatus.PENDING_NEW
_REASONS = {
    INSUFFICIENT_BALANCE[1]: "INSUFFICIENT_BALANCES",
    WOULD_TRIGGER[1]: "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
    WOULD_TAKE[1]: "WOULD_MATCH_IMMEDIATELY",
    WRONG_PRICES[1]: "OCO_BAD_PRICES",
}
"""User data: order reject reasons."""


def follow(floor: Floor, now_ms: int) -> None:
    """Do what the orders that ended mean for their lists, until nothing follows any more.

    A filled working order places its pending orders, one that ended otherwise expires them
    (OTO_PHASE_ONE_EXPIRED). A list of which nothing is open is done.
    """
    while floor.ended:
        order = floor.ended.popleft()
        if order.list_id not in floor.lists:
            continue
        rest = floor.siblings(order)
        if not rest:
            floor.tell_list(floor.close_list(order.list_id), now_ms, is_done=True)
        elif all(other.status is _PENDING for other in rest):
            if order.status is OrderStatus.FILLED:
                _place_pending(floor, rest, now_ms)
            else:
                for other in rest:
                    finish(floor, other, now_ms, reason="OTO_PHASE_ONE_EXPIRED")


def _place_pending(floor: Floor, orders: list[Order], now_ms: int) -> None:
    """Place what waited for the working order; what can't be placed expires (REJECTED)."""
    try:
        held = _hold(floor, orders)
    except VenueError as refusal:
        reason = _REASONS.get(refusal.message, "NONE")
        for order in orders:
            finish(floor, order, now_ms, reason="REJECTED", reject_reason=reason)
        return
    placed = [
        start(floor, _awake(floor, order, amount, now_ms), now_ms)
        for order, amount in zip(orders, held, strict=True)
    ]
    for order in placed:
        planned = plan_of(floor, order.account, order) if len(placed) == 1 else ([], 0)
        match_or_wait(floor, order, planned, now_ms)


def _hold(floor: Floor, orders: list[Order]) -> list[int]:
    """Check pending orders again and lock their funds; gives what each one holds."""
    first = orders[0]
    market, account = floor.markets[first.symbol], floor.accounts[first.account]
    for order in orders:
        check_filters(floor, market, order)
    if len(orders) == 1:
        check_trigger(floor, account.uid, first)
        planned = plan_of(floor, account.uid, first)
        asset, amount = funds(market, account, first, first.quantity, planned)
        account.lock(asset, amount)
        return [amount]
    check_pair(floor, account.uid, orders)
    asset, amount = pair_funds(market, account, orders)
    account.lock(asset, amount)
    return [amount, 0]


def _awake(floor: Floor, order: Order, held: int, now_ms: int) -> Order:
    is_algo = order.type in ALGO_TYPES
    tracks = order.trailing_delta > 0 and not order.stop_price
    return order._replace(
        status=OrderStatus.NEW,
        locked=held,
        updated_ms=now_ms,
        working_ms=-1 if is_algo else now_ms,
        trailing_ms=now_ms if tracks else -1,
        trailing_best=floor.markets[order.symbol].last if tracks else 0,
    )
