"""The prices at which a symbol's orders act, sorted so that the market meets them in order."""

from bisect import bisect_left, insort
from typing import Final

from botcore.matching.orders import Order, Side

__all__ = ["Key", "Levels", "discard", "place_in_queue"]

_NEVER: Final = 10**30
"""A price no market reaches."""

Key = tuple[int, int]
"""Level (negative where the highest comes first) and order id: price, then time."""


class Levels:
    """Every level that waits for the market; nearest first on each side.

    `rising` is met from below (SELL limits, triggers above), `falling` from above. Trailing stops
    that follow the market stand in `peaks` (SELL: by highest price seen) or `troughs` (BUY: by
    lowest price seen) as well.
    """

    __slots__ = ("falling", "peaks", "rising", "troughs")

    def __init__(self) -> None:
        self.rising: list[Key] = []
        self.falling: list[Key] = []
        self.peaks: list[Key] = []
        self.troughs: list[Key] = []

    def add(self, order: Order) -> None:
        """Let the market meet an order."""
        if order.acts_upwards:
            insort(self.rising, (order.level, order.id))
        else:
            insort(self.falling, (-order.level, order.id))
        if order.is_tracking:
            insort(*self._best(order))

    def discard(self, order: Order) -> None:
        """Hide an order from the market, in the form it was added; nothing if it is not there."""
        if order.acts_upwards:
            discard(self.rising, (order.level, order.id))
        else:
            discard(self.falling, (-order.level, order.id))
        if order.is_tracking:
            discard(*self._best(order))

    def is_quiet(self, price: int) -> bool:
        """Tell whether the market can trade at this price without touching an order."""
        rising, falling, peaks, troughs = self.rising, self.falling, self.peaks, self.troughs
        if rising and rising[0][0] <= price:
            return False
        if falling and -falling[0][0] >= price:
            return False
        return not ((peaks and peaks[0][0] < price) or (troughs and -troughs[0][0] > price))

    def quiet_range(self) -> tuple[int, int]:
        """Give the prices nearest to the market from below and above that are not quiet."""
        below = [-keys[0][0] for keys in (self.falling,) if keys]
        above = [keys[0][0] for keys in (self.rising,) if keys]
        below += [-keys[0][0] - 1 for keys in (self.troughs,) if keys]
        above += [keys[0][0] + 1 for keys in (self.peaks,) if keys]
        return max(below, default=-1), min(above, default=_NEVER)

    def _best(self, order: Order) -> tuple[list[Key], Key]:
        if order.side is Side.SELL:
            return self.peaks, (order.trailing_best, order.id)
        return self.troughs, (-order.trailing_best, order.id)


def place_in_queue(order: Order) -> Key:
    """Give the rank of a limit order among its side: best price first, then time."""
    return (order.price if order.side is Side.SELL else -order.price, order.id)


def discard(keys: list[Key], key: Key) -> None:
    """Take a key out of a sorted list, if it is there."""
    index = bisect_left(keys, key)
    if index < len(keys) and keys[index] == key:
        del keys[index]
