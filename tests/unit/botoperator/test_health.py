"""The health port, asked over HTTP."""

import aiohttp

from botoperator.adapters.health_server import serve_health
from tests.support.postgres import free_port


async def test_probes_follow_what_is_wrong() -> None:
    problems: list[str] = []
    ready: list[bool] = []
    port = free_port()

    async def ask(path: str) -> tuple[int, str]:
        async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, await answer.text()

    async with (
        serve_health(port, lambda: problems, lambda: bool(ready)),
        aiohttp.ClientSession() as session,
    ):
        before = await ask("/healthz"), await ask("/readyz")
        problems.append("no answer about the Lease for 46 s")
        ready.append(True)
        after = await ask("/healthz"), await ask("/readyz")

    assert before == ((200, "ok"), (503, "starting"))
    assert after == ((503, "no answer about the Lease for 46 s"), (200, "ok"))
