"""Processes of this host: started apart from us, found again after a restart, never mistaken for another."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

__all__ = [
    "Process",
    "end_process",
    "find_processes",
    "lock_is_free",
    "read_process",
    "send_signal",
    "spawn",
    "wait_for_end",
]

log = structlog.get_logger(__name__)

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process; its start tells it from a later one that was given the same pid."""

    pid: int
    start_ticks: int


def read_process(pid: int) -> Process | None:
    """Read who runs under a pid; None if nobody does, or only a dead one that is not buried yet."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    if fields[0] in {"Z", "X"}:
        return None
    return Process(pid=pid, start_ticks=int(fields[19]))


def find_processes(names: Sequence[str]) -> tuple[tuple[Process, Mapping[str, str]], ...]:
    """Find every process of ours whose environment has all these variables, with their values."""
    found = []
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            raw = (folder / "environ").read_bytes()
        except OSError:
            continue  # gone, or somebody else's
        pairs = (item.partition("=") for item in raw.decode(errors="replace").split("\0"))
        values = {name: value for name, _, value in pairs if name in names}
        process = read_process(int(folder.name))
        if process is not None and len(values) == len(names):
            found.append((process, values))
    return tuple(found)


def spawn(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    """Start a command in its own session, so that our terminal's and our supervisor's signals pass it by.

    Raises:
        OSError: it can't be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawnp(
        command[0],
        list(command),
        dict(environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), output, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
    )
    # A child that has ended already is still there, unburied, until `wait_for_end` takes it.
    text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    return Process(pid=pid, start_ticks=int(text.rpartition(")")[2].split()[19]))


def send_signal(process: Process, number: signal.Signals) -> bool:
    """Signal exactly this process; returns whether it was still there."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if read_process(process.pid) != process:
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


async def wait_for_end(process: Process) -> int | None:
    """Wait until the process has ended; answers its exit code, or None if it was not our child."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    try:
        if read_process(process.pid) == process:
            ended = asyncio.Event()
            loop.add_reader(descriptor, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(descriptor)
        return _bury(process.pid)
    finally:
        os.close(descriptor)


async def end_process(process: Process, grace_seconds: float) -> int | None:
    """End a process as the kubelet does: SIGTERM, and SIGKILL after its grace; answers when it is gone."""
    send_signal(process, signal.SIGTERM)
    try:
        return await asyncio.wait_for(wait_for_end(process), grace_seconds)
    except TimeoutError:
        log.warning("process_killed", pid=process.pid)
        send_signal(process, signal.SIGKILL)
        return await wait_for_end(process)


def lock_is_free(path: Path) -> bool:
    """Tell whether nobody holds the flock on a file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _bury(pid: int) -> int | None:
    try:
        buried, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if buried == pid else None
