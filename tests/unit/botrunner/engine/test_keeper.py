"""The lease is renewed in time, or nothing is sent."""

import asyncio
from collections.abc import Awaitable, Callable

from botcore.domain.errors import NotAllowed
from botrunner.engine.keeper import Keeper
from botrunner.lease_ports import Heartbeat
from botrunner.trading.events import Event, HaltChanged, LeaseAcquired, LeaseEnded
from botrunner.trading.lease import RENEW_EVERY, STOP_AFTER
from tests.support.engine_ports import ModelJournal, ModelLease, Troubles
from tests.support.virtual_time import VirtualClock, run_virtual


class Watch:
    """A keeper that runs, and what it said."""

    def __init__(self) -> None:
        self.lease = ModelLease(ModelJournal(Troubles()))
        self.clock = VirtualClock()
        self.told: list[Event] = []
        self.keeper = Keeper(
            lease=self.lease, clock=self.clock, deliver=self.told.append, heartbeat=self.describe
        )
        self.state = "Running"

    def describe(self, epoch: int) -> Heartbeat:
        return Heartbeat(
            state=self.state, reason="", generation=1, epoch=epoch, pid=1, venue_time=None
        )


def watched(story: Callable[[Watch], Awaitable[None]]) -> Watch:
    watch = Watch()

    async def main() -> None:
        running = asyncio.create_task(watch.keeper.run())
        try:
            await story(watch)
            assert not running.done()
        finally:
            running.cancel()

    run_virtual(main())
    return watch


def test_lease_is_taken_and_announced() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(0.5)
        assert watch.keeper.may_send()

    watch = watched(story)

    assert watch.told == [LeaseAcquired(epoch=1)]


def test_lease_is_renewed_every_five_seconds() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(60.5)
        assert watch.keeper.may_send()

    watch = watched(story)

    gaps = [b - a for a, b in zip(watch.lease.renewals, watch.lease.renewals[1:], strict=False)]
    assert len(watch.lease.renewals) == 12
    assert all(abs(gap - RENEW_EVERY) < 0.01 for gap in gaps)


def test_account_in_use_waits_and_says_so() -> None:
    async def story(watch: Watch) -> None:
        watch.lease.is_taken = True
        await asyncio.sleep(30)
        assert not watch.keeper.may_send()
        assert watch.keeper.reason.startswith("AccountInUse")
        watch.lease.is_taken = False
        await asyncio.sleep(1.5)
        assert watch.keeper.may_send()

    assert watched(story).told == [LeaseAcquired(epoch=1)]


def test_no_send_twenty_seconds_after_the_last_renewal_was_asked_for() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(10.5)  # renewed at 10
        watch.lease.is_away = True
        await asyncio.sleep(STOP_AFTER - 0.6)
        assert watch.keeper.may_send()
        await asyncio.sleep(0.2)
        assert not watch.keeper.may_send()

    watched(story)


def test_lease_that_could_not_be_renewed_is_dropped_and_taken_anew() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(0.5)
        watch.lease.is_away = True
        await asyncio.sleep(STOP_AFTER + 2)
        assert watch.keeper.epoch == 0
        watch.lease.is_away = False
        await asyncio.sleep(2)
        assert watch.keeper.may_send()

    assert watched(story).told == [
        LeaseAcquired(epoch=1),
        LeaseEnded(reason="the lease could not be renewed in time"),
        LeaseAcquired(epoch=2),
    ]


def test_suspended_machine_does_not_send_when_it_wakes() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(0.5)
        watch.clock.suspended = 3600  # CLOCK_BOOTTIME went on, the loop's timers did not
        assert not watch.keeper.may_send()

    watched(story)


def test_silent_ledger_is_given_up_in_time() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(0.5)
        watch.lease.hangs = True
        await asyncio.sleep(STOP_AFTER)
        assert not watch.keeper.may_send()
        await asyncio.sleep(8)
        assert watch.keeper.epoch == 0

    watched(story)


