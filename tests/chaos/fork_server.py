"""Imports the runner once and forks one process per line of its input, so that a start costs milliseconds.

A line is {"environment": {...}, "log": path}; the answer is the process id. At the end of the input, and when this
process is killed, every process it made is killed too.
"""

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress

from botrunner.main import main

__all__ = ["serve"]

_PR_SET_PDEATHSIG = 1


def serve() -> None:
    """Fork until the input ends."""
    print("ready", flush=True)  # noqa: T201 the answer to whoever started this
    children: list[int] = []
    for line in sys.stdin:
        children = [pid for pid in children if os.waitpid(pid, os.WNOHANG) == (0, 0)]
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(wanted["environment"], wanted["log"])
        children.append(pid)
        print(pid, flush=True)  # noqa: T201
    for (
        pid
    ) in children:  # one that has ended is still ours to reap, so its number names nobody else
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _run(environment: dict[str, str], log: str) -> None:
    """Be `botrunner run` from here on."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(stream, standard)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()  # noqa: TID251 the new process's own
    os.environ.update(environment)  # noqa: TID251
    sys.argv = ["botrunner", "run"]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        print(end.code, file=sys.stderr)  # noqa: T201
        code = 1 if isinstance(end.code, str) else int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
