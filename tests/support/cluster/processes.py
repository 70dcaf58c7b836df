"""The processes of pods. A kind node shares this machine's kernel, so /proc shows them; signals go through the node."""

from contextlib import suppress
from pathlib import Path

from tests.support.cluster.commands import Cluster, CommandFailed

__all__ = ["first_process", "is_running", "resident_megabytes", "send"]

PROC = Path("/proc")


def first_process(pod_uid: str, program: str) -> int:
    """Return the pid on this machine of a container's first process; 0 where no container runs this program."""
    for entry in PROC.iterdir():
        if entry.name.isdigit() and is_running(int(entry.name), pod_uid, program):
            with suppress(OSError):
                if _pids(int(entry.name))[-1] == "1":
                    return int(entry.name)
    return 0


def is_running(pid: int, pod_uid: str, program: str) -> bool:
    """Tell whether this is a live process of the pod; a zombie is none."""
    folder = PROC / str(pid)
    try:
        groups = (folder / "cgroup").read_text(encoding="utf-8")
        # One way to manage control groups writes a uid with underscores.
        if pod_uid not in groups.replace("_", "-"):
            return False
        state = (folder / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
        return state != "Z" and program.encode() in (folder / "cmdline").read_bytes()
    except OSError:
        return False


def send(cluster: Cluster, signal: str, pid: int) -> None:
    """Send a signal, such as KILL, to a process of a pod; one that has ended is no error."""
    try:
        cluster.in_node("kill", f"-{signal}", _pids(pid)[1])
    except OSError:
        return
    except CommandFailed as failure:
        if "No such process" not in failure.stderr:
            raise


def resident_megabytes(pid: int) -> float:
    """Return how much memory a process holds."""
    return int(_status(pid, "VmRSS")[0]) / 1024


def _pids(pid: int) -> list[str]:
    """Return its pids from the outside in: on this machine, on the node, in the pod."""
    return _status(pid, "NSpid")


def _status(pid: int, key: str) -> list[str]:
    text = (PROC / str(pid) / "status").read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if line.startswith(f"{key}:")).split()[1:]
