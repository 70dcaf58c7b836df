"""Real runner processes of the chaos run: forked, killed, frozen, and known by a handle that names nobody else."""

import json
import os
import select
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.lone_runner import LoneRunner

__all__ = ["ForkServer", "Pod", "fork_server"]


@dataclass(frozen=True, slots=True)
class ForkServer:
    """The process that has imported everything."""

    process: subprocess.Popen[str]

    def fork(self, environment: dict[str, str], log: Path) -> int:
        """Start a runner; returns its process id."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"environment": environment, "log": str(log)}) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def fork_server(folder: Path) -> Iterator[ForkServer]:
    """Run a fork server for the block; its processes end with it."""
    with (folder / "fork-server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.fork_server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", f"see {folder / 'fork-server.log'}"
        yield ForkServer(process)
    finally:
        with suppress(BrokenPipeError):
            process.communicate(timeout=15)


@dataclass(slots=True, kw_only=True)
class Pod:
    """One pod of a bot: a folder, a uid, and at most one living process."""

    runner: LoneRunner
    server: ForkServer
    handle: int = -1
    is_frozen: bool = False
    kills: int = field(default=0)

    def start(self) -> None:
        """Write its files and fork its process."""
        runner = self.runner
        runner.write()
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251 the runner's
            "KBOTS_RUNNER_CONFIG_DIR": str(runner.folder / "config"),
            "KBOTS_RUNNER_CREDENTIALS_DIR": str(runner.folder / "credentials"),
            "KBOTS_RUNNER_STATE_DIR": str(runner.folder / "state"),
            "KBOTS_RUNNER_TERMINATION_LOG": str(runner.folder / "termination-log"),
            "KBOTS_RUNNER_POD_UID": str(runner.pod_uid),
        }
        # The handle is opened before the fork server reaps anybody, so it can't be another's.
        self.handle = os.pidfd_open(self.server.fork(environment, runner.folder / "runner.log"))

    def kill(self, *, is_lost: bool = False) -> bool:
        """kill -9 and wait; `is_lost` makes its successor another pod. Tells whether it was alive."""
        was_alive = self.is_alive
        self.signal(signal.SIGKILL)
        self._wait(10)
        self.kills += 1
        if is_lost:
            self.runner.pod_uid = uuid.uuid4()
        return was_alive

    def stop(self) -> None:
        """End it in order."""
        self.thaw()
        self.signal(signal.SIGTERM)
        self._wait(20)

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)
        self.is_frozen = True

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)
        self.is_frozen = False

    def signal(self, number: signal.Signals) -> None:
        if self.handle >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, number)

    @property
    def is_alive(self) -> bool:
        return self.handle >= 0 and not select.select([self.handle], [], [], 0)[0]

    def apply(self, **spec: Any) -> None:
        """Change the specification, as the operator does."""
        self.runner.spec = self.runner.spec | spec
        self.runner.generation += 1
        self.runner.write()

    def _wait(self, seconds: float) -> None:
        if self.handle < 0:
            return
        assert select.select([self.handle], [], [], seconds)[0], f"{self.runner.folder} lives on"
        os.close(self.handle)
        self.handle, self.is_frozen = -1, False
