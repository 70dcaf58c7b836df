"""The probes: what they go by, and the health port, asked over HTTP."""

from dataclasses import replace

import aiohttp
import pytest

from botoperator.adapters.health_server import serve_health
from botoperator.adapters.metrics import OperatorMetrics
from botoperator.plan.health import Pulse, is_ready, problems
from botoperator.services.hearing import WatchHearing
from tests.support.postgres import free_port

WELL = Pulse(
    resync_seconds=300,
    lease_seconds=2.0,
    look_seconds=299.0,
    watch_seconds={"kbots-bots/pods": 69.0},
)


class Clock:
    """Seconds, as a test says."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_nothing_is_wrong_before_it_begins_and_it_is_not_ready() -> None:
    begun = Pulse(resync_seconds=300)

    assert problems(begun) == ()
    assert not is_ready(begun)


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (replace(WELL, lease_seconds=45.1), "no answer about the Lease for 45 s"),
        (replace(WELL, look_seconds=901.0), "the last full look at all bots is 901 s ago"),
        (
            replace(WELL, watch_seconds={"kbots-bots/pods": 211.0, "kbots-bots/secrets": 0.0}),
            "the watch of kbots-bots/pods has not worked for 211 s",
        ),
    ],
)
def test_what_was_missed_three_times_is_a_fault(late: Pulse, said: str) -> None:
    assert problems(WELL) == ()
    assert is_ready(WELL)
    assert problems(late) == (said,)
    assert not is_ready(late)


@pytest.mark.parametrize(
    "late",
    [
        replace(WELL, lease_seconds=45.0),
        replace(WELL, look_seconds=900.0),
        replace(WELL, watch_seconds={"kbots-bots/pods": 210.0}),
    ],
)
def test_what_may_still_come_is_none(late: Pulse) -> None:
    assert problems(late) == ()


def test_watch_that_is_refused_for_ever_is_told_beside_one_that_works() -> None:
    clock = Clock()
    hearing = WatchHearing(clock)
    hearing.expect(["a/tradingbots", "a/pods"])

    for _ in range(4):  # bookmarks of one alone
        clock.seconds += 60
        hearing.works("a/pods")
        hearing.works("b/pods")

    assert hearing.silences() == {"a/tradingbots": 240.0, "a/pods": 0.0}
    (said,) = problems(replace(WELL, watch_seconds=hearing.silences()))
    assert "a/tradingbots" in said
    hearing.works("a/tradingbots")
    assert problems(replace(WELL, watch_seconds=hearing.silences())) == ()


async def test_probes_follow_what_is_wrong_and_figures_are_served() -> None:
    seen = [Pulse(resync_seconds=300)]
    metrics, port = OperatorMetrics(), free_port()
    metrics.requested("watch", "pods", 429)

    async def ask(path: str) -> tuple[int, str]:
        async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, await answer.text()

    async with serve_health(port, lambda: seen[0], metrics), aiohttp.ClientSession() as session:
        before = await ask("/healthz"), await ask("/readyz")
        seen[0] = WELL
        well = await ask("/healthz"), await ask("/readyz")
        seen[0] = replace(WELL, lease_seconds=46.0)
        ill = await ask("/healthz"), await ask("/readyz")
        status, figures = await ask("/metrics")

    lost = "no answer about the Lease for 46 s"
    assert before == ((200, "ok"), (503, "starting"))
    assert well == ((200, "ok"), (200, "ok"))
    assert ill == ((503, lost), (503, lost))
    assert status == 200
    assert (
        'kbots_operator_api_requests_total{code="429",resource="pods",verb="watch"} 1.0' in figures
    )
