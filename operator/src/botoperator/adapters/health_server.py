"""Answers the kubelet's probes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

__all__ = ["serve_health"]


@asynccontextmanager
async def serve_health(
    port: int, problems: Callable[[], Sequence[str]], is_ready: Callable[[], bool]
) -> AsyncIterator[None]:
    """Serve /healthz, which fails while there are problems, and /readyz, for the block.

    A loop that hangs answers neither, which the kubelet takes as a failure too.
    """

    async def healthz(_: web.Request) -> web.Response:
        found = problems()
        return web.Response(text="; ".join(found) or "ok", status=503 if found else 200)

    async def readyz(_: web.Request) -> web.Response:
        ready = is_ready()
        return web.Response(text="ok" if ready else "starting", status=200 if ready else 503)

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()
