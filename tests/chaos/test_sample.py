"""A seeded sample of `make chaos`: processes die at a few hundred points, and the books agree.

I1, I2, I3; TR-1, TR-2, TR-3, TR-7, TR-40, TR-41, TR-50.
"""

import pytest

from botcore.domain.orders import Order
from botrunner.engine.executor import Executor
from botrunner.ports import Unknown
from botrunner.trading.events import Event
from tests.chaos.kills import Killing
from tests.chaos.world import run_world
from tests.chaos.yard import open_yard


@pytest.mark.timeout(120)
def test_sample_of_crash_points_leaves_books_that_agree() -> None:
    worlds = [run_world(seed, 25) for seed in range(20260101, 20260113)]

    places = sum((world.places for world in worlds), start=worlds[0].places.__class__())
    assert places.total() == 300
    assert sum(world.judge.sent for world in worlds) > 300
    for word in (
        "recovering:",
        "before exchange",
        "after exchange",
        "journal.",
        "signed",
        "asleep",
    ):
        assert any(word in place for place in places), word


@pytest.mark.timeout(400)
def test_sample_of_kills_leaves_books_that_agree() -> None:
    with open_yard(20260101) as yard:
        killing = Killing(yard=yard, seed=20260101, wanted=6, freezes=0, without_relay=(900, 900))
        tally = killing.run()  # without it to the end, however long that takes

    assert (tally.lost, tally.doubled, tally.unleased) == ([], [], [])
    assert tally.kills == 6
    assert tally.orders > 0
    assert tally.done["relay lost"] == 1
    assert tally.done["left the relay"] > 0


def find_it() -> None:
    for seed in range(10):
        run_world(seed, 25)


@pytest.mark.timeout(120)
def test_runner_that_sends_before_it_journals_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    send, placed = Executor._send, Executor._place

    async def send_first(self: Executor, *orders: Order) -> tuple[Event, ...]:
        answer = await send(self, *orders)

        async def answered(_self: Executor, *_orders: Order) -> object:
            return answer

        monkeypatch.setattr(Executor, "_send", answered)
        return await placed(self, *orders)

    monkeypatch.setattr(Executor, "_place", send_first)

    with pytest.raises(AssertionError, match=r"has no intent \(I2\)"):
        find_it()


@pytest.mark.timeout(120)
def test_runner_that_sends_again_when_no_answer_came_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = Executor._send

    async def try_twice(self: Executor, *orders: Order) -> object:
        answer = await send(self, *orders)
        return await send(self, *orders) if isinstance(answer, Unknown) else answer

    monkeypatch.setattr(Executor, "_send", try_twice)

    with pytest.raises(AssertionError, match=r"sent twice"):
        find_it()
