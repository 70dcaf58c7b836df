from dataclasses import replace
from datetime import UTC, datetime, timedelta

from botcore.resources.conditions import Observation, find_condition, set_condition
from botcore.resources.meta import ConditionStatus
from botcore.resources.status import ConditionType

NOW = datetime(2026, 3, 1, 12, 0, 0, 999, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
READY = Observation(
    type=ConditionType.READY,
    status=ConditionStatus.TRUE,
    reason="Running",
    observed_generation=1,
)
HALTED = Observation(type=ConditionType.HALTED, status=ConditionStatus.FALSE, reason="NotHalted")


def test_first_condition_is_added_in_whole_seconds():
    (condition,) = set_condition((), READY, NOW)

    assert condition.to_manifest() == {
        "type": "Ready",
        "status": "True",
        "reason": "Running",
        "message": "",
        "lastTransitionTime": "2026-03-01T12:00:00Z",
        "observedGeneration": 1,
    }


def test_same_observation_changes_nothing():
    before = set_condition(set_condition((), READY, NOW), HALTED, NOW)

    assert set_condition(before, READY, LATER) == before


def test_new_reason_keeps_the_transition_time():
    before = set_condition((), READY, NOW)

    (condition,) = set_condition(before, replace(READY, reason="Paused"), LATER)

    assert condition.reason == "Paused"
    assert condition.last_transition_time == before[0].last_transition_time


def test_new_status_moves_the_transition_time_and_keeps_the_place():
    before = set_condition(set_condition((), READY, NOW), HALTED, NOW)

    after = set_condition(before, replace(READY, status=ConditionStatus.FALSE), LATER)

    assert [one.type for one in after] == ["Ready", "Halted"]
    assert after[0].last_transition_time == LATER.replace(microsecond=0)
    assert after[1] == before[1]


def test_long_message_is_cut_to_what_the_api_server_takes():
    (condition,) = set_condition((), replace(READY, message="x" * 5000), NOW)

    assert len(condition.message) == 4096


def test_missing_condition_is_not_found():
    assert find_condition(set_condition((), READY, NOW), ConditionType.HALTED) is None
