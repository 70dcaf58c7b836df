"""Conditions: a map by type whose transition times move only when the status does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from botcore.resources.meta import Condition, ConditionStatus
from botcore.resources.status import ConditionType

__all__ = ["Observation", "find_condition", "set_condition"]

LONGEST_MESSAGE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a condition should say now; when it changed is worked out by `set_condition`."""

    type: ConditionType
    status: ConditionStatus
    reason: str
    message: str = ""
    observed_generation: int | None = None


def set_condition(
    conditions: Sequence[Condition], new: Observation, now: datetime
) -> tuple[Condition, ...]:
    """Answer the conditions with the new one in its place; equal if nothing changed (I6).

    The transition time is kept while the status stays; `now` is cut to whole seconds.
    """
    before = find_condition(conditions, new.type)
    same = before is not None and before.status is new.status
    condition = Condition(
        type=new.type.value,
        status=new.status,
        reason=new.reason,
        message=new.message[:LONGEST_MESSAGE],
        observed_generation=new.observed_generation,
        last_transition_time=(
            before.last_transition_time if before and same else now.replace(microsecond=0)
        ),
    )
    if before is None:
        return (*conditions, condition)
    return tuple(condition if one is before else one for one in conditions)


def find_condition(conditions: Iterable[Condition], kind: ConditionType) -> Condition | None:
    """Find the condition of a type."""
    return next((one for one in conditions if one.type == kind), None)
