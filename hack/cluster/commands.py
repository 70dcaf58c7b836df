"""Running other programs: a log per step, progress while it lasts, and an end on Ctrl-C."""

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from hack.report import Report, StepFailed

__all__ = ["Answer", "Commands", "Job", "Stopped"]

_GRACE_SECONDS = 20.0


class Stopped(Exception):
    """The command was ended because the whole run ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a short command said."""

    code: int
    text: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command that takes its time and whose words go to a log."""

    command: Sequence[str]
    log: str
    """Name of the log; all commands of one name share it within a run."""
    fix: str
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to what every command gets."""
    stdin: Path | None = None
    seconds: float | None = None
    """Longest time it may take; None for no limit."""
    progress: Callable[[Path], str] | None = None
    """Tells from the log how far it is."""


@dataclass(slots=True, kw_only=True)
class Commands:
    """Runs commands, also in several threads, until `stop` ends them all."""

    logs: Path
    environment: Mapping[str, str]
    report: Report
    _running: set[subprocess.Popen[Any]] = field(default_factory=set)
    _begun: set[str] = field(default_factory=set)
    _is_stopping: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def log(self, name: str) -> Path:
        """Return the path of a log."""
        return self.logs / f"{name}.log"

    def note(self, name: str, text: str) -> Path:
        """Add a paragraph to a log, which begins anew with every run; returns its path."""
        path = self.log(name)
        with path.open("ab" if name in self._begun else "wb") as log:
            self._begun.add(name)
            log.write(text.encode() + b"\n")
        return path

    def run(self, job: Job) -> None:
        """Run a command to its end.

        Raises:
            StepFailed: it is not installed, failed or took too long.
            Stopped: `stop` was called.
        """
        path = self.note(job.log, f"$ {shlex.join(job.command)}")
        with path.open("ab") as log:
            process = self._start(job, log)
            try:
                code = self._wait(process, job, path)
            finally:
                self._forget(process)
        if self._is_stopping:
            raise Stopped
        if code != 0:
            raise StepFailed(
                f"`{' '.join(job.command[:3])}` ended with {code}", fix=job.fix, log=path
            )

    def ask(
        self,
        *command: str,
        stdin: str | None = None,
        seconds: float = 60,
        folder: Path | None = None,
    ) -> Answer:
        """Run a short command for its answer; a missing program answers 127, a slow one 124."""
        try:
            process = self._popen(
                command, cwd=folder, env=self.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        except FileNotFoundError:
            return Answer(code=127, text="", error=f"{command[0]} is not installed")
        try:
            text, error = process.communicate(stdin, seconds)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.communicate()
            return Answer(code=124, text="", error=f"no answer within {seconds:.0f} s")
        finally:
            self._forget(process)
        return Answer(code=process.returncode, text=text.strip(), error=error.strip())

    def need(self, *command: str, fix: str, stdin: str | None = None, seconds: float = 60) -> str:
        """Run a short command that has to succeed and return what it said.

        Raises:
            StepFailed: it did not succeed.
        """
        answer = self.ask(*command, stdin=stdin, seconds=seconds)
        if answer.code != 0:
            said = (answer.error or answer.text)[-600:]
            raise StepFailed(f"`{' '.join(command[:3])}`: {said}", fix=fix)
        return answer.text

    def stop(self) -> None:
        """End what runs, with everything that it started in turn; later jobs end at once."""
        with self._lock:
            self._is_stopping = True
            running = set(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + _GRACE_SECONDS
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
            _signal(process, signal.SIGKILL)

    def _start(self, job: Job, log: IO[bytes]) -> subprocess.Popen[Any]:
        stdin = job.stdin.open("rb") if job.stdin else None
        try:
            return self._popen(
                list(job.command), cwd=job.folder, env={**self.environment, **job.environment},
                stdin=stdin or subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        except FileNotFoundError:
            raise StepFailed(f"{job.command[0]} is not installed", fix=job.fix) from None
        finally:
            if stdin:
                stdin.close()

    def _popen(self, command: Sequence[str], **more: Any) -> subprocess.Popen[Any]:
        with self._lock:
            if self._is_stopping:
                raise Stopped
            process = subprocess.Popen(command, start_new_session=True, **more)
            self._running.add(process)
            return process

    def _forget(self, process: subprocess.Popen[Any]) -> None:
        # An interrupt comes while the process still runs: then `stop` has to find it.
        if process.poll() is not None:
            with self._lock:
                self._running.discard(process)

    def _wait(self, process: subprocess.Popen[Any], job: Job, log: Path) -> int:
        end = time.monotonic() + job.seconds if job.seconds else None
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(0.5)
            if end is not None and time.monotonic() > end:
                _signal(process, signal.SIGKILL)
                process.wait()
                raise StepFailed(
                    f"`{' '.join(job.command[:3])}` took longer than {job.seconds:.0f} s",
                    fix=job.fix,
                    log=log,
                )
            if job.progress is not None:
                self.report.progress(job.progress(log))


def _signal(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    # Each leads a session of its own, so this reaches its children too, and only them.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
