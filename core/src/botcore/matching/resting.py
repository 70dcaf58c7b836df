"""Move the market and let it meet resting orders, in the order the prices are passed."""

from botcore.matching.floor import Floor
from botcore.matching.levels import Key
from botcore.matching.numbers import floor_to_step
from botcore.matching.orders import Order
from botcore.matching.pairs import end_other_leg
from botcore.matching.phases import follow
from botcore.matching.quotes import SymbolStatus, Tick
from botcore.matching.reports import Execution
from botcore.matching.settle import settle
from botcore.matching.taking import lock_and_match

__all__ = ["move"]

_TRADING = SymbolStatus.TRADING


def move(floor: Floor, tick: Tick) -> None:
    """Trade at the tick's price, meeting every order whose level lies on the way.

    Between two ticks the price passes every level, unless the tick is a jump. A level that is
    passed fills entirely; at the tick's own price each account's orders share the tick's
    quantity, oldest first. What stands beyond the market after it acted waits for the next tick.
    Orders of a symbol that is not TRADING wait for the first tick after it opens.
    """
    market = floor.markets[tick.symbol]
    if market.status is not _TRADING or floor.levels[tick.symbol].is_quiet(tick.price):
        market.tick(tick)
        return
    floor.late = []
    _Move(floor, tick).run()
    if not tick.is_jump:
        market.tick(tick)
    late, floor.late = floor.late, None
    for number in late:
        order = floor.orders.get(number)
        if order is not None:
            floor.rest(order)


class _Move:
    """One tick that touches orders."""

    def __init__(self, floor: Floor, tick: Tick) -> None:
        self._floor = floor
        self._tick = tick
        self._market = floor.markets[tick.symbol]
        self._levels = floor.levels[tick.symbol]
        self._shares: dict[int, int] = {}
        """What is left of the tick's quantity for each account that rests at its price."""

    def run(self) -> None:
        """Meet what stood beyond the market before, then what lies on the way, then the price."""
        price, levels = self._tick.price, self._levels
        rises = price >= self._market.last
        if self._tick.is_jump:
            self._market.tick(self._tick)
        if rises:
            self._pass(levels.falling, -price)
            self._pass(levels.rising, price)
        else:
            self._pass(levels.rising, price)
            self._pass(levels.falling, -price)
        self._stand(price)
        self._meet_price()
        self._trail(levels.peaks, price)
        self._trail(levels.troughs, -price)

    def _pass(self, keys: list[Key], bound: int) -> None:
        """Meet every order whose level the price goes beyond; a rank grows along the way."""
        sign = 1 if keys is self._levels.rising else -1
        here = sign * self._market.last
        while keys and keys[0][0] < bound:
            rank, number = keys[0]
            if rank > here:
                here = rank
                self._stand(sign * rank)
            order = self._floor.orders[number]
            if order.is_waiting:
                self._trigger(order)
            else:
                self._fill(order, order.remaining)

    def _meet_price(self) -> None:
        """Meet the orders at the tick's own price, oldest first."""
        price, found = self._tick.price, []
        for keys, bound in ((self._levels.rising, price), (self._levels.falling, -price)):
            for rank, number in keys:
                if rank > bound:
                    break
                found.append(number)
        for number in sorted(found):
            order = self._floor.orders.get(number)
            if order is None:
                continue
            if order.is_waiting:
                self._trigger(order)
            else:
                self._share(order)

    def _stand(self, price: int) -> None:
        if not self._tick.is_jump and price != self._market.last:
            self._market.advance(price, self._tick.time_ms)

    def _share(self, order: Order) -> None:
        step = self._market.instrument.step
        left = self._shares.get(order.account)
        if left is None:
            left = floor_to_step(self._tick.quantity, step)
        quantity = min(order.remaining, left)
        self._shares[order.account] = left - quantity
        if quantity:
            self._fill(order, quantity)

    def _fill(self, order: Order, quantity: int) -> None:
        floor, now_ms = self._floor, self._tick.time_ms
        order = end_other_leg(floor, order, now_ms)
        filled = settle(floor, order, (order.price, quantity), now_ms, maker=True)
        if not filled.is_open:
            floor.lift(filled)
        follow(floor, now_ms)

    def _trigger(self, order: Order) -> None:
        floor, now_ms = self._floor, self._tick.time_ms
        floor.lift(order)
        if order.trailing_delta and not order.is_tracking:
            best = self._market.last
            floor.rest(
                floor.put(order._replace(trailing_ms=now_ms, trailing_best=best, updated_ms=now_ms))
            )
            return
        order = end_other_leg(floor, order, now_ms)
        order = floor.put(order._replace(working_ms=now_ms, updated_ms=now_ms))
        floor.tell(order, Execution.NEW, now_ms)
        lock_and_match(floor, order, now_ms)
        follow(floor, now_ms)

    def _trail(self, keys: list[Key], bound: int) -> None:
        """Let trailing stops follow a price that is better than the best they saw."""
        while keys and keys[0][0] < bound:
            order = self._floor.orders[keys[0][1]]
            self._floor.lift(order)
            moved = order._replace(trailing_best=self._tick.price)
            self._floor.rest(self._floor.put(moved))
