"""One process at a time: a lock that ends with its process, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hack.report import StepFailed

__all__ = ["hold"]


@contextmanager
def hold(file: Path, *, work: str, fix: str) -> Iterator[None]:
    """Hold a file for the block; `work` and `fix` say what a second process is told of the first.

    Raises:
        StepFailed: another process holds it.
    """
    with file.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StepFailed(f"process {lock.read().strip()} {work}", fix=fix) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
