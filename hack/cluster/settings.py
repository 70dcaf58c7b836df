"""What the caller's environment decides; nothing else here reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hack.report import StepFailed

__all__ = ["CLUSTER", "Settings", "read_settings"]

CLUSTER = "kbots"
"""Name of the kind cluster."""
_ANSWERS = {"": None, "0": False, "1": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The caller's choices."""

    cache: Path
    """Holds binaries, logs, kubeconfig and state."""
    is_offline: bool | None
    """Whether to do without an image registry; None finds out."""
    environment: Mapping[str, str]
    """What every command that is run gets."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        StepFailed: KBOTS_OFFLINE holds neither 0 nor 1.
    """
    given = dict(os.environ if environment is None else environment)  # noqa: TID251 the one place
    answer = given.get("KBOTS_OFFLINE", "")
    if answer not in _ANSWERS:
        raise StepFailed(
            f"KBOTS_OFFLINE is {answer!r}, which says neither yes nor no",
            fix="set it to 1 (build without an image registry) or 0 (pull), or unset it",
        )
    caches = Path(given.get("XDG_CACHE_HOME") or Path(given.get("HOME", "/root")) / ".cache")
    # Without a service manager's path, root's tools such as dockerd and iptables are often missing from it.
    given["PATH"] = f"{given.get('PATH', '/usr/local/bin:/usr/bin:/bin')}:/usr/sbin:/sbin"
    return Settings(cache=caches / "kbots", is_offline=_ANSWERS[answer], environment=given)
