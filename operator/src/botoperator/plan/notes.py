"""What people are told about a bot as it happens: few words, nothing secret, nothing twice."""

from collections.abc import Iterable
from dataclasses import dataclass

from botcore.resources.conditions import find_condition
from botcore.resources.meta import Condition, ConditionStatus
from botcore.resources.status import ConditionType, TradingBotStatus
from botoperator.plan.changes import Change, Create, Delete, Patch
from botoperator.plan.manifests import Kind

__all__ = ["Note", "begins_to_wait", "of_change", "transitions"]

# Reasons of Ready that come and go while a bot does as it is told.
PROGRESS = frozenset(
    {
        *(
            "PodPending",
            "StartQueued",
            "Starting",
            "Recovering",
            "Verifying",
            "Restarting",
            "Replacing",
        ),
        *("InputChanged", "SpecChanged", "ModeChanged", "AccountChanged", "OfAnotherBot"),
        *("Draining", "Terminating", "Stopping", "Stopped", "Deleted", "LeaseHeldElsewhere"),
        *("Running", "Paused", "Flat"),
    }
)


# Reasons of Ready that say that somebody else has the account.
WAITING = frozenset({"AccountInUse", "LeaseHeldElsewhere"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that happened; `reason` is one CamelCase word."""

    reason: str
    message: str
    is_warning: bool = False


def transitions(
    before: TradingBotStatus | None, after: TradingBotStatus | None
) -> tuple[Note, ...]:
    """Tell what changed between two statuses, each reason once."""
    old = (before.conditions if before else None) or ()
    new = (after.conditions if after else None) or ()
    found = (_note(find_condition(old, ConditionType(one.type)), one) for one in _known(new))
    return tuple({note.reason: note for note in found if note is not None}.values())


def begins_to_wait(before: TradingBotStatus | None, after: TradingBotStatus | None) -> bool:
    """Tell whether the bot waits from now on for an account that somebody else has."""
    return _ready_reason(after) in WAITING and _ready_reason(before) not in WAITING


def of_change(change: Change, *, has_pod: bool) -> Note | None:
    """Tell what is written to a child; what every start and every end writes is told by its pod."""
    kind, what = change.manifest.kind, f"{change.manifest.kind} {change.manifest.name}"
    match change:
        case Create() if kind is Kind.POD:
            return Note(reason="PodCreated", message=f"{what} is made")
        case Create() if has_pod:
            return Note(reason="Healed", message=f"{what} was missing and is made again")
        case Patch(reason=reason) if has_pod:
            return Note(reason="Updated", message=f"{what} is written anew: {reason}")
        case Delete(reason=reason) if kind is Kind.POD:
            return Note(reason="PodEnded", message=f"{what} is ended: {reason}")
        case _:
            return None


def _ready_reason(status: TradingBotStatus | None) -> str:
    found = find_condition((status.conditions if status else None) or (), ConditionType.READY)
    return found.reason if found else ""


def _known(conditions: Iterable[Condition]) -> Iterable[Condition]:
    return (one for one in conditions if one.type in set(ConditionType))


def _note(before: Condition | None, after: Condition) -> Note | None:
    if before is not None and (before.status, before.reason) == (after.status, after.reason):
        return None
    holds = after.status is ConditionStatus.TRUE
    match ConditionType(after.type):
        case ConditionType.READY if holds:
            return Note(reason=after.reason, message=after.message)
        case ConditionType.READY | ConditionType.CREDENTIALS_READY if (
            not holds and after.reason not in PROGRESS | {"NotNeeded"}
        ):
            return Note(reason=after.reason, message=after.message, is_warning=True)
        case ConditionType.DEGRADED | ConditionType.HALTED if holds:
            return Note(reason=after.reason, message=after.message, is_warning=True)
        case ConditionType.HALTED if before is not None:
            return Note(reason="HaltCleared", message="the halt was cleared")
        case _:
            return None
