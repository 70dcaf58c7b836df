"""Answers the kubelet's probes, and whoever reads the figures."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from botoperator.adapters.metrics import OperatorMetrics
from botoperator.plan.health import Pulse, is_ready, problems

__all__ = ["serve_health"]


@asynccontextmanager
async def serve_health(
    port: int, pulse: Callable[[], Pulse], metrics: OperatorMetrics
) -> AsyncIterator[None]:
    """Serve /healthz, which fails while there are problems, /readyz and /metrics for the block.

    A loop that hangs answers none, which the kubelet takes as a failure too.
    """

    async def healthz(_: web.Request) -> web.Response:
        found = problems(pulse())
        return web.Response(text="; ".join(found) or "ok", status=503 if found else 200)

    async def readyz(_: web.Request) -> web.Response:
        seen = pulse()
        if is_ready(seen):
            return web.Response(text="ok")
        return web.Response(text="; ".join(problems(seen)) or "starting", status=503)

    async def figures(_: web.Request) -> web.Response:
        return web.Response(
            body=metrics.text().encode(), headers={"Content-Type": metrics.content_type}
        )

    app = web.Application()
    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", figures)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()
