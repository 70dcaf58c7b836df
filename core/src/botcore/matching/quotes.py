"""The market of one symbol as accounts meet it: last price, average, a ladder of offers.

Accounts trade against the market, never each other. Each account sees the whole ladder and
empties its own view of it until the next tick, so no account can spoil another's run.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE, floor_to_step
from botcore.matching.orders import Side

__all__ = ["Level", "SymbolMarket", "SymbolStatus", "Tick", "ladder"]

Level = tuple[int, int]
Book = tuple[list[Level], list[Level]]
"""Bids and asks, best first."""
LEVELS = 20


class SymbolStatus(StrEnum):
    """Binance's symbol status; orders are taken and met while TRADING only."""

    TRADING = "TRADING"
    END_OF_DAY = "END_OF_DAY"
    HALT = "HALT"
    BREAK = "BREAK"
    CANCEL_ONLY = "CANCEL_ONLY"


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


def ladder(
    instrument: Instrument, last: int, salt: int, side: Side, thinness: int = 1
) -> list[Level]:
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
        quantity = floor_to_step(offered * SCALE // price // thinness, instrument.step)
        levels.append((price, max(quantity, instrument.step)))
    return levels


@dataclass(slots=True, kw_only=True)
class SymbolMarket:
    """The state of one symbol's market."""

    instrument: Instrument
    last: int
    time_ms: int
    quantity: int = 0
    status: SymbolStatus = SymbolStatus.TRADING
    thinness: int = 1
    """Divides what the ladder offers (fault switch: thin book)."""
    book: Book | None = None
    """The ladder of a live source; None while it is computed."""
    taken: dict[int, dict[int, int]] = field(default_factory=dict)
    """What each account took of each price since the last tick."""
    window: deque[tuple[int, int, int]] = field(default_factory=deque)
    volume: int = 0
    value: int = 0
    """Sums of quantity, and of price times quantity, over the window."""
    ladders: dict[Side, tuple[tuple[int, int, int], list[Level]]] = field(default_factory=dict)
    """What `offers` computed last, with what it was computed from."""

    def tick(self, tick: Tick) -> None:
        """Trade at the tick's price and refill the ladder."""
        self.advance(tick.price, tick.time_ms)
        self.quantity = tick.quantity
        self.window.append((tick.time_ms, tick.price, tick.quantity))
        self.volume += tick.quantity
        self.value += tick.price * tick.quantity
        oldest = tick.time_ms - self.instrument.average_minutes * 60_000
        while self.window[0][0] < oldest:
            _, price, quantity = self.window.popleft()
            self.volume -= quantity
            self.value -= price * quantity

    def advance(self, price: int, time_ms: int) -> None:
        """Stand at a price on the way to the next tick."""
        self.last = price
        self.time_ms = time_ms
        self.taken.clear()

    def average(self) -> int:
        """Give the volume-weighted price of the last minutes, the last price if none traded."""
        if not self.volume or not self.instrument.average_minutes:
            return self.last
        return self.value // self.volume

    def offers(self, side: Side) -> list[Level]:
        """List what the market offers to an order of this side, best first."""
        if self.book is not None:
            return self._thinned(self.book[1] if side is Side.BUY else self.book[0])
        basis = (self.last, self.time_ms // 1_000, self.thinness)
        known = self.ladders.get(side)
        if known is None or known[0] != basis:
            levels = ladder(self.instrument, basis[0], basis[1], side, basis[2])
            self.ladders[side] = known = (basis, levels)
        return known[1]

    def offers_to(self, account: int, side: Side) -> Iterable[Level]:
        """Give what is left for one account, best first."""
        taken = self.taken.get(account)
        if taken is None:
            return self.offers(side)
        return (
            (price, left)
            for price, quantity in self.offers(side)
            if (left := quantity - taken.get(price, 0)) > 0
        )

    def take(self, account: int, price: int, quantity: int) -> None:
        """Remove a taken quantity from one account's view of the ladder."""
        taken = self.taken.setdefault(account, {})
        taken[price] = taken.get(price, 0) + quantity

    def best_to(self, account: int, side: Side) -> int:
        """Give the best price offered to one account's order of this side; 0 if there is none."""
        return next((price for price, _ in self.offers_to(account, side)), 0)

    def set_book(self, bids: Iterable[Level] | None, asks: Iterable[Level] | None) -> None:
        """Show this ladder; None switches back to the computed one.

        Levels that cross each other, as two messages that missed each other leave them, are
        taken off both sides.
        """
        self.taken.clear()
        if bids is None or asks is None:
            self.book = None
            return
        buyers = sorted((level for level in bids if min(level) > 0), reverse=True)
        sellers = sorted(level for level in asks if min(level) > 0)
        while buyers and sellers and buyers[0][0] >= sellers[0][0]:
            del buyers[0], sellers[0]
        self.book = (buyers, sellers)

    def _thinned(self, levels: list[Level]) -> list[Level]:
        if self.thinness == 1:
            return levels
        step = self.instrument.step
        return [
            (price, max(step, floor_to_step(quantity // self.thinness, step)))
            for price, quantity in levels
        ]
