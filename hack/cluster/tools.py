"""Where kind, helm and kubectl are: built by us, or installed and of a version that will do."""

import shutil
from pathlib import Path

from hack.cluster.paths import Paths
from hack.cluster.settings import Settings, read_settings
from hack.report import StepFailed

__all__ = ["TOOLS", "find_tool", "tool"]

TOOLS = ("kind", "helm", "kubectl")


def tool(name: str) -> Path:
    """Return the path of kind, helm or kubectl as `make up` uses it.

    Raises:
        StepFailed: `make up` has not been run yet.
    """
    settings = read_settings()
    return find_tool(name, Paths(settings.cache), settings)


def find_tool(name: str, paths: Paths, settings: Settings) -> Path:
    """Return the path of a tool: ours first, since what lies on PATH is only used where it will do.

    Raises:
        StepFailed: there is none.
    """
    ours = paths.bin / name
    if ours.exists():
        return ours
    found = shutil.which(name, path=settings.environment["PATH"])
    if found is None:
        raise StepFailed(f"{name} is not there yet", fix="make up")
    return Path(found)
