"""What a person sees of a start: one line per step with its time, and a failure that names log and fix."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Report", "StepFailed", "tail"]

_TAIL_BYTES = 16_384


class StepFailed(Exception):
    """A step did not get done: says why, where the log lies and what to do about it."""

    def __init__(self, why: str, *, fix: str, log: Path | None = None) -> None:
        """Keep the three parts apart; the report prints them."""
        super().__init__(why)
        self.why = why
        self.fix = fix
        self.log = log


def tail(log: Path, lines: int = 15) -> list[str]:
    """Return a log's last lines; none where there is no log yet."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            return stream.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


@dataclass(slots=True, kw_only=True)
class Report:
    """Prints the steps; `quiet` keeps tests silent."""

    quiet: bool = False
    already_seconds: float = 0.0
    _started: float = field(default_factory=time.monotonic)

    def say(self, text: str = "") -> None:
        """Print a line at once, also through a pipe."""
        if not self.quiet:
            print(text, flush=True)

    def elapsed(self) -> float:
        """Return the seconds since the command was given, the environment's set-up included."""
        return self.already_seconds + time.monotonic() - self._started

    def done(self, name: str, seconds: float) -> None:
        """Print one finished step."""
        self.say(f"  ✓ {name:<52} {seconds:6.1f} s")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block as one step; a failure is named with its log and its fix, and goes on upwards."""
        started = time.monotonic()
        try:
            yield
        except StepFailed as failure:
            self.say(f"  ✗ {name:<52} {time.monotonic() - started:6.1f} s")
            self.say(f"    {failure.why}")
            if failure.log is not None:
                self.say(f"    log: {failure.log}")
                for line in tail(failure.log):
                    self.say(f"    | {line}")
            self.say(f"    fix: {failure.fix}")
            raise
        self.done(name, time.monotonic() - started)