def test_answer_that_came_late_counts_from_the_question() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(4.5)
        answer = watch.lease._answer

        async def slow() -> None:
            await asyncio.sleep(4)
            await answer()

        watch.lease._answer = slow  # type: ignore[method-assign]
        await asyncio.sleep(5)  # asked at 5, answered at 9
        watch.lease.is_away = True
        asked = watch.lease.renewals[0]
        await asyncio.sleep(asked + STOP_AFTER - asyncio.get_running_loop().time() + 0.01)
        assert not watch.keeper.may_send()

    watched(story)


def test_takeover_by_another_stops_at_once() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(0.5)
        watch.lease.is_taken = True
        await asyncio.sleep(RENEW_EVERY)
        assert not watch.keeper.may_send()

    assert watched(story).told[1:] == [LeaseEnded(reason="the lease was taken over or has expired")]


def test_halt_is_told_within_a_second_and_once() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(2.5)
        watch.lease.latch = "owner: by hand"
        await asyncio.sleep(1.1)
        assert watch.told[-1] == HaltChanged(reason="owner: by hand")
        await asyncio.sleep(20)
        watch.lease.latch = None
        await asyncio.sleep(1.1)

    assert watched(story).told[1:] == [
        HaltChanged(reason="owner: by hand"),
        HaltChanged(reason=None),
    ]


def test_halt_that_stands_at_the_start_is_told_before_the_lease() -> None:
    async def story(watch: Watch) -> None:
        watch.lease.latch = "all: maintenance"
        await asyncio.sleep(0.5)

    assert watched(story).told == [
        HaltChanged(reason="all: maintenance"),
        LeaseAcquired(epoch=1),
    ]


def test_retired_login_drops_the_lease_and_says_why() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(0.5)

        async def refuse() -> None:
            raise NotAllowed("bound to no account")

        watch.lease._answer = refuse  # type: ignore[method-assign]
        await asyncio.sleep(1.5)
        assert watch.keeper.epoch == 0

    assert watched(story).told[-1] == LeaseEnded(
        reason="the ledger refuses this login: bound to no account"
    )


def test_heartbeat_comes_every_five_seconds_and_at_once_on_a_change() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(12.5)
        watch.state = "Halted"
        await asyncio.sleep(1)

    beats = watched(story).lease.beats

    assert [round(at) for at, _ in beats] == [0, 5, 10, 13]
    assert beats[-1][1].state == "Halted"


def test_dropping_twice_tells_once_and_dropping_nothing_tells_nothing() -> None:
    async def story(watch: Watch) -> None:
        watch.keeper.drop("never held")
        assert watch.told == []
        await asyncio.sleep(0.5)
        watch.keeper.drop("first")
        watch.keeper.drop("second")
        assert not watch.keeper.may_send()

    assert watched(story).told[1:] == [LeaseEnded(reason="first")]


def test_release_gives_the_lease_back_and_survives_an_absent_ledger() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(0.5)
        await watch.keeper.release()
        assert not watch.keeper.may_send()
        await watch.keeper.release()
        watch.keeper.epoch = 7
        watch.lease.is_away = True
        await watch.keeper.release()

    assert watched(story).lease.released == [1]


def test_hurried_keeper_beats_at_once_and_still_ends_when_it_is_told_to() -> None:
    async def story(watch: Watch) -> None:
        await asyncio.sleep(10.5)
        watch.state = "Paused"
        watch.keeper.look_now()
        await asyncio.sleep(0.01)
        at, beat = watch.lease.beats[-1]
        assert (round(at, 1), beat.state) == (10.5, "Paused")

        running = asyncio.create_task(watch.keeper.run())
        await asyncio.sleep(0.1)
        watch.keeper.look_now()  # in the same moment: a wait that swallows the end would never return
        running.cancel()
        await asyncio.sleep(0.01)
        assert running.done()

    watched(story)
