"""How many pods start at once: images, nodes and the exchange are spared a thousand of them in the same minute."""

import time
from collections.abc import Callable

from botoperator.ports import BotKey

__all__ = ["StartQueue"]

# A start that takes longer waits for something else, and keeps nobody from theirs.
PLACE_SECONDS = 120.0


class StartQueue:
    """Places for bots whose pods start; who finds none waits in line and is called.

    A place is taken before the pod is made and given back when its container has started, when it turns out that
    nothing is being started, or after `PLACE_SECONDS`.
    """

    def __init__(self, most: int | None, now: Callable[[], float] = time.monotonic) -> None:
        """Have so many places, or as many as there are bots; go by this clock, in seconds."""
        self.call: Callable[[BotKey], None] = lambda _key: None
        """Told of a bot whose turn has come."""
        self._most = most
        self._now = now
        self._places: dict[BotKey, float] = {}
        """Since when, the oldest first."""
        self._line: dict[BotKey, None] = {}

    @property
    def waiting(self) -> int:
        """How many bots wait for a place."""
        return len(self._line)

    @property
    def message(self) -> str:
        """What a bot that waits is told."""
        return f"{self._most} pods are starting already; this one's turn comes"

    def enter(self, key: BotKey) -> bool:
        """Take a place, or line up; answers whether the bot has one."""
        if self._most is None or key in self._places:
            return True
        self._clear()
        if len(self._places) >= self._most:
            self._line[key] = None
            return False
        self._line.pop(key, None)
        self._places[key] = self._now()
        return True

    def resume(self, key: BotKey, seconds: float) -> None:
        """Count a pod that has been starting for so long, maybe since before this operator began."""
        self._line.pop(key, None)
        if self._most is not None and seconds < PLACE_SECONDS:
            self._places.setdefault(key, self._now() - seconds)

    def leave(self, key: BotKey) -> None:
        """Give a place back, or leave the line; the first in it is called."""
        self._line.pop(key, None)
        if self._places.pop(key, None) is not None:
            self._call_next()

    def _clear(self) -> None:
        end = self._now() - PLACE_SECONDS
        for key in [key for key, since in self._places.items() if since <= end]:
            del self._places[key]

    def _call_next(self) -> None:
        first = next(iter(self._line), None)
        if first is not None:
            self.call(first)
