"""The keyed queue: once each, one at a time, back after a pause."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from botcore.domain.errors import Transient
from botoperator.services import work_queue
from botoperator.services.work_queue import Lane, WorkQueue


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


async def order_of(*added: tuple[str, Lane], work_on: int = 0) -> list[str]:
    """Add keys while one worker is busy with another; answers in which order it takes them."""
    seen: list[str] = []
    go_on, done = asyncio.Event(), asyncio.Event()

    async def work(key: str) -> None:
        await go_on.wait()
        seen.append(key)
        if len(seen) == 1 + work_on:
            done.set()

    queue: WorkQueue[str] = WorkQueue(work)
    worker = asyncio.create_task(queue.run())
    queue.add("first")
    await asyncio.sleep(0)
    for key, lane in added:
        queue.add(key, lane)
    go_on.set()
    await asyncio.wait_for(done.wait(), 5)
    worker.cancel()
    return seen[1:]


async def test_what_a_person_waits_for_goes_first_and_what_nobody_told_last() -> None:
    seen = await order_of(
        ("listed", Lane.LOOK), ("new", Lane.REPORT), ("changed", Lane.PERSON), work_on=3
    )

    assert seen == ["changed", "new", "listed"]


async def test_key_that_waits_moves_up_and_is_worked_on_once() -> None:
    seen = await order_of(
        ("a", Lane.LOOK), ("b", Lane.LOOK), ("b", Lane.PERSON), ("b", Lane.LOOK), work_on=2
    )

    assert seen == ["b", "a"]


async def test_flood_of_changes_leaves_a_turn_for_the_last_lane() -> None:
    flood = [(f"changed-{number}", Lane.PERSON) for number in range(20)]

    seen = await order_of(("listed", Lane.LOOK), *flood, work_on=21)

    assert seen.index("listed") < 5


async def test_key_is_left_alone_if_it_turns_out_that_there_is_nothing_to_do() -> None:
    started, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    seen: list[str] = []
    answered = False

    async def work(key: str) -> None:
        nonlocal answered
        seen.append(key)
        started.set()
        await go_on.wait()
        answered = True
        if key == "last":
            done.set()

    async with working(work) as queue:
        queue.add("a")
        await started.wait()
        # Told before the answer to the write that led to it, and judged after it.
        queue.add("a", Lane.REPORT, lambda: answered)
        queue.add("b", Lane.REPORT, lambda: True)
        queue.add("c", Lane.REPORT, lambda: True)
        queue.add("c")
        go_on.set()
        queue.add("last")
        await done.wait()

    assert sorted(seen) == ["a", "c", "last"]


async def test_pause_outlives_what_turned_out_needless() -> None:
    calls, done = 0, asyncio.Event()

    async def work(_: str) -> float | None:
        nonlocal calls
        calls += 1
        if calls == 2:
            done.set()
            return None
        return 0.05

    async with working(work) as queue:
        queue.add("a")
        while not calls:  # noqa: ASYNC110 a turn of the worker
            await asyncio.sleep(0)
        queue.add("a", Lane.REPORT, lambda: True)
        await done.wait()

    assert calls == 2


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
