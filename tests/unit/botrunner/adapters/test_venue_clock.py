"""The venue's clock, measured over a road that takes time and at rates up to 600."""

from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from botcore.domain.errors import InvariantBroken
from botrunner.adapters import venue_clock
from botrunner.adapters.venue_clock import Sample, VenueClock
from tests.unit.botrunner.adapters.clocks import ManualClock

BORN_MS = 1_700_000_000_000


class Venue:
    """A venue at a rate, and a road to it; `there` is the share of a trip's time spent on the way there."""

    def __init__(self, clock: ManualClock, rate: float) -> None:
        self.clock, self.rate = clock, rate
        self.offset_ms = 0
        self.trip, self.there = 0.001, 0.5

    def now_ms(self) -> int:
        return BORN_MS + self.offset_ms + int((self.clock.seconds - 1_000) * self.rate * 1_000)

    async def read(self) -> int:
        self.clock.move(self.trip * self.there)
        told = self.now_ms()
        self.clock.move(self.trip * (1 - self.there))
        return told


async def measured(venue: Venue, *pauses: float) -> VenueClock:
    clock = VenueClock(venue.clock)
    await clock.sample(venue.read)
    for pause in pauses:
        venue.clock.move(pause)
        await clock.sample(venue.read)
    return clock


async def started(venue: Venue, trips: list[float]) -> VenueClock:
    """Start a clock over a road that takes these times, over and over."""
    clock, road = VenueClock(venue.clock), cycle(trips)

    async def read() -> int:
        venue.trip = next(road)
        return await venue.read()

    async def passes(seconds: float) -> None:
        venue.clock.move(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(venue_clock.asyncio, "sleep", passes)
        await clock.start(read)
    return clock


async def test_clock_before_its_first_sample_tells_nothing() -> None:
    with pytest.raises(InvariantBroken):
        VenueClock(ManualClock()).now()


async def test_real_venue_far_away_runs_at_rate_one_exactly() -> None:
    venue = Venue(ManualClock(), 1.0)
    venue.trip, venue.there = 0.3, 0.9

    clock = await measured(venue, 0.2)

    assert clock.rate == 1.0
    assert clock.recv_window_ms() == 3_000


@pytest.mark.parametrize("rate", [1.0, 60.0, 600.0])
async def test_rate_is_exact_once_the_span_is_long_enough(rate: float) -> None:
    venue = Venue(ManualClock(), rate)

    clock = await measured(venue, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)

    assert clock.rate == rate
    venue.clock.move(3_600)
    assert abs(clock.earliest_ms() - venue.now_ms()) <= rate * 1 + 2


@example(rate=600.0, trips=[0.015625, 0.046875], there=1.0)
@given(
    rate=st.sampled_from([1.0, 20.0, 60.0, 600.0]),
    trips=st.lists(st.floats(0.0001, 0.05), min_size=2, max_size=8),
    there=st.floats(0, 1),
)
async def test_signature_is_never_ahead_of_the_venue(
    rate: float, trips: list[float], there: float
) -> None:
    venue = Venue(ManualClock(), rate)
    venue.there = there
    clock = VenueClock(venue.clock)
    for number, trip in enumerate(trips):
        venue.trip = trip
        await clock.sample(venue.read)
        venue.clock.move(0.2 * 2**number)

    signed = venue.clock.now().timestamp() * 1_000 + clock.signing_offset_ms()
    told = clock.now().timestamp() * 1_000

    assert clock.earliest_ms() <= venue.now_ms() + 2
    if told - clock.earliest_ms() <= clock.recv_window_ms() / 2:
        assert signed <= venue.now_ms() + 2
    else:  # nothing is sure: as far from being early as from being late
        assert told - signed == pytest.approx(clock.recv_window_ms() / 2, abs=2)


@pytest.mark.parametrize(("rate", "trip"), [(1.0, 0.001), (1.0, 0.3), (180.0, 0.002)])
async def test_start_at_a_venue_that_answers_soon_takes_two_samples(
    rate: float, trip: float
) -> None:
    venue = Venue(ManualClock(), rate)
    began = venue.clock.boottime()

    clock = await started(venue, [trip])

    assert clock.rate == rate
    assert venue.clock.boottime() - began == pytest.approx(3 * trip + 0.05)


# TR-61
@pytest.mark.parametrize("there", [0.0, 1.0])
async def test_start_over_a_road_that_stalls_goes_on_until_a_signature_holds(there: float) -> None:
    venue = Venue(ManualClock(), 600.0)
    venue.there = there

    clock = await started(venue, [0.0001, 0.05, 0.0001])
    venue.clock.move(0.2)

    late = venue.now_ms() - clock.signing_ms()
    assert 0 <= late <= clock.recv_window_ms()


async def test_venue_that_jumps_is_followed_at_once_and_measured_anew() -> None:
    venue = Venue(ManualClock(), 60.0)
    clock = await measured(venue, 0.2, 0.4, 0.8, 1.6, 3.2)
    venue.offset_ms, venue.rate = 86_400_000, 1.0

    assert await clock.sample(venue.read)
    venue.clock.move(0.2)
    assert not await clock.sample(venue.read)

    assert clock.rate == 1.0
    assert abs(clock.earliest_ms() - venue.now_ms()) <= 3


async def test_slow_answer_does_not_spoil_a_good_measurement() -> None:
    venue = Venue(ManualClock(), 60.0)
    clock = await measured(venue, 0.2, 0.4, 0.8, 1.6, 3.2)
    venue.trip, venue.there = 2.0, 1.0

    await clock.sample(venue.read)

    assert abs(clock.earliest_ms() - venue.now_ms()) <= 60 + 2


def test_real_time_of_a_signature_is_at_most_three_seconds() -> None:
    """I1: whatever the rate, recvWindow in venue time is no longer than 3 s of real time."""
    for rate in (1.0, 7.5, 20.0, 60.0, 600.0):
        clock = VenueClock(ManualClock())
        clock.rate = rate

        assert clock.recv_window_ms() <= min(3_000 * rate, 60_000)


async def test_lockstep_clock_stands_at_the_last_frame() -> None:
    hands = ManualClock()
    clock = VenueClock(hands, in_lockstep=True)

    clock.observe(BORN_MS)
    hands.move(3_600)

    assert clock.now() == datetime.fromtimestamp(BORN_MS / 1_000, UTC)
    assert clock.recv_window_ms() == 60_000
    assert clock.signing_offset_ms() == BORN_MS - round(hands.now().timestamp() * 1_000)


async def test_frames_do_not_move_a_running_clock() -> None:
    clock = VenueClock(ManualClock())
    clock.add(Sample(at=1_000.0, venue_ms=BORN_MS, half_trip=0.0))

    clock.observe(BORN_MS - 5_000)

    assert clock.now() == datetime.fromtimestamp(BORN_MS / 1_000, UTC)


async def test_step_of_the_hosts_clock_moves_no_signature() -> None:
    """TR-61: the wall clock is only what the library adds the offset to."""
    clock = SteppedClock()
    venue = Venue(clock, 1.0)
    measured = VenueClock(clock)
    await measured.sample(venue.read)

    before = clock.now().timestamp() * 1_000 + measured.signing_offset_ms()
    clock.step(-3_600)
    after = clock.now().timestamp() * 1_000 + measured.signing_offset_ms()

    assert abs(after - before) < 1
    assert measured.now().timestamp() * 1_000 == pytest.approx(venue.now_ms(), abs=2)


class SteppedClock(ManualClock):
    """A host whose wall clock somebody sets."""

    def __init__(self) -> None:
        super().__init__()
        self.stepped = timedelta()

    def now(self) -> datetime:
        return super().now() + self.stepped

    def step(self, seconds: float) -> None:
        self.stepped += timedelta(seconds=seconds)
