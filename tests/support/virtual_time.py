"""An event loop whose clock jumps to the next timer: hours of waiting pass at once, in order."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

START = datetime(2024, 1, 1, tzinfo=UTC)
T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: where a loop would sleep, its clock moves on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everything waits, and nothing will ever happen")
        if not ready and timeout is not None:
            self.elapsed += timeout
        return ready


class VirtualClock:
    """The running loop's clock as the machine's clocks; `suspended` is time the loop slept through."""

    def __init__(self) -> None:
        self.suspended = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.boottime())

    def boottime(self) -> float:
        try:
            return asyncio.get_running_loop().time() + self.suspended
        except RuntimeError:  # what is built before the loop runs
            return self.suspended


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    selector = _JumpingSelector()

    def make_loop() -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(selector)
        loop.time = lambda: selector.elapsed  # type: ignore[method-assign]
        return loop

    with asyncio.Runner(loop_factory=make_loop) as runner:
        return runner.run(main)
