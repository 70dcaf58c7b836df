"""Makes recorded decisions again and compares them with what was decided then."""

from dataclasses import dataclass

from botrunner.trading.codec import to_text
from botrunner.trading.commands import Command
from botrunner.trading.decide import decide
from botrunner.trading.recording import Checkpoint, Record, digest_of
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["Replayed", "Replayer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One record, what `decide` says of it now, and whether that is what it said then."""

    record: Record
    commands: tuple[Command, ...] = ()
    digest: str = ""
    agrees: bool = True


class Replayer:
    """Takes the records of one run in their order."""

    def __init__(self) -> None:
        """Wait for a checkpoint to start from."""
        self._now: tuple[BotState, Rules] | None = None

    def lose(self) -> None:
        """Records are missing here: wait for the next checkpoint."""
        self._now = None

    def take(self, record: Record) -> Replayed | None:
        """Decide again; None before the first checkpoint, where nothing is known to decide from."""
        if isinstance(record, Checkpoint):
            then = record.state, record.rules
            agrees = self._now is None or not record.follows or to_text(self._now) == to_text(then)
            self._now = then
            return Replayed(record=record, agrees=agrees)
        if self._now is None:
            return None
        state, rules = self._now
        step = decide(state, record.event, rules)
        self._now = step.state, rules
        digest = digest_of(step.commands)
        return Replayed(
            record=record, commands=step.commands, digest=digest, agrees=digest == record.digest
        )
