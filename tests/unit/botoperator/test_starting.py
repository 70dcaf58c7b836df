"""What a pod is seen to be doing: starting, or acting where it must not."""

from datetime import timedelta
from typing import Any

import pytest

from botoperator.plan.conditions import runs_twice
from botoperator.plan.observed import Lease, PodPhase
from botoperator.plan.status import starting_seconds
from tests.unit.botoperator.builders import NOW, a_bot, a_heartbeat, a_running_situation


def test_pod_that_acts_while_another_holds_the_lease_is_a_double_run() -> None:
    bot = a_bot()
    elsewhere = Lease(holder="another", epoch=4)

    twice = a_running_situation(bot, lease=elsewhere)

    assert runs_twice(twice)
    assert not runs_twice(a_running_situation(bot))
    assert not runs_twice(a_running_situation(bot, lease=None))
    fenced = a_heartbeat(state="Fenced")
    assert not runs_twice(a_running_situation(bot, lease=elsewhere, heartbeat=fenced))
    # A frozen process said this long ago; another may have taken over by now.
    frozen = a_heartbeat(age_seconds=30.0)
    assert not runs_twice(a_running_situation(bot, lease=elsewhere, heartbeat=frozen))


@pytest.mark.parametrize(
    ("pod", "seconds"),
    [
        ({"started_at": None}, 20.0),
        ({}, None),
        ({"started_at": None, "is_deleting": True}, None),
        ({"started_at": None, "phase": PodPhase.FAILED}, None),
        ({"started_at": None, "waiting_reason": "Unschedulable"}, None),
        ({"started_at": None, "waiting_reason": "ImagePullBackOff"}, None),
        ({"started_at": None, "waiting_reason": "ContainerCreating"}, 20.0),
    ],
)
def test_pod_is_starting_until_its_container_runs_or_nobody_starts_it(
    pod: dict[str, Any], seconds: float | None
) -> None:
    situation = a_running_situation(a_bot(), pod=pod)
    assert situation.children.pod is not None
    made = (NOW - timedelta(seconds=20)).isoformat()
    situation.children.pod.manifest.body["metadata"]["creationTimestamp"] = made

    assert starting_seconds(situation) == seconds
