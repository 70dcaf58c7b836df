"""What people are told: changes alone, each reason once."""

import pytest

from botcore.resources.meta import Condition, ConditionStatus
from botcore.resources.status import TradingBotStatus
from botoperator.plan.changes import Change, Create, Delete, Patch
from botoperator.plan.notes import Note, of_change, transitions
from tests.unit.botoperator.builders import NOW, a_bot, children_of

SECRET, CONFIG_MAP, POD = children_of(a_bot())


def status(*conditions: tuple[str, str, str]) -> TradingBotStatus:
    return TradingBotStatus(
        conditions=tuple(
            Condition(
                type=kind, status=ConditionStatus(holds), reason=reason, message=f"{reason}!",
                last_transition_time=NOW,
            )
            for kind, holds, reason in conditions
        )
    )  # fmt: skip


def told(before: TradingBotStatus | None, after: TradingBotStatus) -> list[tuple[str, bool]]:
    return [(note.reason, note.is_warning) for note in transitions(before, after)]


@pytest.mark.parametrize(
    ("kind", "holds", "reason", "notes"),
    [
        ("Ready", "True", "Running", [("Running", False)]),
        ("Ready", "True", "Stopped", [("Stopped", False)]),
        ("Ready", "False", "Starting", []),
        ("Ready", "False", "Stopped", []),
        ("Ready", "False", "AccountInUse", [("AccountInUse", True)]),
        ("Ready", "False", "InvalidSpec", [("InvalidSpec", True)]),
        ("Ready", "Unknown", "HeartbeatStale", [("HeartbeatStale", True)]),
        ("CredentialsReady", "True", "KeyVerified", []),
        ("CredentialsReady", "False", "KeyRevoked", [("KeyRevoked", True)]),
        ("CredentialsReady", "False", "Verifying", []),
        ("CredentialsReady", "Unknown", "NotNeeded", []),
        ("Degraded", "True", "Fenced", [("Fenced", True)]),
        ("Degraded", "False", "AsExpected", []),
        ("Halted", "True", "RiskHalted", [("RiskHalted", True)]),
        ("Halted", "False", "NotHalted", []),
        ("UpToDate", "False", "WaitingUntilFlat", []),
        ("Unheard", "True", "Whatever", []),
    ],
)
def test_condition_is_told_if_it_matters(
    kind: str, holds: str, reason: str, notes: list[tuple[str, bool]]
) -> None:
    assert told(None, status((kind, holds, reason))) == notes


def test_what_stays_is_not_told_again() -> None:
    same = status(("Ready", "True", "Running"), ("Degraded", "True", "OwnerDisabled"))

    assert told(same, same) == []


def test_reason_of_two_conditions_is_told_once() -> None:
    both = status(("Ready", "False", "CrashLooping"), ("Degraded", "True", "CrashLooping"))

    assert told(status(("Ready", "True", "Running")), both) == [("CrashLooping", True)]


def test_cleared_halt_is_told() -> None:
    assert told(status(("Halted", "True", "BotHalted")), status(("Halted", "False", "NotHalted"))) == [
        ("HaltCleared", False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "has_pod", "reason"),
    [
        (Create(manifest=SECRET, reason="Missing"), False, None),
        (Create(manifest=SECRET, reason="Missing"), True, "Healed"),
        (Create(manifest=POD, reason="Missing"), False, "PodCreated"),
        (Patch(manifest=CONFIG_MAP, reason="DataChanged"), True, "Updated"),
        (Delete(manifest=POD, reason="PodTemplateChanged"), True, "PodEnded"),
        (Delete(manifest=SECRET, reason="Stopped"), True, None),
    ],
)
def test_write_is_told_by_its_pod_or_as_a_repair(
    change: Change,
    has_pod: bool,  # noqa: FBT001 a table of cases
    reason: str | None,
) -> None:
    note = of_change(change, has_pod=has_pod)

    assert (note.reason if note else None) == reason


def test_note_names_the_object_and_not_what_is_in_it() -> None:
    note = of_change(Patch(manifest=SECRET, reason="DataChanged"), has_pod=True)

    assert note == Note(
        reason="Updated", message="Secret tb-alice-creds is written anew: DataChanged"
    )
