"""What is built by Go: kind, helm and kubectl, and Kubernetes itself for the node.

All pins stand in node/go.mod, but for what has a module of its own (versions.py).
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.commands import Job
from hack.cluster.context import Context
from hack.cluster.recipe import GO_FLAGS, NODE_PACKAGES, TOOL_PACKAGES, digest, files_below
from hack.cluster.tools import TOOLS
from hack.cluster.versions import (
    GO,
    KWOK,
    PROVISIONER,
    is_new_enough_go,
    is_usable,
    version_command,
)
from hack.report import StepFailed

__all__ = [
    "MODULE",
    "Kwok",
    "bar",
    "ensure_kwok",
    "ensure_tools",
    "node_binaries",
    "packages_built",
]

MODULE = Path(__file__).parent / "node"
_STAMP = "made-from"
_ENVIRONMENT = {"CGO_ENABLED": "0"}
_LIST_SECONDS = 600
_BAR = 30
_LOG = "go-build"
# How nodes and pods come to be ready, and how pods go: what its makers ship, in the folder kustomize/stage.
_STAGES = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-delete.yaml",
)
_FIX = "read the log; Go modules come through GOPROXY. Run again: what is compiled is not compiled twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kwok:
    """The program, and the file that tells it how nodes and pods live."""

    binary: Path
    stages: Path


def ensure_tools(context: Context, *, is_offline: bool) -> None:
    """Make kind, helm and kubectl where those that are installed won't do.

    Without a registry all are ours, since they are a by-product of the node.

    Raises:
        StepFailed: there is no Go, or the build failed.
    """
    needed = [name for name in TOOLS if is_offline or not _is_installed(context, name)]
    made_from = _made_from()
    stamp = context.paths.bin / _STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") != made_from:
        for name in TOOLS:
            (context.paths.bin / name).unlink(missing_ok=True)
    missing = [name for name in needed if not (context.paths.bin / name).exists()]
    if not missing:
        return
    with context.report.step(f"{', '.join(missing)} built"):
        _check_go(context)
        folder = context.work_folder("tools")
        _build(context, folder, [TOOL_PACKAGES[name] for name in missing])
        stamp.write_text(made_from, encoding="utf-8")
        for name in missing:
            (folder / name).replace(context.paths.bin / name)
        shutil.rmtree(folder)


def node_binaries(context: Context) -> Path:
    """Build Kubernetes, etcd, CoreDNS and the storage provisioner; returns their folder.

    Raises:
        StepFailed: there is no Go, or the build failed.
    """
    done = context.paths.work / f"node-binaries-{_made_from()}"
    if done.is_dir():
        return done
    with context.report.step("Kubernetes, etcd and CoreDNS built"):
        _check_go(context)
        partial = context.work_folder(f"{done.name}.partial")
        _build(context, partial, NODE_PACKAGES)
        if (partial / "server").exists():
            (partial / "server").replace(partial / "etcd")
        # A module of its own: its old dependencies collide with those of Kubernetes.
        _go(
            context, "install", "-v", "-trimpath", "-ldflags", "-s -w", PROVISIONER,
            environment={"GOBIN": str(partial)},
        )  # fmt: skip
        partial.replace(done)
    return done


def ensure_kwok(context: Context) -> Kwok:
    """Build kwok where this version of it is not there yet.

    Raises:
        StepFailed: there is no Go, or the build failed.
    """
    name = KWOK.rpartition("/")[2]
    made = Kwok(binary=context.paths.bin / name, stages=context.paths.bin / f"{name}.yaml")
    if made.binary.exists() and made.stages.exists():
        return made
    with context.report.step(f"{name} built"):
        _check_go(context)
        folder = context.work_folder("kwok")
        _go(
            context, "install", "-v", "-trimpath", "-ldflags", "-s -w", KWOK.replace("@", "/cmd/kwok@"),
            environment={"GOBIN": str(folder)},
        )  # fmt: skip
        made.stages.write_text(_stages(context), encoding="utf-8")
        (folder / "kwok").replace(made.binary)
        shutil.rmtree(folder)
    return made


def _stages(context: Context) -> str:
    answer = context.commands.need("go", "mod", "download", "-json", KWOK, fix=_FIX)
    folder = Path(json.loads(answer)["Dir"]) / "kustomize" / "stage"
    return "---\n".join((folder / name).read_text(encoding="utf-8") for name in _STAGES)


def packages_built(log: Path) -> int:
    """Count the packages that a `go build -v` has named in its log so far."""
    if not log.exists():
        return 0
    return sum(
        not line.startswith((b"$ ", b"go: ")) for line in log.read_bytes().splitlines() if line
    )


def _made_from() -> str:
    pins = repr((GO_FLAGS, PROVISIONER)).encode()
    return digest([*files_below(MODULE, "go.mod", "go.sum", "coredns", "pause"), ("pins", pins)])


def _is_installed(context: Context, name: str) -> bool:
    answer = context.commands.ask(*version_command(name))
    return answer.code == 0 and is_usable(name, answer.text)


def _check_go(context: Context) -> None:
    answer = context.commands.ask("go", "env", "GOVERSION", folder=MODULE)
    if answer.code != 0 or not is_new_enough_go(answer.text):
        wanted = ".".join(map(str, GO))
        raise StepFailed(
            f"Go {wanted} or newer is needed to build from source: {answer.error or answer.text}",
            fix=f"install Go {wanted} or newer and put it on PATH",
        )


def _build(context: Context, folder: Path, packages: tuple[str, ...] | list[str]) -> None:
    # Reads, and the first time downloads, every module's sources.
    listed = context.commands.ask(
        "go", "list", "-deps", *packages, folder=MODULE, seconds=_LIST_SECONDS
    )
    if listed.code != 0:
        raise StepFailed(f"Go modules: {listed.error[-600:]}", fix=_FIX)
    _go(
        context, "build", "-v", *GO_FLAGS, "-o", f"{folder}/", *packages,
        total=len(listed.text.splitlines()),
    )  # fmt: skip


def bar(done: int, total: int) -> str:
    """Draw how much of the packages is compiled; those compiled by an earlier run are not named by Go."""
    if not done:
        return f"Go: linking what is compiled already; {total} packages in all"
    filled = _BAR * min(done, total) // total if total else 0
    return f"Go [{'#' * filled}{'·' * (_BAR - filled)}] {done} of at most {total} packages compiled"


def _go(
    context: Context, *arguments: str, total: int = 0, environment: dict[str, str] | None = None
) -> None:
    begun = packages_built(context.commands.log(_LOG))
    context.commands.run(
        Job(
            command=("go", *arguments),
            log=_LOG,
            fix=_FIX,
            folder=MODULE,
            environment={**_ENVIRONMENT, **(environment or {})},
            progress=lambda log: bar(packages_built(log) - begun, total),
        )
    )
