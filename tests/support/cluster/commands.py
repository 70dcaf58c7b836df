"""kubectl, helm and the node of the cluster under test."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.paths import Paths

__all__ = ["Cluster", "CommandFailed", "open_cluster"]

_SECONDS = 240


class CommandFailed(Exception):
    """A command ended with an error; `stderr` is what it said."""

    def __init__(self, command: str, stderr: str) -> None:
        super().__init__(f"{command}: {stderr.strip()}")
        self.stderr = stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A kind cluster of one node; the node's container bears the node's name."""

    kubeconfig: Path
    bin: Path
    """Folder of kubectl and helm, where they are not on the PATH."""
    node: str = ""

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 as subprocess has it
        """Run kubectl as the cluster's administrator; returns its output, raises CommandFailed."""
        return self.run("kubectl", *arguments, text=input)

    def helm(self, *arguments: str) -> str:
        """Run helm; returns its output, raises CommandFailed."""
        return self.run("helm", *arguments)

    def in_node(self, *command: str) -> str:
        """Run a command as root on the node."""
        return self.run("docker", "exec", self.node, *command)

    def run(self, *command: str, text: str | None = None) -> str:
        """Run a command that finds this cluster."""
        done = subprocess.run(
            command,
            env=self.environment(),
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise CommandFailed(" ".join(command), done.stderr or done.stdout)
        return done.stdout

    def environment(self) -> dict[str, str]:
        """Return the environment in which kubectl and helm find this cluster."""
        inherited = dict(os.environ)  # noqa: TID251 handed on to commands
        return inherited | {"KUBECONFIG": str(self.kubeconfig), "PATH": self.path()}

    def path(self) -> str:
        """Return where commands are looked for: what `make up` made last."""
        return f"{os.environ['PATH']}:{self.bin}"  # noqa: TID251 handed on to commands


def open_cluster() -> Cluster:
    """Return the cluster of `make up`, or the one KBOTS_TEST_KUBECONFIG names; fails where none answers."""
    paths = Paths()
    given = os.environ.get("KBOTS_TEST_KUBECONFIG")  # noqa: TID251 the tests' own switch
    cluster = Cluster(kubeconfig=Path(given) if given else paths.kubeconfig, bin=paths.bin)
    missing = [
        one for one in ("kubectl", "helm", "docker") if not shutil.which(one, path=cluster.path())
    ]
    assert not missing, f"{', '.join(missing)} not found: run make up first"
    assert cluster.kubeconfig.is_file(), f"there is no {cluster.kubeconfig}: run make up first"
    try:
        nodes = cluster.kubectl("get", "nodes", "-o", "name", "--request-timeout=10s").split()
    except CommandFailed as failure:
        raise AssertionError(f"no cluster answers: run make up first\n{failure}") from failure
    return Cluster(
        kubeconfig=cluster.kubeconfig, bin=cluster.bin, node=nodes[0].removeprefix("node/")
    )
