"""The market of one symbol as accounts meet it: last price, average, a ladder of offers.

Accounts trade against the market, never each other. Each account sees the whole ladder and
empties its own view of it until the next tick, so no account can spoil another's run.
"""

from collections import deque
from dataclasses import dataclass, field

from botexchange.matching.instruments import Instrument
from botexchange.matching.numbers import SCALE, floor_to_step
from botexchange.matching.orders import Side

__all__ = ["Level", "SymbolMarket", "Tick", "ladder"]

Level = tuple[int, int]
LEVELS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The market trades at a price.

    `is_jump` says that prices between the last tick and this one did not trade.
    """

    symbol: str
    time_ms: int
    price: int
    quantity: int
    is_jump: bool = False


def ladder(instrument: Instrument, last: int, salt: int, side: Side) -> list[Level]:
    """List what the market offers: asks for a buyer, bids for a seller, best first."""
    tick = instrument.tick
    gap = max(tick, floor_to_step(last // 20_000, tick))
    spread = max(tick, floor_to_step(last // 50_000, tick))
    sign = 1 if side is Side.BUY else -1
    levels = []
    for index in range(LEVELS):
        price = last + sign * (spread + index * gap)
        if price <= 0:
            break
        mixed = (salt + index * 7_919) * 2_654_435_761 % 4_294_967_296
        percent = 50 + mixed % 101  # half to one and a half of the usual size
        offered = instrument.depth * (4 + index) * percent // 400
        quantity = floor_to_step(offered * SCALE // price, instrument.step)
        levels.append((price, max(quantity, instrument.step)))
    return levels


@dataclass(slots=True, kw_only=True)
class SymbolMarket:
    """The state of one symbol's market."""

    instrument: Instrument
    last: int
    time_ms: int
    quantity: int = 0
    is_halted: bool = False
    taken: dict[tuple[int, int], int] = field(default_factory=dict)
    window: deque[tuple[int, int, int]] = field(default_factory=deque)

    def tick(self, tick: Tick) -> None:
        """Trade at the tick's price and refill the ladder."""
        self.advance(tick.price, tick.time_ms)
        self.quantity = tick.quantity
        self.window.append((tick.time_ms, tick.price, tick.quantity))
        oldest = tick.time_ms - self.instrument.average_minutes * 60_000
        while self.window[0][0] < oldest:
            self.window.popleft()

    def advance(self, price: int, time_ms: int) -> None:
        """Stand at a price on the way to the next tick."""
        self.last = price
        self.time_ms = time_ms
        self.taken.clear()

    def average(self) -> int:
        """Give the volume-weighted price of the last minutes, the last price if none traded."""
        volume = sum(quantity for _, _, quantity in self.window)
        if not volume:
            return self.last
        return sum(price * quantity for _, price, quantity in self.window) // volume

    def offers(self, side: Side) -> list[Level]:
        """List what the market offers to an order of this side, best first."""
        return ladder(self.instrument, self.last, self.time_ms // 1_000, side)

    def offers_to(self, account: int, side: Side) -> list[Level]:
        """List what is left for one account, best first."""
        return [
            (price, left)
            for price, quantity in self.offers(side)
            if (left := quantity - self.taken.get((account, price), 0)) > 0
        ]

    def take(self, account: int, level: Level) -> None:
        """Remove a taken quantity from one account's view of the ladder."""
        price, quantity = level
        self.taken[account, price] = self.taken.get((account, price), 0) + quantity

    def would_match(self, side: Side, price: int) -> bool:
        """Tell whether a limit at this price meets the best offer."""
        offers = self.offers(side)
        if not offers:
            return False
        best = offers[0][0]
        return price >= best if side is Side.BUY else price <= best
