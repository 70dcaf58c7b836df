"""Debian packages of the host that a step cannot do without."""

import os
import shutil
from collections.abc import Mapping

from hack.cluster.commands import Job
from hack.cluster.context import Context
from hack.report import StepFailed

__all__ = ["BUILDER", "ENGINE", "install_missing", "missing_packages"]

# Command -> package. The engine needs the later ones for its networks; jq serves the runtime of hosts without
# CAP_SYS_RESOURCE.
ENGINE = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "iptables": "iptables",
    "nft": "nftables",
    "ipset": "ipset",
    "modprobe": "kmod",
    "ps": "procps",
    "jq": "jq",
}
BUILDER = {"mmdebstrap": "mmdebstrap"}


def missing_packages(needed: Mapping[str, str], path: str) -> list[str]:
    """Return the packages whose commands are not on the path."""
    return sorted(
        {package for command, package in needed.items() if shutil.which(command, path=path) is None}
    )


def install_missing(context: Context, needed: Mapping[str, str], *, why: str) -> None:
    """Say what is installed and why, and install it.

    Raises:
        StepFailed: this host or user cannot install packages.
    """
    path = context.settings.environment["PATH"]
    packages = missing_packages(needed, path)
    if not packages:
        return
    command = f"apt-get update && apt-get install -y {' '.join(packages)}"
    if shutil.which("apt-get", path=path) is None:
        raise StepFailed(
            f"{why}; missing: {', '.join(packages)}", fix="install them, then run again"
        )
    if os.geteuid() != 0:
        raise StepFailed(f"{why}; missing: {', '.join(packages)}", fix=f"sudo sh -c '{command}'")
    context.report.say(f"    {why}: installing {', '.join(packages)}")
    for words in (("update",), ("install", "-y", *packages)):
        context.commands.run(
            Job(
                command=("apt-get", "-q", *words),
                log="host-packages",
                fix=command,
                environment={"DEBIAN_FRONTEND": "noninteractive"},
            )
        )
