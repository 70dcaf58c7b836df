"""One rule of the CRD: where it shows, what it says, and when it holds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botcore.domain.errors import Problem

__all__ = ["Reason", "Rule", "positive"]


class Reason(StrEnum):
    """How the API server introduces a broken rule; an invalid value by its type."""

    REQUIRED = "Required value"
    FORBIDDEN = "Forbidden"
    OBJECT = 'Invalid value: "object"'
    STRING = 'Invalid value: "string"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the CRD: where it shows, what it says, and when it holds."""

    field: str = ""
    reason: Reason = Reason.OBJECT
    message: str
    holds: Callable[[Any], bool]

    def problem_at(self, place: str) -> Problem:
        """Write the problem as the API server does."""
        path = f"{place}.{self.field}" if self.field else place
        return Problem(field=path, message=f"{self.reason}: {self.message}")


def positive(field: str, attribute: str) -> Rule:
    """Require a number, where it is given, to be greater than zero."""

    def holds(subject: object) -> bool:
        value = getattr(subject, attribute)
        return value is None or bool(value > 0)

    return Rule(field=field, reason=Reason.STRING, message="must be greater than zero", holds=holds)
