"""A namespace of the cluster under test: kubectl in it, and kubeconfigs of the dashboard's service account."""

import asyncio
import json
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botdashboard.views.records import BotKey
from tests.dashboard.people import end_session
from tests.support.postgres import Database

__all__ = ["ClusterStore", "Kubectl", "Space"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """The command line of an administrator."""

    kubeconfig: Path
    namespace: str = ""

    def __call__(self, *arguments: str, text: str = "") -> str:
        """Run it and return what it prints."""
        where = ("-n", self.namespace) if self.namespace else ()
        done = subprocess.run(
            ["kubectl", "--kubeconfig", str(self.kubeconfig), *where, *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def inside(self, namespace: str) -> "Kubectl":
        """Return the same, for one namespace."""
        return replace(self, namespace=namespace)

    def read(self, key: BotKey) -> dict[str, Any]:
        """Return a TradingBot, with who owns its fields."""
        shown = self("get", "tradingbot", key.name, "-o", "json", "--show-managed-fields")
        found: dict[str, Any] = json.loads(shown)
        return found

    def merge(self, key: BotKey, patch: dict[str, Any], *more: str) -> None:
        """Patch a TradingBot."""
        self("patch", "tradingbot", key.name, "--type=merge", "-p", json.dumps(patch), *more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """One namespace."""

    namespace: str
    kubectl: Kubectl
    token: str = field(repr=False)
    folder: Path

    def kubeconfig(self, *, port: int = 0, token: str = "") -> Path:
        """Write a kubeconfig of the dashboard, perhaps by way of another port of this host."""
        cluster = self._cluster()
        if port:
            cluster = cluster | {"server": f"https://127.0.0.1:{port}"}
        path = self.folder / f"kubeconfig-{port}-{bool(token)}"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {"token": token or self.token}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "current-context": "it",
        }
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def server(self) -> tuple[str, int]:
        """Return where the API server listens."""
        address = urlsplit(self._cluster()["server"])
        assert address.hostname is not None
        return address.hostname, address.port or 443

    def _cluster(self) -> dict[str, Any]:
        shown = self.kubectl("config", "view", "--raw", "--minify", "-o", "json")
        found: dict[str, Any] = json.loads(shown)["clusters"][0]["cluster"]
        return found


class ClusterStore:
    """The API server, used by the operator and by others."""

    def __init__(self, kubectl: Kubectl, database: Database) -> None:
        self._kubectl = kubectl
        self._database = database

    async def version_of(self, key: BotKey) -> str:
        """Return what every write changes."""
        found = await asyncio.to_thread(self._kubectl.read, key)
        return str(found["metadata"]["resourceVersion"])

    async def write_status(self, key: BotKey, phase: str) -> None:
        """Write a status, as the operator does."""
        await self._merge(key, {"status": {"phase": phase}}, "--subresource=status")

    async def edit(self, key: BotKey, field: str, value: Any) -> None:
        """Change a field of the spec, as somebody else does."""
        await self._merge(key, {"spec": {field: value}})

    async def hold(self, key: BotKey) -> None:
        """Let a deletion wait for the operator."""
        await self._merge(key, {"metadata": {"finalizers": ["kbots.dev/test"]}})

    def end_session(self, session: bytes) -> None:
        """Sign someone out."""
        end_session(self._database, session)

    async def _merge(self, key: BotKey, patch: dict[str, Any], *more: str) -> None:
        await asyncio.to_thread(self._kubectl.merge, key, patch, *more)
