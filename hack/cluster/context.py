"""What every step needs at hand."""

from dataclasses import dataclass, replace
from pathlib import Path

from hack.cluster.commands import Commands
from hack.cluster.docker import Docker
from hack.cluster.paths import Paths
from hack.cluster.settings import Settings
from hack.cluster.state import State, read_state, write_state
from hack.cluster.tools import find_tool
from hack.report import Report

__all__ = ["Context", "make_context"]


@dataclass(slots=True, kw_only=True)
class Context:
    """One run of the tool."""

    settings: Settings
    paths: Paths
    report: Report
    commands: Commands
    docker: Docker

    @property
    def state(self) -> State:
        """Return what is kept from earlier runs."""
        return read_state(self.paths)

    def keep(self, **changes: str | int | bool | None) -> None:
        """Change some of what is kept."""
        write_state(self.paths, replace(self.state, **changes))  # type: ignore[arg-type] # checked by State's users

    def tool(self, name: str) -> str:
        """Return the path of kind, helm or kubectl.

        Raises:
            StepFailed: it was not made yet.
        """
        return str(find_tool(name, self.paths, self.settings))

    def kubectl(self, *arguments: str) -> tuple[str, ...]:
        """Return a kubectl command for our cluster."""
        return (self.tool("kubectl"), "--kubeconfig", str(self.paths.kubeconfig), *arguments)

    def work_folder(self, name: str) -> Path:
        """Return a folder for building; what an earlier run finished in it stays."""
        folder = self.paths.work / name
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return folder


def make_context(settings: Settings, report: Report) -> Context:
    """Create the folders and put a run's parts together."""
    paths = Paths(settings.cache)
    paths.make()
    commands = Commands(logs=paths.logs, environment=settings.environment, report=report)
    return Context(
        settings=settings,
        paths=paths,
        report=report,
        commands=commands,
        docker=Docker(commands=commands),
    )
