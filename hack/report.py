"""What a person sees of a start: one line per step with its time, and a failure that names log and fix."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Report", "StepFailed", "tail"]

_TAIL_BYTES = 16_384
_SPARSE_SECONDS = 30.0
_CLEAR_LINE = "\r\x1b[K"


class StepFailed(Exception):
    """A step did not get done: says why, where the log lies and what to do about it."""

    def __init__(self, why: str, *, fix: str, log: Path | None = None) -> None:
        """Keep the three parts apart; the report prints them."""
        super().__init__(why)
        self.why = why
        self.fix = fix
        self.log = log
        self.is_told = False


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
    """Prints the steps; `quiet` keeps tests silent. Steps may run in several threads."""

    quiet: bool = False
    already_seconds: float = 0.0
    _started: float = field(default_factory=time.monotonic)
    _progress_at: float = field(default_factory=time.monotonic)
    _is_line_open: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def say(self, text: str = "") -> None:
        """Print a line at once, also through a pipe."""
        if self.quiet:
            return
        with self._lock:
            print(f"{_CLEAR_LINE if self._is_line_open else ''}{text}", flush=True)
            self._is_line_open = False
            self._progress_at = time.monotonic()

    def progress(self, text: str) -> None:
        """Show how far a long step is: in place on a terminal, elsewhere a line every half minute of silence."""
        if self.quiet:
            return
        with self._lock:
            if sys.stdout.isatty():
                print(f"{_CLEAR_LINE}  … {text[:100]}", end="", flush=True)
                self._is_line_open = True
            elif time.monotonic() - self._progress_at >= _SPARSE_SECONDS:
                self.say(f"  … {text}")

    def elapsed(self) -> float:
        """Return the seconds since the command was given, the environment's set-up included."""
        return self.already_seconds + time.monotonic() - self._started

    def done(self, name: str, seconds: float) -> None:
        """Print one finished step."""
        self.say(f"  ✓ {name:<52} {seconds:6.1f} s")

    def failed(self, failure: StepFailed) -> None:
        """Print what went wrong, the log's last lines and the fix; what has been told is not told again."""
        if failure.is_told:
            return
        failure.is_told = True
        with self._lock:
            self.say(f"    {failure.why}")
            if failure.log is not None:
                self.say(f"    log: {failure.log}")
                for line in tail(failure.log):
                    self.say(f"    | {line}")
            self.say(f"    fix: {failure.fix}")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block as one step; a failure is named with its log and its fix, and goes on upwards."""
        started = time.monotonic()
        try:
            yield
        except StepFailed as failure:
            with self._lock:
                self.say(f"  ✗ {name:<52} {time.monotonic() - started:6.1f} s")
                self.failed(failure)
            raise
        self.done(name, time.monotonic() - started)
