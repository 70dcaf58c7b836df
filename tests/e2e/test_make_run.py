"""`make run`: from nothing to a trade, on again, after a kill, and out of trouble."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import is_free, open_installation
from hack.standalone.leftovers import stop_leftovers
from hack.standalone.supervision import MARK
from tests.support.sources import ROOT
from tests.support.waiting import wait_until

pytestmark = pytest.mark.standalone
READY = "Ctrl-C stops everything in order."


@dataclass(slots=True)
class Run:
    """One `up` with what it has printed so far."""

    folder: Path
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] = field(init=False)
    reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", "hack.standalone", "up", "--data", str(self.folder)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip())

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, words: str, seconds: float) -> None:
        wait_until(
            lambda: words in self.text or self.process.poll() is not None, words, seconds=seconds
        )
        assert words in self.text, self.text

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.code(60)

    def code(self, seconds: float) -> int:
        """Wait for the end and return the exit code; everything printed has been read by then."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            logs = sorted((self.folder / "logs").glob("*.log"))
            tails = (f"{log.name}:\n{log.read_text()[-1_500:]}" for log in logs)
            pytest.fail("\n".join(["does not end", self.text, *tails]))
        self.reader.join(10)
        return code


def started_here(folder: Path) -> list[str]:
    """Return the commands of every process that carries the folder's mark."""
    mark, found = f"{MARK}={folder}".encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().decode())
    return found


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One data folder that the tests of this file use one after the other."""
    made = Path(tempfile.mkdtemp(prefix="kbots-run-"))
    yield made
    stop_leftovers(made)
    EmbeddedPostgres(folder=made / "postgres", port=0).remove()
    shutil.rmtree(made)


def fills(run: Run) -> list[str]:
    return re.findall(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:BUY|SELL) \S+ \S+ at \S+ \(\S+\)", run.text
    )


@pytest.mark.timeout(200)
def test_first_run_trades_and_ctrl_c_stops_everything_in_order(folder: Path) -> None:
    run = Run(folder)
    run.wait_for(READY, 110)

    assert "✓ first fill" in run.text
    assert len(fills(run)) == 1
    assert re.search(r"dashboard +http://127\.0\.0\.1:\d+", run.text)
    assert re.search(r"first admin +http://127\.0\.0\.1:\d+/setup/\S{20,}", run.text)
    assert run.text.count(".venv/bin/kbots") == 3
    assert run.end(signal.SIGINT) == 0
    stopped = re.findall(r"✓ (.+) stopped", run.text)
    assert stopped == ["dashboard", "operator", "paper exchange", "Postgres"]
    assert started_here(folder) == []
    assert all(
        is_free(port) for port in open_installation(folder, market="synthetic").ports.values()
    )


@pytest.mark.timeout(120)
def test_second_run_goes_on_where_it_was_and_a_third_cleans_up_after_a_kill(folder: Path) -> None:
    second = Run(folder)
    second.wait_for(READY, 40)
    assert "✓ next fill" in second.text

    refused = Run(folder)
    assert refused.code(20) == 1
    assert f"process {second.process.pid} already runs kbots" in refused.text

    second.end(signal.SIGKILL)
    assert started_here(folder) != []
    third = Run(folder)
    third.wait_for(READY, 60)
    assert "an earlier run had been killed" in third.text
    assert third.end(signal.SIGTERM) == 0
    assert started_here(folder) == []


def test_busy_port_is_named(folder: Path) -> None:
    port = open_installation(folder, market="synthetic").ports["dashboard"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        run = Run(folder)
        assert run.code(30) == 1

    assert f"port {port} (dashboard) is in use" in run.text
    assert "fix:" in run.text
    assert started_here(folder) == []


def test_step_that_fails_names_its_log_and_fix_and_stops_what_was_started(folder: Path) -> None:
    pepper, moved = folder / "secrets" / "dashboard", folder / "moved"
    pepper.rename(moved)
    pepper.write_text("not a folder", encoding="utf-8")
    try:
        run = Run(folder)
        assert run.code(60) == 1
    finally:
        pepper.unlink()
        moved.rename(pepper)

    assert "✗ dashboard" in run.text
    assert f"log: {folder / 'logs' / 'dashboard.log'}" in run.text
    assert "fix:" in run.text
    assert "✓ Postgres stopped" in run.text
    assert started_here(folder) == []


def test_environments_hold_no_password(folder: Path) -> None:
    run = Run(folder)
    run.wait_for(READY, 60)
    passwords = [
        path.read_text(encoding="utf-8").strip() for path in folder.glob("secrets/*.password")
    ]
    seen = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                seen.append((entry / "environ").read_bytes() + (entry / "cmdline").read_bytes())
    run.end(signal.SIGINT)

    assert len(passwords) == 5
    assert [text for text in seen if any(password.encode() in text for password in passwords)] == []
