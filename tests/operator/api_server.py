"""A small HTTP server that answers as an API server does, or as one that is ill: refusing, silent, full."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

__all__ = ["ApiServer", "running_api_server"]

# kopf does not begin before it knows of namespaces and events.
PLURALS = {
    "namespaces": "Namespace",
    "events": "Event",
    "pods": "Pod",
    "secrets": "Secret",
    "configmaps": "ConfigMap",
    "tradingbots": "TradingBot",
}
VERBS = ["get", "list", "watch", "create", "patch", "delete"]


@dataclass(kw_only=True)
class ApiServer:
    """What it answers may be changed while it runs."""

    port: int = 0
    watches: str = "granted"
    """granted: with a bookmark ten times a second; refused: 429; silent: neither answered nor continued."""
    refusal: dict[str, Any] | None = None
    """What every write is answered with."""
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By plural; listed in chunks as they are asked for."""
    asked: list[str] = field(default_factory=list)

    def kubeconfig(self, path: Path) -> Path:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "it", "user": {"token": "a-token"}}],
        }
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        if request.method != "GET":
            body = self.refusal or {"kind": "Status", "status": "Success"}
            return web.json_response(body, status=int(body.get("code", 200)))
        if "namespaces" not in request.path:
            return web.json_response(_discovery(request.path))
        if "watch" in request.query:
            return await self._watch(request)
        return web.json_response(self._list(request))

    def _list(self, request: web.Request) -> dict[str, Any]:
        items = self.objects.get(request.path.rpartition("/")[2], [])
        start, size = int(request.query.get("continue", 0)), int(request.query.get("limit", 500))
        more = {"continue": str(start + size)} if start + size < len(items) else {}
        return {"items": items[start : start + size], "metadata": {"resourceVersion": "1", **more}}

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        if self.watches == "refused":
            refused = {"kind": "Status", "code": 429, "message": "too many requests"}
            return web.json_response(refused, status=429)
        response = web.StreamResponse()
        while self.watches != "granted":  # noqa: ASYNC110 a test says so at any time
            await asyncio.sleep(0.05)
        await response.prepare(request)
        while True:
            if self.watches == "granted":
                mark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "2"}}}
                await response.write(json.dumps(mark).encode() + b"\n")
            await asyncio.sleep(0.1)


def _discovery(path: str) -> dict[str, Any]:
    if path == "/api":
        return {"versions": ["v1"]}
    if path == "/apis":
        version = {"groupVersion": "kbots.dev/v1alpha1", "version": "v1alpha1"}
        group = {"name": "kbots.dev", "versions": [version], "preferredVersion": version}
        return {"groups": [group]}
    own = path.startswith("/apis")
    return {
        "resources": [
            {
                "name": plural,
                "singularName": "",
                "namespaced": plural != "namespaces",
                "kind": kind,
                "verbs": VERBS,
            }
            for plural, kind in PLURALS.items()
            if (plural == "tradingbots") == own
        ]
    }


@asynccontextmanager
async def running_api_server() -> AsyncIterator[ApiServer]:
    """Serve for the block."""
    server = ApiServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
