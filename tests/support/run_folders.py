"""Folders of one test run, and the end of what an earlier run left when it was killed."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hack.report import StepFailed
from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.leftovers import exclusive, stop_leftovers

__all__ = ["run_folder"]

# Younger ones may just be on their way to their lock.
_OLD_SECONDS = 60


@contextmanager
def run_folder(prefix: str) -> Iterator[Path]:
    """Make a folder that this process holds for the block; what holders that died left running is stopped first."""
    for earlier in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(StepFailed, OSError):
            _stop_if_abandoned(earlier)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    with exclusive(folder):
        yield folder


def _stop_if_abandoned(folder: Path) -> None:
    if time.time() - folder.stat().st_mtime < _OLD_SECONDS:  # noqa: TID251 compared with a file's time
        return
    with exclusive(folder):  # refused while its run lives
        stop_leftovers(folder)
        for place in (folder, folder / "postgres"):
            EmbeddedPostgres(folder=place, port=0).remove()
