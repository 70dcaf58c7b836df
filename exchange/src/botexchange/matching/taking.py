"""Match an order against what the market offers."""

from dataclasses import replace

from botexchange.matching.floor import Floor
from botexchange.matching.numbers import SCALE, floor_to_step, notional
from botexchange.matching.orders import LIMIT_TYPES, Order, Side, TimeInForce
from botexchange.matching.quotes import Level, SymbolMarket
from botexchange.matching.settle import finish, settle

__all__ = ["lock_and_match", "match", "plan"]


def plan(market: SymbolMarket, order: Order) -> list[Level]:
    """List the fills the ladder gives to an order now.

    A MARKET order by quote amount takes as many whole steps as the amount buys or sells.
    """
    quantity, quote = order.remaining, order.quote_quantity
    by_quote = quote > 0
    fills: list[Level] = []
    for price, offered in market.offers_to(order.account, order.side):
        if order.type in LIMIT_TYPES and not _reaches(order, price):
            break
        wanted = quantity
        if by_quote:
            wanted = floor_to_step(quote * SCALE // price, market.instrument.step)
        taken = min(wanted, offered)
        if taken <= 0:
            break
        fills.append((price, taken))
        quantity -= taken
        quote -= notional(price, taken)
    return fills


def match(floor: Floor, order: Order, fills: list[Level], now_ms: int) -> Order:
    """Take the planned fills, then let the rest stay or expire by its time in force."""
    market = floor.markets[order.symbol]
    is_limit = order.type in LIMIT_TYPES
    is_short = sum(quantity for _, quantity in fills) < order.remaining
    if is_limit and is_short and order.time_in_force is TimeInForce.FOK:
        return finish(floor, order, now_ms, reason="UNFILLED_FOK_ORDER_EXPIRED")
    for fill in fills:
        market.take(order.account, fill)
        order = settle(floor, order, fill, now_ms, maker=False)
    if not order.is_open:
        return order
    if not is_limit:
        return finish(floor, order, now_ms, reason="INSUFFICIENT_LIQUIDITY")
    if order.time_in_force is TimeInForce.IOC:
        return finish(floor, order, now_ms, reason="UNFILLED_IOC_QUANTITY_EXPIRED")
    return order


def lock_and_match(floor: Floor, order: Order, now_ms: int) -> Order:
    """Match a market order that could not hold its funds before (a triggered STOP_LOSS BUY)."""
    market = floor.markets[order.symbol]
    account = floor.accounts[order.account]
    fills = plan(market, order)
    cost = sum(notional(price, quantity) for price, quantity in fills)
    if account.free.get(market.instrument.quote, 0) < cost:
        return finish(floor, order, now_ms, reason="REJECTED")
    account.lock(market.instrument.quote, cost)
    return match(floor, floor.put(replace(order, locked=cost)), fills, now_ms)


def _reaches(order: Order, price: int) -> bool:
    return price <= order.price if order.side is Side.BUY else price >= order.price
