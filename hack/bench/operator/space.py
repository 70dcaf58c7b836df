"""A namespace of the cluster for a bench, and its API server as a client asks it."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from botcore.domain.errors import PlatformError
from botcore.resources.meta import GROUP, PLURAL, VERSION
from botoperator.adapters.kube_client import MERGE_PATCH, KubeClient
from hack.bench.runner.host import a_bot
from hack.report import StepFailed

__all__ = ["CONCURRENT", "Space", "connected", "name_of", "new_space"]

CONCURRENT = 16
"""As many at once as the operator has workers."""
_GONE_SECONDS: Final = 600


@asynccontextmanager
async def connected(kubeconfig: Path) -> AsyncIterator[KubeClient]:
    """Connect to a cluster as its administrator."""
    configuration = Configuration()
    await load_kube_config(  # type: ignore[no-untyped-call]
        config_file=str(kubeconfig), client_configuration=configuration
    )
    async with ApiClient(configuration) as api:
        yield KubeClient(api)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """One namespace."""

    namespace: str
    kubeconfig: Path

    def client(self) -> AbstractAsyncContextManager[KubeClient]:
        """Connect as the cluster's administrator."""
        return connected(self.kubeconfig)

    def path(self, plural: str, name: str = "") -> str:
        """Write the path of a kind, or of one object."""
        root = f"/apis/{GROUP}/{VERSION}" if plural == PLURAL else "/api/v1"
        return f"{root}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    async def make_bots(self, count: int) -> None:
        """Store so many paper bots."""
        strategy = {
            "name": "dca", "type": "dca", "symbols": ["BTCUSDT"], "interval": "1h", "capital": "500",
            "params": {"amount": "10"},
        }  # fmt: skip
        async with self.client() as client:
            gate = asyncio.Semaphore(CONCURRENT)

            async def make(name: str) -> None:
                body = a_bot(name, strategy)
                body["metadata"]["namespace"] = self.namespace
                async with gate:
                    await client.request("POST", self.path(PLURAL), body=body)

            await asyncio.gather(*(make(name_of(number)) for number in range(count)))

    async def pause(self, client: KubeClient, name: str) -> None:
        """Change one bot's spec."""
        body = {"spec": {"desiredState": "Paused"}}
        await client.request("PATCH", self.path(PLURAL, name), body=body, headers=MERGE_PATCH)


def name_of(number: int) -> str:
    """Name a bot of the bench."""
    return f"bench-{number}"


@contextmanager
def new_space(kubeconfig: Path) -> Iterator[Space]:
    """Make a namespace, and remove it with everything in it; it is gone when the block ends.

    Raises:
        StepFailed: there is no cluster, or something keeps the namespace.
    """
    space = Space(namespace=f"bench-{secrets.token_hex(4)}", kubeconfig=kubeconfig)
    try:
        asyncio.run(
            _ask(space, "POST", "/api/v1/namespaces", {"metadata": {"name": space.namespace}})
        )
    except (PlatformError, OSError) as error:
        raise StepFailed(f"no cluster answers: {error}", fix="make up") from error
    try:
        yield space
    finally:
        asyncio.run(_remove(space))


async def _ask(space: Space, method: str, path: str, body: Any = None) -> None:
    async with space.client() as client:
        await client.request(method, path, body=body)


async def _remove(space: Space) -> None:
    # Whoever would have let the bots go has ended.
    released = {"metadata": {"finalizers": None}}
    async with space.client() as client:
        gate = asyncio.Semaphore(CONCURRENT)

        async def release(name: str) -> None:
            async with gate:
                path = space.path(PLURAL, name)
                await client.request("PATCH", path, body=released, headers=MERGE_PATCH)

        bots = [one async for one in client.list_objects(space.path(PLURAL))]
        await asyncio.gather(*(release(one["metadata"]["name"]) for one in bots))
        home = f"/api/v1/namespaces/{space.namespace}"
        await client.request("DELETE", home)
        end = time.monotonic() + _GONE_SECONDS
        while await client.find(home) is not None:
            if time.monotonic() > end:
                raise StepFailed(
                    f"the namespace {space.namespace} does not go",
                    fix=f"kubectl get namespace {space.namespace} -o yaml tells what holds it",
                )
            await asyncio.sleep(1)
