"""Faults that tests switch on: lost answers, delays, errors, spoilt frames.

Those that act once (dropped connections, a halted symbol) are actions of the control port and
never stand here.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

__all__ = ["FRAME_FAULTS", "Fault", "FaultBoard", "FaultKind"]


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
    TOO_MANY_REQUESTS = "tooManyRequests"
    """The request is not executed; the answer is 429 with `Retry-After`."""
    BANNED = "banned"
    """The request is not executed; the answer is 418 with `Retry-After`."""
    WAF_403 = "waf403"
    """The request is not executed; the answer is 403 with a page of HTML."""
    EVENT_FIRST = "eventFirst"
    """The request is executed; its answer comes some ms after the user events."""
    EVENT_LATE = "eventLate"
    """The request is executed; its user events come some ms after the answer."""
    NOT_FOUND = "notFound"
    """A query of an order placed less than some ms ago says that there is none."""
    DUPLICATE = "duplicate"
    """A frame of a market stream comes twice."""
    REORDER = "reorder"
    """A frame of a market stream comes after its successor."""


FRAME_FAULTS: Final = frozenset({FaultKind.DUPLICATE, FaultKind.REORDER})


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault, for the next `count` requests of a path or frames of a stream; 0 = until cleared.

    `path` is a path, a WebSocket method, a stream or how its name ends; "*" is any.
    """

    kind: FaultKind
    path: str
    count: int = 1
    method: str = ""
    milliseconds: int = 0
    retry_seconds: int = 1

    @property
    def is_duplicate(self) -> bool:
        """Tell the two faults of frames apart."""
        return self.kind is FaultKind.DUPLICATE


@dataclass(slots=True)
class FaultBoard:
    """The faults that are switched on."""

    faults: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Take the first fault that fits a request, but for `notFound`."""
        if not self.faults:
            return None
        for fault in self.faults:
            if fault.kind in FRAME_FAULTS or fault.kind is FaultKind.NOT_FOUND:
                continue
            if fault.path in {path, "*"} and fault.method in {"", method}:
                return self.use(fault)
        return None

    def take_frame(self, stream: str) -> Fault | None:
        """Take the first fault that fits a frame of a stream."""
        for fault in self.faults:
            if fault.kind in FRAME_FAULTS and (fault.path == "*" or stream.endswith(fault.path)):
                return self.use(fault)
        return None

    def not_found(self, path: str) -> Fault | None:
        """Find the fault that hides young orders; `use` it when it did."""
        for fault in self.faults:
            if fault.kind is FaultKind.NOT_FOUND and fault.path in {path, "*"}:
                return fault
        return None

    def use(self, fault: Fault) -> Fault:
        """Count a fault down; one without a count stays."""
        if fault.count:
            fault.count -= 1
            if not fault.count and fault in self.faults:
                self.faults.remove(fault)
        return fault
