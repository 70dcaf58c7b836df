"""The process manager: supervisord as our child, told over its unix socket what to start and stop.

It restarts what dies, keeps the logs and, when it is ended itself, stops the programs in reverse order.
"""

import hashlib
import http.client
import os
import shlex
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from hack.report import StepFailed

__all__ = ["MARK", "Program", "Supervisor"]

MARK = "KBOTS_STANDALONE_DATA"
"""Names the data folder in the environment of everything that was started for it."""
_GONE = (OSError, http.client.HTTPException)
_QUIET = "nodaemon=true\nsilent=true\numask=077\n"
_INTERFACE = (
    "[rpcinterface:supervisor]\n"
    "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
)
_FAILED_STATES = {"BACKOFF", "FATAL", "EXITED", "UNKNOWN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program to be kept running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 15

    def section(self, logs: Path, priority: int) -> str:
        """Return its part of the configuration file."""
        environment = ",".join(f'{key}="{value}"' for key, value in self.environment.items())
        lines = {
            "command": shlex.join(self.command),
            "environment": environment,
            "directory": "/",
            "priority": str(priority),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "5",
            "stopsignal": self.stop_signal,
            "stopwaitsecs": str(self.stop_seconds),
            "redirect_stderr": "true",
            "stdout_logfile": str(logs / f"{self.name}.log"),
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": "1",
        }
        if self.user is not None:
            lines["user"] = self.user
        body = "\n".join(f"{key}={value.replace('%', '%%')}" for key, value in lines.items())
        return f"[program:{self.name}]\n{body}\n"


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """supervisord of one data folder; `programs` in the order of their start."""

    folder: Path
    programs: tuple[Program, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Return supervisord's own log."""
        return self.folder / "logs" / "supervisord.log"

    def launch(self, environment: Mapping[str, str]) -> None:
        """Start supervisord with this whole environment, detached from the terminal's signals.

        Raises:
            StepFailed: it did not answer within 15 s.
        """
        config = self.folder / "supervisord.conf"
        config.write_text(self._config(), encoding="utf-8")
        config.chmod(0o600)
        with self.log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
                env={**environment, MARK: str(self.folder)},
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 15
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise StepFailed(
                    "the process manager did not start", fix="read its log", log=self.log
                )
            time.sleep(0.05)

    def answers(self) -> bool:
        """Tell whether a supervisord of this folder is there, ours or an earlier one's."""
        try:
            self._call("getState")
        except _GONE:
            return False
        except xmlrpc.client.Fault:
            return True  # it is there, and shutting down
        return True

    def start(self, program: Program, is_ready: Callable[[], bool], *, seconds: float = 30) -> None:
        """Start one program and wait until it is ready.

        Raises:
            StepFailed: it ended or was not ready in time.
        """
        log = self.folder / "logs" / f"{program.name}.log"
        self._call("startProcess", program.name, False)  # noqa: FBT003 supervisor's own call
        first, end = 0, time.monotonic() + seconds
        while True:
            state, pid = self.state(program.name)
            first = first or pid
            if state in _FAILED_STATES or (pid and pid != first):
                raise StepFailed(
                    f"{program.name} ended while starting", fix="read its log", log=log
                )
            if pid and is_ready():
                return
            if time.monotonic() > end:
                raise StepFailed(
                    f"{program.name} was not ready within {seconds:.0f} s",
                    fix="read its log",
                    log=log,
                )
            time.sleep(0.05)

    def state(self, name: str) -> tuple[str, int]:
        """Return a program's state in supervisor's words and its process id, 0 where none runs."""
        found = self._call("getProcessInfo", name)
        return str(found["statename"]), int(found["pid"])

    def running(self) -> list[str]:
        """Return the names of the programs with a process, in the order of their start."""
        return [
            found["name"]
            for found in sorted(self._call("getAllProcessInfo"), key=lambda found: found["start"])
            if found["pid"]
        ]

    def stop(self, name: str) -> None:
        """Stop one program and wait until it is gone."""
        self._call("stopProcess", name)

    def shut_down(self) -> None:
        """End supervisord, which stops what still runs in reverse order; waits until it is gone."""
        with suppress(*_GONE, xmlrpc.client.Fault):
            self._call("shutdown")
        if self._process is not None:
            self._process.wait(90)
            return
        end = time.monotonic() + 90
        while self.answers() and time.monotonic() < end:
            time.sleep(0.1)

    def is_alive(self) -> bool:
        """Tell whether the supervisord that was launched still runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def _socket(self) -> str:
        # A unix socket's path holds 107 bytes; a deep data folder has its socket elsewhere.
        near = str(self.folder / "supervisor.sock")
        if len(near.encode()) <= 100:
            return near
        digest = hashlib.sha256(near.encode()).hexdigest()[:16]
        return f"{tempfile.gettempdir()}/kbots-{digest}.sock"

    def _call(self, method: str, *values: object) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*values)

    def _config(self) -> str:
        # Named for root, who is warned otherwise; Postgres alone changes its user.
        user = "user=root\n" if os.geteuid() == 0 else ""
        sections = [
            f"[unix_http_server]\nfile={self._socket}\nchmod=0700\n",
            f"[supervisord]\nlogfile={self.log}\npidfile={self.folder / 'supervisord.pid'}\n{user}{_QUIET}",
            _INTERFACE,
        ]
        sections += [
            program.section(self.folder / "logs", 100 * (place + 1))
            for place, program in enumerate(self.programs)
        ]
        return "\n".join(sections)
