"""A local order book by Binance's documented algorithm (text of 2025-11-12)."""

from enum import Enum, auto
from typing import Final

import orjson

from botcore.matching.numbers import to_units

__all__ = ["Applied", "Book"]

Side = dict[int, tuple[str, str]]
ASKED: Final = 1_000  # levels of a snapshot
MOST_WAITING: Final = 5_000


class Applied(Enum):
    """What an event was to the book."""

    DONE = auto()
    IGNORED = auto()
    GAP = auto()


class Book:
    """Bids and asks by price; quantities stay the text that upstream sent."""

    def __init__(self) -> None:
        """Start without a snapshot; events wait for one."""
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after a gap."""
        self.last_id: int | None = None
        self._bids: Side = {}
        self._asks: Side = {}
        self._least_bid = 0
        self._most_ask: int | None = None
        self._waiting: list[dict[str, object]] = []
        self._answers: dict[int, bytes] = {}

    @property
    def first_waiting(self) -> int | None:
        """Give `U` of the first event that waits for a snapshot."""
        number = self._waiting[0].get("U") if self._waiting else None
        return number if isinstance(number, int) else None

    def apply(self, event: dict[str, object]) -> Applied:
        """Take a depth event; one that makes no sense counts as a gap."""
        first, last = event.get("U"), event.get("u")
        if not isinstance(first, int) or not isinstance(last, int):
            return Applied.GAP
        if self.last_id is None:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(event)
            return Applied.IGNORED
        if last <= self.last_id:
            return Applied.IGNORED
        if first > self.last_id + 1:
            return Applied.GAP
        try:
            bids, asks = _levels(event["b"]), _levels(event["a"])
        except (KeyError, TypeError, ValueError):
            return Applied.GAP
        _update(self._bids, [level for level in bids if level[0] >= self._least_bid])
        top = self._most_ask
        _update(self._asks, [level for level in asks if top is None or level[0] <= top])
        self.last_id = last
        self._answers.clear()
        return Applied.DONE

    def start(self, snapshot: object) -> bool:
        """Begin from a REST snapshot and the waiting events; false if it is too old or makes no sense."""
        if not isinstance(snapshot, dict) or not isinstance(snapshot.get("lastUpdateId"), int):
            return False
        number: int = snapshot["lastUpdateId"]
        if self.first_waiting is not None and number < self.first_waiting - 1:
            return False
        try:
            bids, asks = _levels(snapshot["bids"]), _levels(snapshot["asks"])
        except (KeyError, TypeError, ValueError):
            return False
        waiting = self._waiting
        self.reset()
        _update(self._bids, bids)
        _update(self._asks, asks)
        # Beyond a full snapshot's last level the book is unknown.
        self._least_bid = min(self._bids, default=0) if len(bids) >= ASKED else 0
        self._most_ask = max(self._asks, default=0) if len(asks) >= ASKED else None
        self.last_id = number
        return all(self.apply(event) is not Applied.GAP for event in waiting)

    def answer(self, limit: int) -> bytes | None:
        """Write the best levels as REST does; None if the book does not reach so deep."""
        if self.last_id is None:
            return None
        is_cut = self._most_ask is not None or self._least_bid > 0
        if is_cut and min(len(self._bids), len(self._asks)) < limit:
            return None
        if limit not in self._answers:
            self._answers[limit] = orjson.dumps(
                {
                    "lastUpdateId": self.last_id,
                    "bids": [self._bids[key] for key in sorted(self._bids, reverse=True)[:limit]],
                    "asks": [self._asks[key] for key in sorted(self._asks)[:limit]],
                }
            )
        return self._answers[limit]

    def levels(self, limit: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """List the best bids and asks as (price, quantity) in 1e-8 units, best first."""
        bids = [(key, to_units(self._bids[key][1])) for key in sorted(self._bids, reverse=True)]
        asks = [(key, to_units(self._asks[key][1])) for key in sorted(self._asks)]
        return bids[:limit], asks[:limit]


def _levels(value: object) -> list[tuple[int, str, str]]:
    """Read price levels; ValueError or TypeError if they make no sense."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    levels = []
    for price, quantity in value:
        if not isinstance(price, str) or not isinstance(quantity, str) or price.startswith("-"):
            raise TypeError("not text")
        to_units(quantity)
        levels.append((to_units(price), price, quantity))
    return levels


def _update(side: Side, levels: list[tuple[int, str, str]]) -> None:
    for key, price, quantity in levels:
        if to_units(quantity) > 0:
            side[key] = (price, quantity)
        else:
            side.pop(key, None)
