"""Match an order against what the market offers, and against the account's own orders."""

from collections.abc import Iterator

from botcore.matching.floor import Floor
from botcore.matching.numbers import SCALE, floor_to_step, notional
from botcore.matching.orders import (
    LIMIT_TYPES,
    Order,
    OrderRequest,
    Prevention,
    Side,
    TimeInForce,
)
from botcore.matching.prevention import Fill, meet_own, own_queue
from botcore.matching.settle import finish, settle

__all__ = ["Plan", "cost_of", "counted", "lock_and_match", "match", "plan", "would_take"]

Plan = tuple[list[Fill], int]
"""What an order meets, in order, and the quantity nothing is offered for."""
_FOK = TimeInForce.FOK
_IOC = TimeInForce.IOC
_NONE = Prevention.NONE
_EXPIRE_MAKER = Prevention.EXPIRE_MAKER
_NO_LIMIT = 1 << 127
_DECREMENT = Prevention.DECREMENT


def plan(floor: Floor, account: int, terms: OrderRequest | Order, quantity: int) -> Plan:
    """List what an order meets now; changes nothing.

    A MARKET order by quote amount takes as many whole steps as the amount buys or sells.
    """
    if terms.type in LIMIT_TYPES and not would_take(floor, account, terms):
        return [], quantity
    step = floor.markets[terms.symbol].instrument.step
    mode, quote, wanted = terms.prevention, terms.quote_quantity, quantity
    by_quote = quote > 0
    fills: list[Fill] = []
    for price, offered, maker in _offers(floor, account, terms):
        if by_quote:
            wanted = floor_to_step(quote * SCALE // price, step)
        if wanted <= 0:
            break
        taken = min(wanted, offered)
        fills.append((price, taken, maker))
        if maker and mode is not _NONE:
            if mode is _EXPIRE_MAKER:
                continue
            if mode is not _DECREMENT:
                fills[-1] = (price, wanted, maker)
                return fills, 0
        quote -= notional(price, taken)
        wanted -= taken
    return fills, max(wanted, 0)


def _offers(floor: Floor, account: int, terms: OrderRequest | Order) -> Iterator[Fill]:
    """Merge the ladder with the account's own orders, which come first at an equal price.

    A limit order is offered what lies within its limit.
    """
    orders, queue, sign = own_queue(floor, account, terms)
    limit = sign * terms.price if terms.type in LIMIT_TYPES else _NO_LIMIT
    index, own = 0, len(queue)
    for price, offered in floor.markets[terms.symbol].offers_to(account, terms.side):
        rank = sign * price
        while index < own and queue[index][0] <= min(rank, limit):
            best, number = queue[index]
            yield sign * best, orders[number].remaining, number
            index += 1
        if rank > limit:
            return
        yield price, offered, 0
    for best, number in queue[index:]:
        if best > limit:
            return
        yield sign * best, orders[number].remaining, number


def would_take(floor: Floor, account: int, terms: OrderRequest | Order) -> bool:
    """Tell whether a limit order would meet an offer at once."""
    _, queue, sign = own_queue(floor, account, terms)
    if queue and queue[0][0] <= sign * terms.price:
        return True
    best = floor.markets[terms.symbol].best_to(account, terms.side)
    return best > 0 and sign * best <= sign * terms.price


def counted(fills: list[Fill], mode: Prevention) -> int:
    """Add up the quantity of an order that its fills use up."""
    return sum(quantity for _, quantity, maker in fills if not maker or mode is not _EXPIRE_MAKER)


def cost_of(fills: list[Fill], mode: Prevention) -> int:
    """Add up what the fills that trade cost in the quote asset."""
    return sum(
        notional(price, quantity) for price, quantity, maker in fills if not maker or mode is _NONE
    )


def match(floor: Floor, order: Order, planned: Plan, now_ms: int) -> Order:
    """Meet what was planned, then let the rest stay or expire by its time in force."""
    fills, _ = planned
    market = floor.markets[order.symbol]
    if order.time_in_force is _FOK and order.type in LIMIT_TYPES:
        trading = sum(q for _, q, maker in fills if not maker or order.prevention is _NONE)
        if trading < order.remaining:
            return finish(floor, order, now_ms, reason="UNFILLED_FOK_ORDER_EXPIRED")
    for price, quantity, maker in fills:
        if maker:
            order = meet_own(floor, order, (price, quantity, maker), now_ms)
        else:
            market.take(order.account, price, quantity)
            order = settle(floor, order, (price, quantity), now_ms, maker=False)
    if not order.is_open:
        return order
    if order.type not in LIMIT_TYPES:
        return finish(floor, order, now_ms, reason="INSUFFICIENT_LIQUIDITY")
    if order.time_in_force is _IOC:
        return finish(floor, order, now_ms, reason="UNFILLED_IOC_QUANTITY_EXPIRED")
    floor.rest(order)
    return order


def lock_and_match(floor: Floor, order: Order, now_ms: int) -> Order:
    """Match a triggered order; a market BUY that costs more than it holds needs the rest free."""
    planned = plan(floor, order.account, order, order.remaining)
    if order.side is Side.BUY and order.type not in LIMIT_TYPES:
        account = floor.accounts[order.account]
        quote = floor.markets[order.symbol].instrument.quote
        missing = cost_of(planned[0], order.prevention) - order.locked
        if missing > account.free.get(quote, 0):
            return finish(
                floor, order, now_ms, reason="REJECTED", reject_reason="INSUFFICIENT_BALANCES"
            )
        if missing > 0:
            account.lock(quote, missing)
            order = floor.put(order._replace(locked=order.locked + missing))
    return match(floor, order, planned, now_ms)
