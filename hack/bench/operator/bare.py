"""The same writes as the operator's by a client that does nothing else: what those alone take."""

import asyncio
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any, Final

import aiohttp

from botcore.ledger.books import LoginBinding, bind_login
from botcore.ledger.connect import Pool, open_pool
from botcore.resources.meta import PLURAL
from botoperator.adapters.kube_client import MERGE_PATCH, KubeClient
from botoperator.adapters.paper_exchange import PaperExchange
from hack.bench.operator.runners import LOOK_SECONDS, started_pods
from hack.bench.operator.space import CONCURRENT, Space, name_of
from hack.bench.runner.host import Host

__all__ = ["WRITES", "write_alike"]

WRITES: Final = 9
"""On the API server for each: the bot, its finalizer, Secret, ConfigMap, pod, an event and the status, both again."""
_POOL: Final = 8  # connections to the ledger, as many as the operator has
_CHILDREN: Final = {"secrets": "-creds", "configmaps": "-cfg", "pods": ""}
_HELD: Final = {"metadata": {"finalizers": ["kbots.dev/drain"]}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bare:
    """Where everything is written to, and what is copied."""

    space: Space
    client: KubeClient
    ledger: Pool
    exchange: PaperExchange
    originals: Mapping[str, Mapping[str, Any]]


async def write_alike(host: Host, source: Space, target: Space, count: int) -> float:
    """Store as many bots in a namespace without an operator, with all that has to be written; gives the seconds.

    That is an account on the paper exchange and a login of the ledger for each, and `WRITES`. The end is when every pod
    runs and every status has been written since.
    """
    made = host.installation
    async with (
        source.client() as client,
        target.client() as writer,
        open_pool(made.address("kbots_operator"), max_size=_POOL) as ledger,
        aiohttp.ClientSession() as session,
    ):
        bot = await client.request("GET", source.path(PLURAL, name_of(0)))
        children = {
            plural: await client.request("GET", source.path(plural, f"tb-{name_of(0)}{suffix}"))
            for plural, suffix in _CHILDREN.items()
        }
        bare = _Bare(
            space=target,
            client=writer,
            ledger=ledger,
            exchange=PaperExchange(session, made.url("exchangeAdmin")),
            originals={PLURAL: bot, **children},
        )
        began = time.monotonic()
        await _write_all(bare, count)
        return time.monotonic() - began


async def _write_all(bare: _Bare, count: int) -> None:
    gate = asyncio.Semaphore(CONCURRENT)

    async def write(name: str) -> None:
        async with gate:
            await _write(bare, name)

    async def tell(name: str) -> None:
        async with gate:
            await _tell(bare, name, bare.originals[PLURAL]["status"], "Running")

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(write(name_of(number)))
        known = set[str]()
        while len(known) < count:
            await asyncio.sleep(LOOK_SECONDS)
            for pod in await started_pods(bare.space, bare.client, known):
                group.create_task(tell(pod["name"].removeprefix("tb-")))


async def _write(bare: _Bare, name: str) -> None:
    client, space, bot = bare.client, bare.space, bare.originals[PLURAL]
    path = space.path(PLURAL, name)
    made = await client.request("POST", space.path(PLURAL), body=_copy(bot, name, "spec"))
    await client.request("PATCH", path, body=_HELD, headers=MERGE_PATCH)
    await _open_books(bare, made)
    for plural, suffix in _CHILDREN.items():
        body = _copy(bare.originals[plural], f"tb-{name}{suffix}", "data", "spec")
        if plural == "pods":
            del body["spec"]["nodeName"]  # the scheduler's part
        await client.request("POST", space.path(plural), body=body)
    await _tell(bare, name, {**bot["status"], "phase": "Pending"}, "PodCreated")


async def _open_books(bare: _Bare, bot: Mapping[str, Any]) -> None:
    name, namespace = bot["metadata"]["name"], bare.space.namespace
    key = await bare.exchange.ensure(f"{namespace}/{name}", bot["spec"]["paper"]["balances"])
    binding = LoginBinding(
        bot_uid=bot["metadata"]["uid"],
        namespace=namespace,
        name=name,
        owner=bot["spec"]["owner"],
        venue=key.account.venue,
        environment=key.account.environment.value,
        account_uid=key.account.uid,
    )
    async with bare.ledger.connection() as connection:
        await bind_login(connection, binding, token_urlsafe(32))


async def _tell(bare: _Bare, name: str, status: Mapping[str, Any], reason: str) -> None:
    client, space = bare.client, bare.space
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
