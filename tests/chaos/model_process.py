"""A runner's process in the model: its tasks step one await at a time, and it dies or stands still between two."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Generator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

__all__ = ["WHERE", "Crash", "ModelProcess", "Plan"]

WHERE: ContextVar[str] = ContextVar("WHERE", default="asleep")
"""Which point a task has passed last: `before journal.save`, `after exchange.place`."""


class Crash(BaseException):
    """kill -9: no handler of the runner's may see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a process dies: at its n-th await, at a point's n-th pass, or after so many seconds.

    It may be frozen (SIGSTOP) before, as it passes `frozen_at` for the first time.
    """

    step: int = 0
    where: str = ""
    passes: int = 1
    seconds: float = 60.0
    frozen_at: str = ""
    frozen_for: float = 0.0


@dataclass(eq=False)
class ModelProcess:
    """One process. Dead, it does nothing more; frozen (SIGSTOP), it does nothing until it is thawed."""

    holder: str
    plan: Plan
    steps: int = 0
    is_dead: bool = False
    died_at: str = ""
    passed: Counter[str] = field(default_factory=Counter)
    work: tuple[Coroutine[Any, Any, Any], ...] = ()
    tasks: list["asyncio.Task[Any]"] = field(default_factory=list)
    _thawed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._thawed.set()

    @property
    def is_frozen(self) -> bool:
        return not self._thawed.is_set()

    def freeze(self) -> None:
        self._thawed.clear()

    def thaw(self) -> None:
        self._thawed.set()

    def start(self, *work: Coroutine[Any, Any, Any]) -> None:
        self.work = work
        self.tasks = [asyncio.create_task(self._run(one)) for one in work]

    async def wait(self, seconds: float) -> None:
        """Wait until it has died, at the latest after so many seconds; it must not end by itself."""
        await asyncio.wait(self.tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        await self.end()

    async def end(self) -> None:
        """Let it die now, and see that it died of nothing else."""
        self.die("asleep")
        self.thaw()
        for task, work in zip(self.tasks, self.work, strict=True):
            try:
                ended = await task
            except (Crash, asyncio.CancelledError):
                work.close()
            else:
                raise AssertionError(f"the process ended by itself: {ended}")

    def die(self, where: str) -> None:
        self.is_dead, self.died_at = True, self.died_at or where
        for task in self.tasks:
            task.cancel()

    def pass_point(self, label: str) -> None:
        """Note where the task is; the await that follows is where it dies, if it does."""
        WHERE.set(label)
        self.passed[label] += 1
        if label == self.plan.frozen_at and self.passed[label] == 1:
            self.freeze()
            asyncio.get_running_loop().call_later(self.plan.frozen_for, self.thaw)

    async def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return await _Steps(work, self)

    def step(self) -> None:
        """Count one await; dies if the plan says so."""
        if self.is_dead:
            raise Crash
        self.steps += 1
        here, plan = WHERE.get(), self.plan
        is_there = plan.where == here and self.passed[here] >= plan.passes
        if is_there or self.steps == plan.step:
            self.die(here)
            raise Crash

    async def thawed(self) -> None:
        await self._thawed.wait()


class _Steps:
    """Awaits a coroutine one suspension at a time."""

    def __init__(self, work: Coroutine[Any, Any, Any], process: ModelProcess) -> None:
        self._work = work
        self._process = process

    def __await__(self) -> Generator[Any, Any, Any]:
        thrown: BaseException | None = None
        while True:
            while self._process.is_frozen and not self._process.is_dead:
                try:
                    yield from self._process.thawed().__await__()
                except asyncio.CancelledError as error:  # a timeout that is told after the thaw
                    thrown = error
            self._process.step()
            try:
                waited = self._work.throw(thrown) if thrown else self._work.send(None)
            except StopIteration as end:
                return end.value
            thrown = None
            try:
                yield waited
            except asyncio.CancelledError as error:
                thrown = error
