"""The proxy itself: HTTP before an API server's HTTPS, on a thread of its own."""

import asyncio
import base64
import json
import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web
from yarl import URL

from tests.support.faults.choosing import Asked, Fault, Faults

__all__ = ["FaultProxy", "Moment", "Write", "running_proxy"]

# Of one connection each.
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
CALM = Faults(0, {})
# So small that the API server's own `continue` is needed for a handful of objects.
CHUNK = "2"
START_SECONDS = 20
CLOSE_SECONDS = 0.5


class Moment(StrEnum):
    """Where a write is: about to be passed on, or carried out and not yet answered."""

    BEFORE = "1 before"
    AFTER = "2 after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write that reached the API server, and what it answered."""

    asked: Asked
    status: int


@dataclass(kw_only=True)
class FaultProxy:
    """What it does to requests may be changed while it runs."""

    server: str
    certificates: ssl.SSLContext | None
    faults: Faults = CALM
    on_write: Callable[[Asked, Moment], bool] = lambda _asked, _moment: True
    """Asked of every write but the leader's; False ends it unanswered."""
    port: int = 0
    writes: list[Write] = field(default_factory=list)
    forced: list[str] = field(default_factory=list)
    """Removals without a grace period."""
    met: Counter[Fault] = field(default_factory=Counter)
    decisions: list[str] = field(default_factory=list)
    """A line for every request that met a fault or wrote."""

    def be_calm(self) -> None:
        self.faults = CALM

    def kubeconfig(self, of: Path, path: Path) -> Path:
        """Write a kubeconfig that leads here with the other's users."""
        config = yaml.safe_load(of.read_text(encoding="utf-8"))
        for one in config["clusters"]:
            one["cluster"] = {"server": f"http://127.0.0.1:{self.port}"}
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        path.chmod(0o600)
        return path

    async def serve(self, started: threading.Event, stop: asyncio.Event) -> None:
        """Serve until told to stop."""
        connector = aiohttp.TCPConnector(limit=0, ssl=self.certificates or False)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
            app = web.Application(client_max_size=16 * 1024**2)

            async def answer(request: web.Request) -> web.StreamResponse:
                return await self._answer(request, session)

            app.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(
                app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
            )
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.port = runner.addresses[0][1]
            started.set()
            await stop.wait()
            await runner.cleanup()
        # TLS says goodbye after the session is closed, and nobody can be asked when it has.
        await asyncio.sleep(CLOSE_SECONDS)

    async def _answer(
        self, request: web.Request, session: aiohttp.ClientSession
    ) -> web.StreamResponse:
        body = await request.read()
        asked = Asked(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            text=body.decode(),
        )
        if asked.forces(json.loads(body) if body else None):
            self.forced.append(asked.kind)
        fault, chance = self.faults.choose(asked)
        if fault is not None or asked.is_write:
            self.decisions.append(f"{time.monotonic():.3f} {asked.kind} {fault or 'passed'}")
        if fault is not None:
            self.met[fault] += 1
        match fault:
            case None | Fault.LOST_ANSWER | Fault.CUT:
                return await self._pass_on(request, asked, session, (fault, chance))
            case Fault.DELAY:
                await asyncio.sleep(chance.uniform(0.05, 1.5))
                return await self._pass_on(request, asked, session, (None, chance))
            case Fault.SILENT:
                return await _never()
            case Fault.GONE if asked.is_watch and chance.random() < 0.5:
                return web.json_response({"type": "ERROR", "object": _status(fault)})
            case _:
                return _refusal(fault)

    async def _pass_on(
        self,
        request: web.Request,
        asked: Asked,
        session: aiohttp.ClientSession,
        fate: tuple[Fault | None, random.Random],
    ) -> web.StreamResponse:
        fault, chance = fate
        counts = asked.is_write and not asked.is_of_leader
        if counts and not self.on_write(asked, Moment.BEFORE):
            return _drop(request)
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP
        }
        body = await request.read()
        async with session.request(
            request.method,
            self._target(request, asked),
            headers=headers,
            data=body or None,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            if counts:
                self.writes.append(Write(asked=asked, status=answer.status))
                if not self.on_write(asked, Moment.AFTER):
                    return _drop(request)
            if fault is Fault.LOST_ANSWER:
                return _drop(request)
            seconds = chance.uniform(0.1, 3.0) if fault is Fault.CUT else None
            return await _relay(request, answer, seconds)

    def _target(self, request: web.Request, asked: Asked) -> URL:
        target = URL(self.server + request.raw_path, encoded=True)
        is_list = asked.method == "GET" and "limit" in asked.query and not asked.is_watch
        return target.update_query(limit=CHUNK) if is_list else target


async def _relay(
    request: web.Request, answer: aiohttp.ClientResponse, seconds: float | None
) -> web.StreamResponse:
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
    response = web.StreamResponse(status=answer.status, headers=kept)
    try:
        await response.prepare(request)
        async with asyncio.timeout(seconds):
            async for part in answer.content.iter_any():
                await response.write(part)
        await response.write_eof()
    except TimeoutError:
        await response.write(b'{"type": "MODI')
        return _drop(request)
    except ConnectionError:
        return _drop(request)  # the client is gone
    return response


def _drop(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _never() -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


def _refusal(fault: Fault) -> web.Response:
    headers = {"Retry-After": "1"} if fault in {Fault.BUSY, Fault.UNAVAILABLE} else {}
    return web.json_response(_status(fault), status=int(fault), headers=headers)


def _status(fault: Fault) -> dict[str, Any]:
    code = HTTPStatus(int(fault))
    reasons = {Fault.GONE: "Expired", Fault.BUSY: "TooManyRequests", Fault.BROKEN: "InternalError"}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"a fault of the test: {code.phrase}",
        "reason": reasons.get(fault, code.phrase.replace(" ", "")),
        "code": code.value,
    }


@contextmanager
def running_proxy(kubeconfig: Path, folder: Path) -> Iterator[FaultProxy]:
    """Serve before the API server of a kubeconfig for the block; leaves its decisions in `folder`."""
    cluster = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
    proxy = FaultProxy(server=cluster["server"].rstrip("/"), certificates=_certificates(cluster))
    loop, started, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(proxy.serve(started, stop)), name="faults"
    )
    thread.start()
    try:
        assert started.wait(START_SECONDS), "the proxy does not start"
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
        (folder / "faults.log").write_text("\n".join(proxy.decisions), encoding="utf-8")


def _certificates(cluster: dict[str, Any]) -> ssl.SSLContext | None:
    if not cluster["server"].startswith("https"):
        return None
    text = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return ssl.create_default_context(cadata=text)
