"""A keyed queue: a key waits once, is worked on by one worker, and comes back after a pause when it failed."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, TypeVar

import structlog

from botcore.domain.errors import Conflict, NotFound, Transient

__all__ = ["Lane", "WorkQueue"]

log = structlog.get_logger(__name__)

K = TypeVar("K", bound=Hashable)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
# Of so many keys taken one is of the last lane that waits, so that none waits for ever.
FAIRNESS = 4


class Lane(IntEnum):
    """Who goes first."""

    PERSON = 0
    """What somebody asked for of a bot that is there, and waits for."""
    REPORT = 1
    """New bots, what their children tell, and another try."""
    LOOK = 2
    """What nobody told, and a full look found."""


@dataclass(slots=True)
class _Wait:
    since: float
    lane: Lane
    is_certain: bool = False
    doubts: list[Callable[[], bool]] = field(default_factory=list)

    @property
    def is_needless(self) -> bool:
        return not self.is_certain and all(needless() for needless in self.doubts)


class WorkQueue(Generic[K]):
    """Calls `work(key)` for every key added; `work` answers in how many seconds to come back."""

    def __init__(
        self,
        work: Callable[[K], Awaitable[float | None]],
        on_done: Callable[[str, float], None] = lambda _result, _seconds: None,
    ) -> None:
        """Have `on_done` told how each attempt ended (done, postponed or failed) and how long it took."""
        self._work = work
        self._on_done = on_done
        self._lanes: dict[Lane, deque[K]] = {lane: deque() for lane in Lane}
        self._entries = asyncio.Semaphore(0)
        self._taken = 0
        self._waiting: dict[K, _Wait] = {}
        """The oldest first."""
        self._running: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}

    @property
    def depth(self) -> int:
        """How many keys wait to be worked on; those that come back after a pause are not among them."""
        return len(self._waiting)

    @property
    def oldest_seconds(self) -> float:
        """For how long the first of them has been waiting; 0 if none waits."""
        first = next(iter(self._waiting.values()), None)
        return 0.0 if first is None else asyncio.get_running_loop().time() - first.since

    def add(
        self,
        key: K,
        lane: Lane = Lane.REPORT,
        needless: Callable[[], bool] | None = None,
    ) -> None:
        """Have the key worked on as soon as a worker is free, once however often it is added.

        `needless` is asked when its turn has come, and no attempt at the key is under way: whether there is nothing to
        do after all. One addition without such a doubt suffices.
        """
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = _Wait(asyncio.get_running_loop().time(), lane)
            self._enqueue(key, lane)
        elif lane < waiting.lane:
            waiting.lane = lane
            self._enqueue(key, lane)
        if needless is not None:
            waiting.doubts.append(needless)
            return
        waiting.is_certain = True
        self._cancel(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Add the key after a pause; an earlier timer or addition wins."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        timer, waiting = self._timers.get(key), self._waiting.get(key)
        if waiting is not None and waiting.is_certain:
            return
        if timer is not None and timer.when() <= at:
            return
        if timer is not None:
            timer.cancel()
        self._timers[key] = loop.call_at(at, self._on_time, key)

    async def run(self) -> None:
        """Work for ever; start it as often as there shall be workers."""
        while True:
            key = await self._next()
            self._running.add(key)
            try:
                pause = await self._attempt(key)
            finally:
                self._running.discard(key)
            if pause is not None:
                self.add_after(key, pause)
            waiting = self._waiting.get(key)
            if waiting is not None:
                self._enqueue(key, waiting.lane)

    def close(self) -> None:
        """Forget every pause."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _enqueue(self, key: K, lane: Lane) -> None:
        if key in self._running:
            return  # its worker does it
        self._lanes[lane].append(key)
        self._entries.release()

    async def _next(self) -> K:
        while True:
            await self._entries.acquire()
            lane = self._lane()
            key = self._lanes[lane].popleft()
            waiting = self._waiting.get(key)
            # A key that changed lanes has left an entry behind.
            if waiting is None or waiting.lane is not lane or key in self._running:
                continue
            del self._waiting[key]
            if not waiting.is_needless:
                self._cancel(key)
                self._taken += 1
                return key

    def _lane(self) -> Lane:
        lanes = [lane for lane, keys in self._lanes.items() if keys]
        return lanes[-1] if self._taken % FAIRNESS == FAIRNESS - 1 else lanes[0]

    def _cancel(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _on_time(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def _attempt(self, key: K) -> float | None:
        began = asyncio.get_running_loop().time()
        result, pause = await self._outcome(key)
        self._on_done(result, asyncio.get_running_loop().time() - began)
        return pause

    async def _outcome(self, key: K) -> tuple[str, float | None]:
        try:
            pause = await self._work(key)
        except (Conflict, NotFound, Transient) as error:
            log.warning("work_postponed", key=str(key), error=str(error))
            return "postponed", self._failed(key)
        except Exception:
            log.exception("work_failed", key=str(key))
            return "failed", self._failed(key)
        self._failures.pop(key, None)
        return "done", pause

    def _failed(self, key: K) -> float:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        return float(min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE))
