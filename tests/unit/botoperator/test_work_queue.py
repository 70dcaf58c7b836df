"""The keyed queue: once each, one at a time, back after a pause."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from botcore.domain.errors import Transient
from botoperator.services import work_queue
from botoperator.services.work_queue import WorkQueue


@asynccontextmanager
async def working(work: Callable[[str], Awaitable[float | None]]) -> AsyncIterator[WorkQueue[str]]:
    queue: WorkQueue[str] = WorkQueue(work)
    workers = [asyncio.create_task(queue.run()) for _ in range(3)]
    try:
        async with asyncio.timeout(5):
            yield queue
    finally:
        queue.close()
        for worker in workers:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker


async def test_key_added_often_while_it_waits_is_worked_on_once() -> None:
    seen: list[str] = []
    done = asyncio.Event()

    async def work(key: str) -> None:
        seen.append(key)
        if key == "last":
            done.set()

    async with working(work) as queue:
        for key in ("a", "a", "b", "a", "last"):
            queue.add(key)
        await done.wait()

    assert seen == ["a", "b", "last"]


async def test_key_added_while_it_is_worked_on_comes_again_but_never_twice_at_once() -> None:
    started, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    at_once, most, calls = 0, 0, 0

    async def work(_: str) -> None:
        nonlocal at_once, most, calls
        at_once, calls = at_once + 1, calls + 1
        most = max(most, at_once)
        started.set()
        await go_on.wait()
        at_once -= 1
        if calls == 2:
            done.set()

    async with working(work) as queue:
        queue.add("a")
        await started.wait()
        queue.add("a")
        queue.add("a")
        go_on.set()
        await done.wait()

    assert (most, calls) == (1, 2)


async def test_answered_pause_brings_the_key_back() -> None:
    calls, done = 0, asyncio.Event()

    async def work(_: str) -> float | None:
        nonlocal calls
        calls += 1
        if calls == 3:
            done.set()
            return None
        return 0.01

    async with working(work) as queue:
        queue.add("a")
        await done.wait()

    assert calls == 3


@pytest.mark.parametrize("error", [Transient("away"), RuntimeError("bug")])
async def test_failed_key_comes_back_and_the_worker_lives_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_queue, "FIRST_PAUSE", 0.01)
    calls, done = 0, asyncio.Event()

    async def work(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise error
        done.set()

    async with working(work) as queue:
        queue.add("a")
        await done.wait()

    assert calls == 3


async def test_earlier_of_two_pauses_counts() -> None:
    done = asyncio.Event()

    async def work(_: str) -> None:
        done.set()

    async with working(work) as queue:
        queue.add_after("a", 0.01)
        queue.add_after("a", 60)
        await done.wait()

        done.clear()
        queue.add_after("a", 60)
        queue.add_after("a", 0.01)
        await done.wait()


async def test_queue_tells_how_many_wait_and_for_how_long() -> None:
    queue: WorkQueue[str] = WorkQueue(lambda _: asyncio.sleep(0))
    empty = queue.depth, queue.oldest_seconds
    queue.add("a")
    await asyncio.sleep(0.05)
    queue.add("b")

    oldest = queue.oldest_seconds

    assert empty == (0, 0.0)
    assert queue.depth == 2
    assert oldest >= 0.05


async def test_end_of_every_attempt_is_told() -> None:
    told: list[str] = []
    done = asyncio.Event()
    errors: dict[str, Exception] = {"away": Transient("away"), "bug": RuntimeError("bug")}

    async def work(key: str) -> None:
        if key == "last":
            done.set()
        if key in errors:
            raise errors[key]

    queue: WorkQueue[str] = WorkQueue(work, lambda result, _: told.append(result))
    worker = asyncio.create_task(queue.run())
    for key in ("good", "away", "bug", "last"):
        queue.add(key)
    await asyncio.wait_for(done.wait(), 5)
    await asyncio.sleep(0)
    queue.close()
    worker.cancel()

    assert told == ["done", "postponed", "failed", "done"]
