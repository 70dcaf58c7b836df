"""The one container of a pod, started as a process of this host."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from botoperator.adapters.pod_folder import PodFolder
from botoperator.adapters.processes import Process, spawn
from botoperator.plan.manifests import Manifest

__all__ = ["ShellSettings", "start_container"]

ROTATE_AT_BYTES = 20_000_000
# What an image would bring along.
IMAGE_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSettings:
    """How containers run here: `runner_command` stands for the image's first word."""

    data: Path
    runner_command: str = "botrunner"
    first_backoff_seconds: float = 1.0
    longest_backoff_seconds: float = 60.0

    @property
    def pods(self) -> Path:
        """Where pods and objects are kept."""
        return self.data / "pods"

    @property
    def logs(self) -> Path:
        """Where containers' output goes."""
        return self.data / "logs"


def start_container(
    folder: PodFolder, manifest: Manifest, settings: ShellSettings, uid: str
) -> Process:
    """Start the container's command, its environment as the manifest says and nothing else.

    Raises:
        OSError: it can't be started.
    """
    folder.begin_report()
    command = manifest.body["spec"]["containers"][0]["command"]
    return spawn(
        [*shlex.split(settings.runner_command), *command[1:]],
        IMAGE_ENVIRONMENT | folder.environment(manifest, uid),
        _log_file(settings.logs, manifest.name),
    )


def _log_file(folder: Path, pod: str) -> Path:
    path = folder / f"{pod}.log"
    if path.exists() and path.stat().st_size > ROTATE_AT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path
