"""What is shed, when, and for how long (TR-52, TR-53, TR-54, TR-55)."""

import pytest

from botcore.domain.errors import Transient
from botrunner.adapters.rate_limits import Priority, RateLimits
from tests.unit.botrunner.adapters.clocks import ManualClock


def limits_at(used: int) -> tuple[RateLimits, ManualClock]:
    clock = ManualClock()
    limits = RateLimits(clock)
    limits.read({"X-MBX-USED-WEIGHT-1M": str(used)})
    return limits, clock


@pytest.mark.parametrize(
    ("used", "shed"),
    [
        (3_000, set()),
        (3_001, {Priority.DATA}),
        (4_201, {Priority.DATA, Priority.QUERY}),
        (5_401, {Priority.DATA, Priority.QUERY, Priority.ENTRY}),
        (6_500, {Priority.DATA, Priority.QUERY, Priority.ENTRY}),
    ],
)
def test_weight_sheds_by_priority_and_never_exits(used: int, shed: set[Priority]) -> None:
    limits, _ = limits_at(used)

    assert {one for one in Priority if limits.refusal(one) is not None} == shed


def test_shed_reading_says_to_wait_for_the_next_minute() -> None:
    limits, clock = limits_at(6_000)

    with pytest.raises(Transient) as refused:
        limits.admit(Priority.DATA)

    assert refused.value.after_seconds == 30  # the clock stands at half past
    clock.move(30)
    limits.admit(Priority.DATA)


def test_silence_holds_back_everything_until_it_is_over() -> None:
    limits, clock = limits_at(0)
    limits.block(7, only_orders=False)
    limits.block(3, only_orders=False)  # a shorter one does not shorten it

    clock.move(6.9)
    assert {limits.refusal(one) for one in Priority} == {"RateLimited"}
    with pytest.raises(Transient, match="RateLimited"):
        limits.admit(Priority.QUERY)

    clock.move(0.1)
    assert {limits.refusal(one) for one in Priority} == {None}


def test_too_many_orders_hold_back_orders_alone() -> None:
    limits, _ = limits_at(0)

    limits.block(10, only_orders=True)

    assert limits.refusal(Priority.EXIT, is_order=True) == "RateLimited"
    assert limits.refusal(Priority.EXIT) is None


@pytest.mark.parametrize(
    ("header", "near", "below"),
    [("X-MBX-ORDER-COUNT-10S", 40, 39), ("X-MBX-ORDER-COUNT-1D", 128_000, 127_999)],
)
def test_entries_stop_near_the_accounts_order_count_and_exits_go_on(
    header: str, near: int, below: int
) -> None:
    """TR-54: eighty per cent of 50 in ten seconds, or of 160,000 a day."""
    limits, clock = limits_at(0)

    limits.read({header: str(below)})
    assert limits.refusal(Priority.ENTRY, is_order=True) is None
    limits.read({header: str(near)})

    assert limits.refusal(Priority.ENTRY, is_order=True) == "OrderCountShed"
    assert limits.refusal(Priority.EXIT, is_order=True) is None
    assert limits.refusal(Priority.ENTRY) is None  # a reading is no order
    clock.move(86_400)
    assert limits.refusal(Priority.ENTRY, is_order=True) is None


def test_order_limits_are_those_the_venue_tells() -> None:
    limits, clock = limits_at(0)
    limits.order_limits = {"10S": 100}

    limits.read({"X-MBX-ORDER-COUNT-10S": "79"})
    assert limits.refusal(Priority.ENTRY, is_order=True) is None
    limits.read({"X-MBX-ORDER-COUNT-10S": "80"})
    assert limits.refusal(Priority.ENTRY, is_order=True) == "OrderCountShed"
    clock.move(10)  # the next window of ten seconds
    assert limits.refusal(Priority.ENTRY, is_order=True) is None


def test_silence_of_another_bot_counts_until_it_is_over_or_taken_back() -> None:
    limits, clock = limits_at(0)
    told: list[float] = []
    limits.on_silent_seconds = told.append

    limits.hush(30)
    assert limits.refusal(Priority.EXIT) == "RateLimited"
    limits.hush(0)
    assert limits.refusal(Priority.EXIT) is None
    limits.hush(2)
    clock.move(2)

    assert limits.refusal(Priority.EXIT) is None
    assert told == []  # what others said is not said again
    limits.block(5, only_orders=False)
    limits.hush(0)
    assert limits.refusal(Priority.EXIT) == "RateLimited"
    assert told == [5]


def test_answer_without_the_header_changes_nothing() -> None:
    limits, _ = limits_at(4_000)

    limits.read({})

    assert limits.used == 4_000
