"""Nodes that kwok plays: a pod that is scheduled there runs by word alone, as soon as it is seen."""

import asyncio
import math
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from botoperator.adapters.kube_client import KubeClient
from hack.bench.operator.space import connected
from hack.bench.runner.host import wait_for
from hack.cluster.binaries import Kwok, ensure_kwok
from hack.cluster.context import Context, make_context
from hack.cluster.settings import read_settings
from hack.cluster.state import exclusive
from hack.report import Report, StepFailed, tail

__all__ = ["FakeNodes", "fake_nodes", "node_manifest"]

MARK: Final = "bench.kbots.dev/nodes"
"""Label and taint of the nodes; its value says of which bench they are."""
_PODS: Final = 250  # on each; Kubernetes itself is made for 110 and takes more
_READY_SECONDS: Final = 120
_END_SECONDS: Final = 20
_NODES: Final = "/api/v1/nodes"


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeNodes:
    """The nodes of one bench."""

    mark: str

    @property
    def node_selector(self) -> Mapping[str, str]:
        """What takes a pod there."""
        return {MARK: self.mark}

    @property
    def toleration(self) -> Mapping[str, str]:
        """What lets a pod stay there."""
        return {"key": MARK, "operator": "Equal", "value": self.mark, "effect": "NoSchedule"}


@contextmanager
def fake_nodes(kubeconfig: Path, *, mark: str, pods: int) -> Iterator[FakeNodes]:
    """Have room for so many pods for the block; no other pod of the cluster gets there.

    What is on them must be gone before the block ends: afterwards nobody ends a pod.

    Raises:
        StepFailed: kwok can't be built, or the nodes did not become ready.
    """
    kwok, context = _made()
    log = context.paths.logs / "kwok.log"
    with log.open("wb") as stream:
        process = _start(kwok, kubeconfig, mark, stream)
        try:
            asyncio.run(_make(kubeconfig, mark, math.ceil(pods / _PODS)))
            wait_for(
                lambda: _are_ready(kubeconfig, mark, process, log),
                "the nodes are ready",
                seconds=_READY_SECONDS,
                every=0.5,
            )
            yield FakeNodes(mark=mark)
        finally:
            try:
                asyncio.run(_remove(kubeconfig, mark))
            finally:
                _end(process)


def node_manifest(mark: str, number: int) -> dict[str, Any]:
    """Return a node that takes none but the bench's pods.

    It names no operating system: what tolerates every taint, such as the pods of kube-proxy, asks for one.
    """
    room = {"cpu": "64", "memory": "256Gi", "pods": str(_PODS)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"{mark}-{number}", "labels": {MARK: mark}},
        "spec": {"taints": [{"key": MARK, "value": mark, "effect": "NoSchedule"}]},
        "status": {"capacity": room, "allocatable": room},
    }


def _made() -> tuple[Kwok, Context]:
    context = make_context(read_settings(), Report())
    try:
        with exclusive(context.paths):
            return ensure_kwok(context), context
    except KeyboardInterrupt:
        context.commands.stop()
        raise


def _start(kwok: Kwok, kubeconfig: Path, mark: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            str(kwok.binary), f"--kubeconfig={kubeconfig}", f"--config={kwok.stages}",
            f"--manage-nodes-with-label-selector={MARK}={mark}",
            "--node-lease-duration-seconds=40", "--node-ip=10.0.0.1", "--cidr=10.0.0.1/16",
        ],
        env={"PATH": os.defpath, "HOME": str(kwok.binary.parent)},
        stdout=log,
        stderr=log,
        # A Ctrl-C must not reach it: the pods can't go without it.
        start_new_session=True,
    )  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _make(kubeconfig: Path, mark: str, count: int) -> None:
    async with connected(kubeconfig) as client:
        for number in range(count):
            await client.request("POST", _NODES, body=node_manifest(mark, number))


def _are_ready(kubeconfig: Path, mark: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise StepFailed(
            "\n".join(["kwok has ended:", *tail(log)]), fix="see its log above", log=log
        )
    return asyncio.run(_ready(kubeconfig, mark))


async def _ready(kubeconfig: Path, mark: str) -> bool:
    async with connected(kubeconfig) as client:
        nodes = [one async for one in _listed(client, mark)]
    return bool(nodes) and all(_is_ready(one) for one in nodes)


def _is_ready(node: Mapping[str, Any]) -> bool:
    conditions = node["status"].get("conditions") or ()
    # Until it has been told that the node is ready, the controller keeps pods away by another taint.
    taints = {one["key"] for one in node["spec"].get("taints") or ()}
    is_told = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return is_told and taints == {MARK}


async def _remove(kubeconfig: Path, mark: str) -> None:
    async with connected(kubeconfig) as client:
        names = [one["metadata"]["name"] async for one in _listed(client, mark)]
        for name in names:
            await client.request("DELETE", f"{_NODES}/{name}")


def _listed(client: KubeClient, mark: str) -> Any:
    return client.list_objects(_NODES, f"{MARK}={mark}")
