"""The machine's clocks."""

import time
from datetime import UTC, timedelta

from botcore.runtime.clock import SystemClock


def test_wall_clock_is_aware_utc() -> None:
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert now.utcoffset() == timedelta(0)


def test_deadlines_run_on_the_clock_that_counts_suspension() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    seen = SystemClock().boottime()
    after = time.clock_gettime(time.CLOCK_BOOTTIME)

    assert before <= seen <= after  # I1
