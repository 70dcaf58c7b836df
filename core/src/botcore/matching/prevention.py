"""An account that meets itself: self-trade prevention (Binance: STP FAQ), or the trade."""

from botcore.matching.floor import Floor
from botcore.matching.levels import Key
from botcore.matching.orders import (
    Order,
    OrderRequest,
    OrderStatus,
    Prevention,
    Side,
)
from botcore.matching.pairs import end_other_leg
from botcore.matching.reports import PreventedMatch
from botcore.matching.settle import hold_only, release, settle

__all__ = ["Fill", "meet_own", "own_queue"]

Fill = tuple[int, int, int]
"""Price, quantity, and the id of the account's own resting order (0: the market)."""


def own_queue(
    floor: Floor, account: int, terms: OrderRequest | Order
) -> tuple[dict[int, Order], list[Key], int]:
    """Give the account's own orders that an order may meet, with their ranks in the queue.

    A rank is the price times the sign that comes third, so that smaller is better for the taker.
    """
    owned = floor.owned[account].symbols[terms.symbol]
    if terms.side is Side.BUY:
        return owned.orders, owned.sells, 1
    return owned.orders, owned.buys, -1


def meet_own(floor: Floor, taker: Order, fill: Fill, now_ms: int) -> Order:
    """Let an order meet an own resting one; the taker's mode decides."""
    price, quantity, number = fill
    maker = floor.orders[number]
    mode = taker.prevention
    if mode is not Prevention.EXPIRE_TAKER:
        maker = end_other_leg(floor, maker, now_ms)
    if mode is Prevention.NONE:
        taker = settle(floor, taker, (price, quantity), now_ms, maker=False)
        maker = settle(floor, maker, (price, quantity), now_ms, maker=True)
        if not maker.is_open:
            floor.lift(maker)
        return taker
    match = PreventedMatch(
        id=floor.next_id(),
        account=taker.account,
        symbol=taker.symbol,
        taker_order_id=taker.id,
        maker_order_id=maker.id,
        price=price,
        taker_prevented_quantity=_of_taker(mode, quantity),
        maker_prevented_quantity=_of_maker(mode, quantity, maker),
        prevention=mode,
        time_ms=now_ms,
    )
    floor.changes.prevented.append(match)
    if match.maker_prevented_quantity:
        _prevent(floor, maker, match, match.maker_prevented_quantity)
    if match.taker_prevented_quantity:
        taker = _prevent(floor, taker, match, match.taker_prevented_quantity)
    return taker


def _of_taker(mode: Prevention, quantity: int) -> int:
    return 0 if mode is Prevention.EXPIRE_MAKER else quantity


def _of_maker(mode: Prevention, quantity: int, maker: Order) -> int:
    if mode is Prevention.EXPIRE_TAKER:
        return 0
    return quantity if mode is Prevention.DECREMENT else maker.remaining


def _prevent(floor: Floor, order: Order, match: PreventedMatch, quantity: int) -> Order:
    """Take a quantity off an order; it ends (EXPIRED_IN_MATCH) if nothing is left."""
    is_over = quantity == order.remaining
    if is_over:
        floor.lift(order)
        release(floor, order, order.locked)
    order = order._replace(
        status=OrderStatus.EXPIRED_IN_MATCH if is_over else order.status,
        prevented_match_id=match.id,
        prevented_quantity=order.prevented_quantity + quantity,
        locked=0 if is_over else order.locked,
        updated_ms=match.time_ms,
    )
    floor.put(order)
    if order.price and not is_over:
        order = hold_only(floor, order, order.hold(order.remaining))
    instrument = floor.markets[order.symbol].instrument
    floor.touch(order.account, instrument.base, instrument.quote)
    floor.tell_prevented(order, match)
    return order
