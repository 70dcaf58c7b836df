"""How a replay is told: to people as text, to programs as one JSON document."""

import json
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from botrunner.commands.replay_text import text_of
from botrunner.trading.codec import encode
from botrunner.trading.events import CandleClosed
from botrunner.trading.recording import Checkpoint, Happened
from botrunner.trading.replaying import Replayed

__all__ = ["JsonReport", "Report", "Span", "TextReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which bot and which real time (UTC) is to be shown; differences before it are shown too."""

    bot: str
    bot_uid: UUID
    start: datetime
    end: datetime


class Report(ABC):
    """Counts, and tells what lies in the span or differs."""

    def __init__(self, span: Span) -> None:
        """Start at nothing."""
        self.span = span
        self.events = 0
        self.shown = 0
        self.differences = 0
        self.gaps = 0

    def take(self, run: UUID, replayed: Replayed) -> None:
        """Take one record that was decided again."""
        self.events += isinstance(replayed.record, Happened)
        self.differences += not replayed.agrees
        if replayed.record.at >= self.span.start or not replayed.agrees:
            self.shown += 1
            self._tell(run, replayed)

    def lost(self, at: datetime) -> None:
        """Records are missing before this time; the next checkpoint goes on."""
        self.gaps += 1
        self._tell_lost(at)

    @abstractmethod
    def end(self) -> None:
        """Tell the sum."""

    @abstractmethod
    def _tell(self, run: UUID, replayed: Replayed) -> None: ...

    @abstractmethod
    def _tell_lost(self, at: datetime) -> None: ...


class TextReport(Report):
    """Lines for people: what came in, what was decided on it, and whether it still is."""

    def __init__(self, span: Span) -> None:
        """Write the head."""
        super().__init__(span)
        self._history = 0
        _say(f"{span.bot}, {span.start:%F %T} to {span.end:%F %T} UTC")

    def end(self) -> None:
        """Tell the sum."""
        self._tell_history()
        gaps = f", {self.gaps} gaps" if self.gaps else ""
        _say(
            f"{self.events} events decided again, {self.shown} records shown,"
            f" {self.differences} differences{gaps}"
        )

    def _tell(self, _run: UUID, replayed: Replayed) -> None:
        if _is_plain_history(replayed):
            self._history += 1
            return
        self._tell_history()
        record = replayed.record
        _say(f"{record.at:%T}.{record.at.microsecond // 1000:03}  {_headline(replayed)}")
        for command in replayed.commands:
            _say(f"{'':14}-> {text_of(command)}")
        if not replayed.agrees and isinstance(record, Happened):
            recorded, now = record.digest or "no commands", replayed.digest or "no commands"
            _say(f"{'':14}DIFFERS: recorded {recorded}, decided now {now}")

    def _tell_lost(self, at: datetime) -> None:
        self._tell_history()
        _say(f"{at:%T}      records are missing here; the next checkpoint goes on")

    def _tell_history(self) -> None:
        if self._history:
            _say(f"{'':14}{self._history} candles of history fed to the strategies")
        self._history = 0


class JsonReport(Report):
    """One document; events and commands as the recorder writes them."""

    def __init__(self, span: Span) -> None:
        """Collect."""
        super().__init__(span)
        self._records: list[dict[str, Any]] = []

    def end(self) -> None:
        """Write the document."""
        document = {
            "bot": self.span.bot,
            "botUid": str(self.span.bot_uid),
            "from": self.span.start.isoformat(),
            "until": self.span.end.isoformat(),
            "records": self._records,
            "eventsReplayed": self.events,
            "differences": self.differences,
            "gaps": self.gaps,
        }
        _say(json.dumps(document, indent=1))

    def _tell(self, run: UUID, replayed: Replayed) -> None:
        record = replayed.record
        told: dict[str, Any] = {
            "at": record.at.isoformat(),
            "run": str(run),
            "agrees": replayed.agrees,
        }
        if isinstance(record, Checkpoint):
            told |= {"checkpoint": True, "dropped": record.dropped}
        else:
            told |= {
                "event": encode(record.event),
                "commands": encode(replayed.commands),
                "recordedDigest": record.digest,
                "digest": replayed.digest,
            }
        self._records.append(told)

    def _tell_lost(self, at: datetime) -> None:
        self._records.append({"at": at.isoformat(), "gap": True})


def _headline(replayed: Replayed) -> str:
    record = replayed.record
    if isinstance(record, Happened):
        return text_of(record.event)
    if not replayed.agrees:
        return "DIFFERS: the events before led to another state than was recorded here"
    lost = f", {record.dropped} records before it were not kept" if record.dropped else ""
    why = "checkpoint" if record.follows else "begins anew"
    return f"{why}: epoch {record.state.epoch}, generation {record.rules.generation}{lost}"


def _is_plain_history(replayed: Replayed) -> bool:
    record = replayed.record
    return (
        replayed.agrees
        and not replayed.commands
        and isinstance(record, Happened)
        and isinstance(record.event, CandleClosed)
        and record.event.is_history
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
