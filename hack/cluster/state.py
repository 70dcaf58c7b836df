"""What was chosen once and kept, and what this tool made and may therefore remove."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from hack.cluster.paths import Paths
from hack.exclusive import hold
from hack.report import StepFailed

__all__ = ["State", "dashboard_port", "exclusive", "read_state", "write_state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The contents of state.json."""

    port: int | None = None
    """Loopback port of the dashboard."""
    is_offline: bool | None = None
    """Whether the cluster was made without an image registry."""
    recipe: str | None = None
    """Digest of what the cluster is made from; set before it is made."""
    node: str | None = None
    """Id of the cluster's container; set when the cluster is complete."""
    engine: str | None = None
    """Process id and start time of the dockerd that this tool started."""


def read_state(paths: Paths) -> State:
    """Return what is kept; a new installation keeps nothing."""
    try:
        found = json.loads(paths.state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return State()
    except ValueError as error:
        raise StepFailed(
            f"{paths.state} can't be read: {error}",
            fix="remove the file; if a cluster is left, `kind delete cluster --name kbots` removes it",
        ) from error
    return State(**{key: found.get(key) for key in State.__slots__})


def write_state(paths: Paths, state: State) -> None:
    """Keep the state; a reader sees the old or the new file, never half of one."""
    partial = paths.state.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    partial.replace(paths.state)


def dashboard_port(paths: Paths) -> int:
    """Return the loopback port that leads to the dashboard.

    Raises:
        StepFailed: no cluster was made yet.
    """
    port = read_state(paths).port
    if port is None:
        raise StepFailed("there is no cluster yet", fix="make up")
    return port


@contextmanager
def exclusive(paths: Paths) -> Iterator[None]:
    """Hold the cache folder for this process; the lock ends with the process, however it ends.

    Raises:
        StepFailed: another process holds it.
    """
    paths.make()
    with hold(
        paths.cache / "lock",
        work="is already at work on the cluster",
        fix="wait until it is done, or stop it with Ctrl-C",
    ):
        yield
