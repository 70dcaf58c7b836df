"""The exchange as it ships, in a process of its own on one processor, and what that process costs."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["Exchange", "load", "pin", "resident_megabytes", "running"]

_SERVER_CORE: Final = 0
_LOAD_CORE: Final = 1
_START_SECONDS: Final = 30
_MAIN: Final = "import sys; from botexchange.main import main; sys.exit(main())"
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A running exchange or relay."""

    process: subprocess.Popen[str]
    port: int
    admin_port: int

    def admin(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the control port; a body is posted."""
        url = f"http://127.0.0.1:{self.admin_port}/admin/v1/{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 own server
            found: dict[str, Any] = json.load(answer)
            return found

    def public(self, path: str) -> Any:
        """Read from the public port."""
        url = f"http://127.0.0.1:{self.port}/api/v3/{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)

    def cpu_seconds(self) -> float:
        """Give the processor time that the process has used."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def resident_megabytes(self) -> float:
        """Give the memory that the process holds."""
        return resident_megabytes(self.process.pid)


def resident_megabytes(pid: int) -> float:
    """Give the memory that a process holds, shared pages included."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1_024


@contextmanager
def running(role: str, log: Path, *options: str) -> Iterator[Exchange]:
    """Run a role for the block, on free ports.

    Raises:
        RuntimeError: it did not start; the message names the log.
    """
    command = [sys.executable, "-c", _MAIN, role, "--port=0", "--admin-port=0", *options]
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stderr=stream, text=True)
    pin(process.pid, _SERVER_CORE)
    try:
        ready = _wait_ready(process, log)
        yield Exchange(process=process, port=ready["port"], admin_port=ready["admin_port"])
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def load(module: str, plan: dict[str, Any]) -> dict[str, Any]:
    """Run a load generator as a process of its own on another processor; give what it measured."""
    command = [sys.executable, "-m", f"hack.bench.{module}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pin(process.pid, _LOAD_CORE)
    answer, _ = process.communicate(json.dumps(plan))
    if process.returncode:
        raise RuntimeError(f"{module} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(answer)
    return found


def pin(pid: int, core: int) -> None:
    """Keep a process on one processor, where there is more than one and the system can."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(pid, {core})


def _wait_ready(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if '_ready"' in line:
                found: dict[str, Any] = json.loads(line)
                return found
        time.sleep(0.05)
    raise RuntimeError(f"no start: {log.read_text(encoding='utf-8')[-2_000:]}")
