"""Pods as a kubelet described them, in the words of the plan."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from botoperator.plan.observed import PodPhase, Termination
from botoperator.plan.pod_state import observe_pod

PODS = json.loads((Path(__file__).with_name("golden") / "pods.json").read_text())


def container(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A pod whose container is in this state."""
    status = {"phase": "Running", "containerStatuses": [{"state": state, **more}]}
    return {"metadata": {"name": "tb-alice", "namespace": "n", "uid": "u"}, "status": status}


def test_running_pod_tells_since_when() -> None:
    pod = observe_pod(PODS["running"])

    assert pod.phase is PodPhase.RUNNING
    assert pod.started_at == datetime(2026, 11, 23, 6, 21, 21, tzinfo=UTC)
    assert (pod.restarts, pod.waiting_reason, pod.termination) == (0, "", None)
    assert not pod.is_deleting
    assert pod.uid == pod.manifest.uid


def test_crashed_container_waits_and_tells_how_it_ended() -> None:
    pod = observe_pod(PODS["crashing"])

    assert not pod.is_finished
    assert pod.waiting_reason == "CrashLoopBackOff"
    assert pod.restarts == 2
    assert pod.termination == Termination(exit_code=3)


def test_report_of_a_completed_container_is_read() -> None:
    pod = observe_pod(PODS["completed"])

    assert pod.phase is PodPhase.SUCCEEDED
    assert pod.termination == Termination(
        exit_code=0,
        reason="KeyRejected",
        message="the exchange refused the key",
        report={"reason": "KeyRejected", "message": "the exchange refused the key"},
    )


def test_failed_pod_is_finished_and_waits_for_nothing() -> None:
    pod = observe_pod(PODS["failed"])

    assert pod.is_finished
    assert (pod.waiting_reason, pod.termination) == ("", Termination(exit_code=2))


def test_pod_no_node_takes_says_why() -> None:
    pod = observe_pod(PODS["unschedulable"])

    assert (pod.phase, pod.started_at) == (PodPhase.PENDING, None)
    assert pod.waiting_reason == "Unschedulable"
    assert "0/1 nodes are available" in pod.waiting_message


def test_pod_without_its_image_says_so() -> None:
    pod = observe_pod(PODS["image"])

    assert pod.waiting_reason == "ErrImageNeverPull"
    assert "kbots/none:none" in pod.waiting_message


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_image_that_can_not_be_pulled_reads_the_same_all_the_time(reason: str) -> None:
    waiting = {"waiting": {"reason": reason, "message": f"{reason} for the 7th time"}}

    pod = observe_pod(container(waiting, image="registry/x:1"))

    assert (pod.waiting_reason, pod.waiting_message) == (
        "ImagePullBackOff",
        "the image registry/x:1 can't be pulled",
    )


def test_ending_pod_is_seen_as_ending() -> None:
    assert observe_pod(PODS["ending"]).is_deleting


def test_killed_for_its_memory_is_said_where_the_container_could_not() -> None:
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}

    pod = observe_pod(container({"running": {"startedAt": "2026-01-01T00:00:00Z"}}, lastState=last))

    assert pod.termination == Termination(exit_code=137, message="OOMKilled")


@pytest.mark.parametrize("text", ["", "no json", "[1]", '{"reason": "Cut'])
def test_report_that_is_none_is_left_out(text: str) -> None:
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "message": text}}

    assert observe_pod(container(ended)).termination == Termination(exit_code=0)


def test_pod_of_a_silent_node_is_not_taken_for_ended() -> None:
    pod = observe_pod({**container({}), "status": {"phase": "Unknown"}})

    assert not pod.is_finished


def test_pod_that_was_just_made_has_no_status_yet() -> None:
    pod = observe_pod({"metadata": {"name": "tb-alice", "namespace": "n", "uid": "u"}})

    assert (pod.phase, pod.waiting_reason) == (PodPhase.PENDING, "")
