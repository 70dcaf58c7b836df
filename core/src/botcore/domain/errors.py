"""The platform's errors, named by what the caller must do.

PlatformError
├── InvalidInput     fix the request; every problem names its field
├── NotAllowed       the same neutral text as NotFound where a stranger asks
├── NotFound
├── Conflict         someone was faster: reload, then decide again
├── LeaseLost        another process may hold this account: send nothing
├── Transient        try again later
│   └── QuotaExceeded  a limit somebody set is reached: wait until there is room, or have it raised
├── OutcomeUnknown   it may have happened: never repeat, settle by query
└── InvariantBroken  our own fault: stop the process, start-up recovers
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "Conflict",
    "InvalidInput",
    "InvariantBroken",
    "LeaseLost",
    "NotAllowed",
    "NotFound",
    "OutcomeUnknown",
    "PlatformError",
    "Problem",
    "QuotaExceeded",
    "Transient",
]


class PlatformError(Exception):
    """The base of every error this platform raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with an input: the path of the field and what to change."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class InvalidInput(PlatformError):
    """The request can't be taken as it is; nothing was changed."""

    def __init__(self, problems: Iterable[Problem], *, subject: str = "") -> None:
        """Collect the problems; `subject` names the object, as the API server does."""
        self.problems = tuple(problems)
        self.subject = subject
        text = "; ".join(str(problem) for problem in self.problems)
        super().__init__(f"{subject} is invalid: {text}" if subject else text)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInput":
        """Name a single problem."""
        return cls([Problem(field=field, message=message)])


class NotAllowed(PlatformError):
    """The caller may not do this; repeating it can't help."""


class NotFound(PlatformError):
    """There is no such thing for this caller."""


class Conflict(PlatformError):
    """Someone was faster: reload and decide again, nothing was changed."""


class LeaseLost(PlatformError):
    """This process does not hold its account's lease: nothing may be sent until it does (I1)."""


class Transient(PlatformError):
    """It did not work now and nothing was changed: try again after a pause."""

    def __init__(self, message: str, *, after_seconds: float = 1.0) -> None:
        """Say how long to wait, in seconds of real time."""
        self.after_seconds = after_seconds
        super().__init__(message)


class QuotaExceeded(Transient):
    """A limit that somebody set is reached: it works once there is room, or the limit is raised."""


class OutcomeUnknown(PlatformError):
    """It may or may not have happened: never send it again, settle it by query (I3)."""


class InvariantBroken(PlatformError):
    """A rule of our own does not hold: the process must stop, start-up recovers."""
