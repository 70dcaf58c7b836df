"""Candle intervals."""

from datetime import timedelta

import pytest

from botcore.domain.market import Interval
from botcore.resources.trading_bot import CandleInterval


@pytest.mark.parametrize(
    ("interval", "length"),
    [
        (Interval.M1, timedelta(minutes=1)),
        (Interval.M15, timedelta(minutes=15)),
        (Interval.H1, timedelta(hours=1)),
        (Interval.H12, timedelta(hours=12)),
        (Interval.D1, timedelta(days=1)),
    ],
)
def test_interval_knows_its_length(interval: Interval, length: timedelta) -> None:
    assert interval.length == length


def test_intervals_divide_a_day_and_are_sorted_by_length() -> None:
    lengths = [interval.length for interval in Interval]

    assert lengths == sorted(lengths)
    assert all(timedelta(days=1) % length == timedelta(0) for length in lengths)


def test_every_interval_of_the_resource_can_be_traded() -> None:
    assert {one.value for one in CandleInterval} == {one.value for one in Interval}
