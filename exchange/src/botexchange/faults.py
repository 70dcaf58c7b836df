"""Faults that tests switch on: lost answers, delays, errors, dropped connections."""

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Fault", "FaultBoard", "FaultKind"]


class FaultKind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"
    """The request waits before it is executed."""
    ANSWER_LOST = "answerLost"
    """The request is executed, then the connection closes without an answer."""
    ERROR_5XX = "error5xx"
    """The request is not executed; the answer is 503."""
    TIMEOUT_1007 = "timeout1007"
    """The request is executed; the answer is -1007 with status 504."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault, for the next `count` requests of a path."""

    kind: FaultKind
    path: str
    count: int = 1
    method: str = ""
    milliseconds: int = 0


@dataclass(slots=True)
class FaultBoard:
    """The faults that are switched on."""

    faults: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Take the first fault that fits a request; each counts down to nothing."""
        for fault in self.faults:
            if fault.path == path and fault.method in {"", method}:
                fault.count -= 1
                if fault.count <= 0:
                    self.faults.remove(fault)
                return fault
        return None
