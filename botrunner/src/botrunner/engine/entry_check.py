"""Holds an entry against the venue's own price just before it is sent.

Decisions rest on market data that may have come by a relay. A wrong price there must not become an order.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Final

from botcore.domain.errors import InvalidInput, Transient
from botcore.domain.money import wire
from botcore.domain.orders import Order, Purpose, Side
from botrunner.trading.commands import RecordDecision

__all__ = ["EntryCheck", "ReadPrice"]

ReadPrice = Callable[[str, Side], Awaitable[Decimal]]
"""Ask the venue itself what a taker of this side gets; raises Transient or InvalidInput if it can't be read."""

_MOST_OFF_PERCENT: Final = Decimal(1)
"""How far the venue's price may be from the one that was decided on."""


class EntryCheck:
    """Knows the price of each decision; fails closed (I9). Exits never come here."""

    def __init__(self, read_price: ReadPrice | None) -> None:
        """Ask this; None where decisions rest on the venue's own data anyway."""
        self._read_price = read_price
        self._decided: dict[tuple[str, str], Decimal] = {}

    def note(self, decision: RecordDecision) -> None:
        """Remember the price a strategy has just decided on."""
        self._decided[decision.strategy, decision.symbol] = decision.price

    async def refusal(self, order: Order) -> str | None:
        """Return why an entry must not be sent, or None.

        One with a price of its own is never filled at a worse one, but it was to rest and not to take.
        """
        if self._read_price is None or order.purpose is not Purpose.ENTRY:
            return None
        decided = self._decided.get((order.strategy, order.symbol))
        if decided is None:
            return "PriceNotKnown: no decision came before it"
        try:
            there = await self._read_price(order.symbol, order.side)
        except (Transient, InvalidInput) as error:
            return f"PriceNotRead: {error}"
        wanted = decided if order.price is None else order.price
        off = abs(there - wanted) if order.price is None else wanted - there
        if off * 100 > wanted * _MOST_OFF_PERCENT:
            return f"PriceMoved: decided at {wire(wanted)}, the venue says {wire(there)}"
        return None
