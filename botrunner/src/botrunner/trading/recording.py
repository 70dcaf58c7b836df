"""What the flight recorder keeps: states no event led to, and every event with a digest of its commands.

`decide` is pure, so this is enough to make every decision again. One record is one line of JSON.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from botcore.domain.errors import InvalidInput
from botrunner.trading.codec import PACKAGES, from_text, to_text
from botrunner.trading.commands import Command
from botrunner.trading.events import Event, TimerFired
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step

__all__ = [
    "Checkpoint",
    "Happened",
    "Record",
    "digest_of",
    "is_quiet",
    "line_of",
    "record_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A state and the rules in force, from which a replay can start; `at` is real time (UTC).

    It `follows` when the events before it must lead to the same state; else no event led to it: a
    start, a recovery, a reload, or `dropped` events that could not be kept.
    """

    at: datetime
    state: BotState
    rules: Rules
    follows: bool = False
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event that was decided on at this real time (UTC), and the digest of what it led to."""

    at: datetime
    event: Event
    digest: str


Record = Checkpoint | Happened

_DIGEST_BYTES: Final = 8
_COMPARED_BY_PARTS: Final = (str, int, frozenset)


def digest_of(commands: tuple[Command, ...]) -> str:
    """Return a digest of commands in their order; none is an empty text. InvalidInput as the codec."""
    if not commands:
        return ""
    return hashlib.blake2b(to_text(commands).encode(), digest_size=_DIGEST_BYTES).hexdigest()


def line_of(record: Record) -> str:
    """Write one record. Raises InvalidInput as the codec does."""
    return to_text(record)


def record_of(line: str, packages: tuple[str, ...] = PACKAGES) -> Record:
    """Read one record. Raises InvalidInput as the codec does."""
    found = from_text(line, packages)
    if not isinstance(found, Checkpoint | Happened):
        raise InvalidInput.of("recording", "holds a line that is no record")
    return found


def is_quiet(event: Event, before: BotState, step: Step) -> bool:
    """Tell whether a timer led to nothing at all, so that a replay is the same without it."""
    return isinstance(event, TimerFired) and not step.commands and _is_same(before, step.state)


def _is_same(before: BotState, after: BotState) -> bool:
    return before is after or all(
        _holds_same(getattr(before, field.name), getattr(after, field.name))
        for field in fields(before)
    )


def _holds_same(before: object, after: object) -> bool:
    """Compare closer than `==`, which takes 1.0 for 1.00 and sees no order of keys."""
    if before is after:
        return True
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return list(before) == list(after) and all(
            before[key] is after[key] or _holds_same(before[key], after[key]) for key in before
        )
    return isinstance(before, _COMPARED_BY_PARTS) and before == after
