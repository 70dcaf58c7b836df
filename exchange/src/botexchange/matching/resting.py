"""Move the market and let it meet resting orders, in the order the prices are passed."""

from dataclasses import replace

from botexchange.matching.floor import Floor
from botexchange.matching.lists import end_siblings
from botexchange.matching.numbers import floor_to_step
from botexchange.matching.orders import LIMIT_TYPES, Order, Side
from botexchange.matching.quotes import Tick
from botexchange.matching.reports import Execution
from botexchange.matching.settle import settle
from botexchange.matching.taking import lock_and_match, match, plan

__all__ = ["move"]


def move(floor: Floor, tick: Tick) -> None:
    """Trade at the tick's price, meeting every order whose level lies on the way.

    Between two ticks the price passes every level, unless the tick is a jump. An order acts
    at most once per tick, so that a stop's limit rest waits for the next one.
    """
    market = floor.markets[tick.symbol]
    if floor.is_quiet(tick.symbol, tick.price):
        market.tick(tick)
        return
    begin, acted = market.last, set[int]()
    if tick.is_jump:
        market.tick(tick)
    while (order := _nearest(floor, tick, begin, acted)) is not None:
        acted.add(order.id)
        if not tick.is_jump:
            market.advance(_passing(order.level, begin, tick.price), tick.time_ms)
        if order.is_waiting:
            _trigger(floor, order, tick.time_ms)
        else:
            _fill(floor, order, tick)
    if not tick.is_jump:
        market.tick(tick)


def _nearest(floor: Floor, tick: Tick, begin: int, acted: set[int]) -> Order | None:
    reached = [
        order
        for order in floor.orders[tick.symbol].values()
        if order.id not in acted and order.is_reached(tick.price)
    ]
    return min(reached, key=lambda order: (abs(order.level - begin), order.id), default=None)


def _passing(level: int, begin: int, end: int) -> int:
    """Give the price on the way from begin to end at which the level is met."""
    return min(max(level, min(begin, end)), max(begin, end))


def _trigger(floor: Floor, order: Order, now_ms: int) -> None:
    order = end_siblings(floor, order, now_ms)
    order = floor.put(replace(order, working_ms=now_ms, updated_ms=now_ms))
    floor.tell(order, Execution.NEW, now_ms)
    if order.type not in LIMIT_TYPES and order.side is Side.BUY:
        order = lock_and_match(floor, order, now_ms)
    else:
        order = match(floor, order, plan(floor.markets[order.symbol], order), now_ms)
    _end_list(floor, order, now_ms)


def _fill(floor: Floor, order: Order, tick: Tick) -> None:
    """Fill all of it if the market trades through its price, else what trades at it."""
    quantity = order.remaining
    if order.price == tick.price:
        step = floor.markets[order.symbol].instrument.step
        quantity = min(quantity, floor_to_step(tick.quantity, step))
    if not quantity:
        return
    order = end_siblings(floor, order, tick.time_ms)
    order = settle(floor, order, (order.price, quantity), tick.time_ms, maker=True)
    _end_list(floor, order, tick.time_ms)


def _end_list(floor: Floor, order: Order, now_ms: int) -> None:
    if order.list_id >= 0 and not order.is_open:
        floor.tell_list((order,), now_ms, is_done=True)
