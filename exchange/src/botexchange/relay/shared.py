"""Answers that many ask for and upstream gives once."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botcore.runtime.clock import Clock
from botexchange.upstream.rest import Answer

__all__ = ["Said", "SharedAnswers"]

MOST_BYTES: Final = 48 * 1024 * 1024
MOST_ANSWERS: Final = 5_000
REFUSAL_SECONDS: Final = 5.0  # a symbol that is unknown now may be listed soon


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, and how long ago upstream said so."""

    body: bytes
    age_ms: int
    rest: bytes = b""
    """What follows the body; one object for many answers."""


@dataclass(frozen=True, slots=True)
class _Kept:
    outcome: Answer | VenueError
    at_seconds: float
    size: int


class SharedAnswers:
    """Keeps answers for some seconds; the same question is never asked twice at a time."""

    def __init__(self, clock: Clock, most_age_seconds: float) -> None:
        """Serve nothing older than this, not even when upstream is lost."""
        self._clock = clock
        self._most_age_seconds = most_age_seconds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._asking: dict[str, asyncio.Task[_Kept]] = {}

    def has(self, key: str, fresh_seconds: float) -> bool:
        """Tell whether a question costs upstream nothing."""
        kept = self._kept.get(key)
        return self._is_fresh(kept, fresh_seconds) or key in self._asking

    async def get(
        self, key: str, fresh_seconds: float, ask: Callable[[], Awaitable[Answer]]
    ) -> Said:
        """Give a fresh answer, or an older one if upstream can't be asked.

        Raises:
            VenueError: upstream refuses the question.
            Transient: upstream can't be asked, and what is kept is too old.
        """
        kept = self._kept.get(key)
        if kept is None or not self._is_fresh(kept, fresh_seconds):
            try:
                # A client that leaves does not take the answer away from the others.
                kept = await asyncio.shield(self._ask(key, ask))
            except Transient:
                if kept is None or self._age_seconds(kept) > self._most_age_seconds:
                    raise
        if isinstance(kept.outcome, VenueError):
            raise kept.outcome
        return Said(kept.outcome.body, round(self._age_seconds(kept) * 1_000))

    def _ask(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> asyncio.Task[_Kept]:
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._fetch(key, ask))
            task.add_done_callback(lambda done: self._asked(key, done))
        return task

    async def _fetch(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> _Kept:
        asked_at = self._clock.boottime()
        try:
            outcome: Answer | VenueError = await ask()
        except VenueError as error:
            outcome = error
        size = len(key) + (len(outcome.body) if isinstance(outcome, Answer) else 100)
        kept = _Kept(outcome, asked_at, size)
        self._keep(key, kept)
        return kept

    def _asked(self, key: str, task: asyncio.Task[_Kept]) -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # read even if every client has left

    def _keep(self, key: str, kept: _Kept) -> None:
        old = self._kept.pop(key, None)
        self._bytes += kept.size - (old.size if old is not None else 0)
        self._kept[key] = kept
        while self._bytes > MOST_BYTES or len(self._kept) > MOST_ANSWERS:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size

    def _is_fresh(self, kept: _Kept | None, fresh_seconds: float) -> bool:
        if kept is None:
            return False
        is_refusal = isinstance(kept.outcome, VenueError)
        most_seconds = min(fresh_seconds, REFUSAL_SECONDS) if is_refusal else fresh_seconds
        return self._age_seconds(kept) < most_seconds

    def _age_seconds(self, kept: _Kept) -> float:
        return self._clock.boottime() - kept.at_seconds
