"""The clock that codes are judged by is compared with the database's (SEC-32)."""

from datetime import timedelta

import httpx
import pytest

from botcore.ledger.connect import open_pool
from botcore.runtime.clock import SystemClock
from botdashboard.adapters.gate import LedgerGate
from botdashboard.services.clock_watch import ClockWatch

pytestmark = pytest.mark.postgres


class ShiftedClock(SystemClock):
    """The machine's clock, as if it had been set wrong."""

    def __init__(self, seconds):
        self._shift = timedelta(seconds=seconds)

    def now(self):
        return super().now() + self._shift


@pytest.mark.parametrize(
    ("seconds", "is_off"), [(0, False), (3, False), (-3, False), (9, True), (-3600, True)]
)
async def test_clock_that_is_more_than_five_seconds_off_is_told(database, seconds, is_off):
    async with open_pool(database.address("kbots_dashboard")) as pool:
        watch = ClockWatch(LedgerGate(pool), ShiftedClock(seconds))

        await watch.look()

    assert watch.is_off is is_off
    assert abs(watch.skew - seconds) < 2


def test_probe_tells_how_the_clock_is(dashboard):
    answer = httpx.get(f"{dashboard.url}/readyz", timeout=5)

    assert answer.json() == {"status": "ok", "clock": "ok"}
