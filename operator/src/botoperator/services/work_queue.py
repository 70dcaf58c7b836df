"""A keyed queue: a key waits once, is worked on by one worker, and comes back after a pause when it failed."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

from botcore.domain.errors import Conflict, NotFound, Transient

__all__ = ["WorkQueue"]

log = structlog.get_logger(__name__)

K = TypeVar("K", bound=Hashable)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


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
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._waiting: dict[K, float] = {}
        """Since when, the oldest first."""
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
        since = next(iter(self._waiting.values()), None)
        return 0.0 if since is None else asyncio.get_running_loop().time() - since

    def add(self, key: K) -> None:
        """Have the key worked on as soon as a worker is free, once however often it is added."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if key in self._waiting:
            return
        self._waiting[key] = asyncio.get_running_loop().time()
        if key not in self._running:
            self._ready.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Add the key after a pause; an earlier timer or addition wins."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        timer = self._timers.get(key)
        if key in self._waiting or (timer is not None and timer.when() <= at):
            return
        if timer is not None:
            timer.cancel()
        self._timers[key] = loop.call_at(at, self._on_time, key)

    async def run(self) -> None:
        """Work for ever; start it as often as there shall be workers."""
        while True:
            key = await self._ready.get()
            self._waiting.pop(key, None)
            self._running.add(key)
            try:
                pause = await self._attempt(key)
            finally:
                self._running.discard(key)
            if key in self._waiting:
                self._ready.put_nowait(key)
            elif pause is not None:
                self.add_after(key, pause)

    def close(self) -> None:
        """Forget every pause."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

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
