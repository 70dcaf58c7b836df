"""The same writes as the operator's by a client that does nothing else: what the API server itself takes."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from botcore.resources.meta import PLURAL
from botoperator.adapters.kube_client import MERGE_PATCH, KubeClient
from hack.bench.operator.space import CONCURRENT, Space, name_of

__all__ = ["write_alike"]

_CHILDREN: Final = {"secrets": "-creds", "configmaps": "-cfg", "pods": ""}
_HELD: Final = {"metadata": {"finalizers": ["kbots.dev/drain"]}}


async def write_alike(source: Space, target: Space, count: int) -> float:
    """Store as many bots in a namespace without an operator, with all that the operator writes; gives the seconds.

    Seven writes for each: the bot, its finalizer, Secret, ConfigMap, pod, an event and the status.
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

        began = time.monotonic()
        await asyncio.gather(*(write(name_of(number)) for number in range(count)))
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
        await client.request("POST", space.path(plural), body=body)
    await client.request("POST", space.path("events"), body=_event(space, name))
    status = {"status": bot["status"]}
    await client.request("PATCH", f"{path}/status", body=status, headers=MERGE_PATCH)


def _copy(original: Mapping[str, Any], name: str, *content: str) -> dict[str, Any]:
    # Without the owner, which is not in this namespace: the collector would remove it.
    marks = {key: original["metadata"].get(key) or {} for key in ("labels", "annotations")}
    body = {key: original[key] for key in ("apiVersion", "kind", *content) if key in original}
    return {**body, "metadata": {"name": name, **marks}}


def _event(space: Space, name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{name}.podcreated"},
        "involvedObject": {"kind": "TradingBot", "name": name, "namespace": space.namespace},
        "reason": "PodCreated",
        "message": f"Pod tb-{name} is made",
        "type": "Normal",
    }
