"""The same writes as the operator's by a client that does nothing else: what the API server itself takes."""

import asyncio
import time
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from botcore.resources.meta import PLURAL
from botoperator.adapters.kube_client import MERGE_PATCH, KubeClient
from hack.bench.operator.runners import LOOK_SECONDS, started_pods
from hack.bench.operator.space import CONCURRENT, Space, name_of

__all__ = ["WRITES", "write_alike"]

WRITES: Final = 9
"""For each bot: itself, its finalizer, Secret, ConfigMap, pod, an event, the status; both again when it runs."""
_CHILDREN: Final = {"secrets": "-creds", "configmaps": "-cfg", "pods": ""}
_HELD: Final = {"metadata": {"finalizers": ["kbots.dev/drain"]}}


async def write_alike(source: Space, target: Space, count: int) -> float:
    """Store as many bots in a namespace without an operator, with all that has to be written; gives the seconds.

    The end is when every pod runs and every status has been written since, `WRITES` for each.
    """
    async with source.client() as client, target.client() as writer:
        bot = await client.request("GET", source.path(PLURAL, name_of(0)))
        children = {
            plural: await client.request("GET", source.path(plural, f"tb-{name_of(0)}{suffix}"))
            for plural, suffix in _CHILDREN.items()
        }
        gate = asyncio.Semaphore(CONCURRENT)

        async def write(name: str) -> None:
            async with gate:
                await _write(writer, target, name, {PLURAL: bot, **children})

        async def tell(name: str) -> None:
            async with gate:
                await _tell(writer, target, name, bot["status"], "Running")

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(write(name_of(number)))
            known = set[str]()
            while len(known) < count:
                await asyncio.sleep(LOOK_SECONDS)
                for pod in await started_pods(target, writer, known):
                    group.create_task(tell(pod["name"].removeprefix("tb-")))
        return time.monotonic() - began


async def _write(
    client: KubeClient, space: Space, name: str, originals: Mapping[str, Mapping[str, Any]]
) -> None:
    bot = originals[PLURAL]
    path = space.path(PLURAL, name)
    await client.request("POST", space.path(PLURAL), body=_copy(bot, name, "spec"))
    await client.request("PATCH", path, body=_HELD, headers=MERGE_PATCH)
    for plural, suffix in _CHILDREN.items():
        body = _copy(originals[plural], f"tb-{name}{suffix}", "data", "spec")
        if plural == "pods":
            del body["spec"]["nodeName"]  # the scheduler's part
        await client.request("POST", space.path(plural), body=body)
    await _tell(client, space, name, {**bot["status"], "phase": "Pending"}, "PodCreated")


async def _tell(
    client: KubeClient, space: Space, name: str, status: Mapping[str, Any], reason: str
) -> None:
    await client.request("POST", space.path("events"), body=_event(space, name, reason))
    path = f"{space.path(PLURAL, name)}/status"
    await client.request("PATCH", path, body={"status": status}, headers=MERGE_PATCH)


def _copy(original: Mapping[str, Any], name: str, *content: str) -> dict[str, Any]:
    # Without the owner, which is not in this namespace: the collector would remove it.
    marks = {key: original["metadata"].get(key) or {} for key in ("labels", "annotations")}
    body = {
        key: deepcopy(original[key]) for key in ("apiVersion", "kind", *content) if key in original
    }
    return {**body, "metadata": {"name": name, **marks}}


def _event(space: Space, name: str, reason: str) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{name}.{reason.lower()}"},
        "involvedObject": {"kind": "TradingBot", "name": name, "namespace": space.namespace},
        "reason": reason,
        "message": f"Pod tb-{name} is made",
        "type": "Normal",
    }
