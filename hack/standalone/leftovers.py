"""What an earlier run left behind when it was killed: found by exact marks, stopped before a new start."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hack.exclusive import hold
from hack.standalone.supervision import MARK, Supervisor

__all__ = ["exclusive", "stop_leftovers"]


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process; the lock ends with the process, however it ends.

    Raises:
        StepFailed: another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold(
        folder / "run.lock",
        work=f"already runs kbots in {folder}",
        fix="stop it with Ctrl-C, or use another folder: make run DATA=.data/other",
    ):
        yield


def stop_leftovers(folder: Path) -> bool:
    """Stop an earlier run's process manager, then what outlived even that; tells whether there was any."""
    earlier = Supervisor(folder=folder)
    found = earlier.answers()
    if found:
        earlier.shut_down()
    # A process manager that was killed leaves its programs; newest first, as they were started.
    for pid in sorted(_marked(folder), reverse=True):
        found = True
        _end(pid)
    return found


def _marked(folder: Path) -> list[int]:
    """Return the processes started for this folder, without those that end with their parent (Postgres' own)."""
    mark = f"{MARK}={folder}".encode()
    parents = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
            parent = int(_stat(int(entry.name))[1])
        except OSError:
            continue
        if marked:
            parents[int(entry.name)] = parent
    return [pid for pid, parent in parents.items() if parent not in parents]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat after the name: state, parent and more."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()


def _is_running(pid: int) -> bool:
    try:
        return _stat(pid)[0] not in {"Z", "X"}
    except OSError:
        return False


def _end(pid: int) -> None:
    # SIGINT is Postgres' fast shutdown and a plain stop for the others.
    for name, seconds in ((signal.SIGINT, 20.0), (signal.SIGKILL, 5.0)):
        end = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            os.kill(pid, name)
        while _is_running(pid) and time.monotonic() < end:
            time.sleep(0.05)
        if not _is_running(pid):
            return
