"""I1, I2, I10: at no instant can two pods' orders be executed, whatever the lease, the venue and the processes do."""

import pytest

from botrunner.trading import lease
from tests.chaos.lease_model import stories, tell

_NAMED = {"TTL": 22, "STOP_AFTER": 31, "RECV_WINDOW": 15}


@pytest.mark.timeout(120)
def test_no_story_lets_two_pods_orders_be_executed_at_one_instant() -> None:
    # TR-50: during a partition, a freeze, a restart of Postgres and the succession of pods.
    takeovers = 0
    for story in stories():
        verdict = tell(story)
        assert verdict.counterexample() == "", story
        takeovers += verdict.takeovers()

    assert takeovers > 50  # the lease did pass from hand to hand


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("name", "value"), _NAMED.items())
def test_arithmetic_that_does_not_hold_has_a_counterexample(
    name: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, name, value)

    assert any(tell(story).counterexample() for story in stories())
