"""At most so many pods start at once; who waits is called in line."""

from botoperator.ports import BotKey
from botoperator.services.start_queue import PLACE_SECONDS, StartQueue

A, B, C, D = (BotKey("kbots-bots", name) for name in "abcd")


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_queue(most: int | None) -> tuple[StartQueue, Clock, list[BotKey]]:
    clock, called = Clock(), list[BotKey]()
    queue = StartQueue(most, clock)
    queue.call = called.append
    return queue, clock, called


def test_who_finds_no_place_is_called_in_line_when_one_is_free() -> None:
    queue, _, called = a_queue(2)

    entered = [queue.enter(key) for key in (A, B, C, D, A)]
    queue.leave(A)

    assert entered == [True, True, False, False, True]
    assert (called, queue.waiting) == ([C], 2)
    assert [queue.enter(key) for key in (C, D)] == [True, False]
    queue.leave(B)
    assert (called, queue.waiting) == ([C, D], 1)


def test_who_needs_no_place_any_more_leaves_the_line() -> None:
    queue, _, called = a_queue(1)
    for key in (A, B, C):
        queue.enter(key)

    queue.leave(B)
    queue.leave(A)

    assert (called, queue.waiting) == ([C], 1)


def test_start_that_does_not_end_keeps_its_place_for_some_time_only() -> None:
    queue, clock, _ = a_queue(1)
    queue.enter(A)

    clock.seconds = PLACE_SECONDS - 1
    early = queue.enter(B)
    clock.seconds = PLACE_SECONDS

    assert (early, queue.enter(B)) == (False, True)


def test_pods_that_start_since_before_this_operator_have_a_place() -> None:
    queue, clock, _ = a_queue(2)
    clock.seconds = 1_000
    queue.resume(A, 5)
    queue.resume(B, PLACE_SECONDS)

    assert [queue.enter(key) for key in (C, D)] == [True, False]


def test_without_a_limit_everybody_enters() -> None:
    queue, _, _ = a_queue(None)

    assert all(queue.enter(key) for key in (A, B, C, D))
    assert queue.waiting == 0
