"""A venue that misbehaves on cue, for what the paper exchange can't be asked to do."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from botcore.runtime.clock import SystemClock
from botrunner.adapters.binance_client import Endpoints

Script = Callable[["Socket"], Awaitable[None]]


class Socket:
    """One WebSocket connection of the client."""

    def __init__(self, socket: web.WebSocketResponse, number: int, query: str) -> None:
        self._socket = socket
        self.number = number
        """Which connection this is, from 1."""
        self.query = query

    async def send(self, **body: object) -> None:
        await self._socket.send_str(json.dumps(body))

    async def close(self) -> None:
        await self._socket.close()

    async def answer(
        self, *, forever: bool = True, refuse: dict[str, object] | None = None
    ) -> None:
        """Answer pings and subscriptions; stops after the subscription unless `forever`."""
        async for message in self._socket:
            request = json.loads(message.data)
            is_subscription = request["method"].startswith("userDataStream")
            if is_subscription and refuse is not None:
                await self.send(id=request["id"], status=400, error=refuse)
            else:
                await self.send(id=request["id"], status=200, result={"subscriptionId": 0})
            if is_subscription and not forever:
                return

    async def silence(self) -> None:
        """Read and say nothing until the client goes."""
        async for _ in self._socket:
            pass


class ScriptedVenue:
    """Answers every connection by its script, and REST by a list of prepared answers."""

    def __init__(self) -> None:
        self.port = 0
        self.script: Script = Socket.silence
        self.connected_at: list[float] = []
        self.answers: list[web.Response] = []
        self.requests: list[dict[str, str]] = []
        self.peers: list[int] = []
        """The port each REST request came from: what came by one connection came from one."""
        self.ahead_ms = 0
        """How far the venue's clock is ahead of ours."""

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(
            rest_url=f"http://127.0.0.1:{self.port}",
            ws_api_url=f"ws://127.0.0.1:{self.port}/ws-api/v3",
            stream_url=f"ws://127.0.0.1:{self.port}",
        )

    async def socket(self, request: web.Request) -> web.StreamResponse:
        self.connected_at.append(asyncio.get_running_loop().time())
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self.script(Socket(socket, len(self.connected_at), request.query_string))
        return socket

    async def time(self, _request: web.Request) -> web.Response:
        now = SystemClock().now().timestamp()
        return web.json_response({"serverTime": round(now * 1_000) + self.ahead_ms})

    async def rest(self, request: web.Request) -> web.Response:
        transport = request.transport
        self.peers.append(transport.get_extra_info("peername")[1] if transport else 0)
        self.requests.append({"path": request.path, **request.query, **await request.post()})
        return self.answers.pop(0)


@asynccontextmanager
async def scripted_venue(port: int = 0) -> AsyncIterator[ScriptedVenue]:
    """Run a scripted venue for the block."""
    venue = ScriptedVenue()
    app = web.Application()
    app.router.add_get("/stream", venue.socket)
    app.router.add_get("/ws-api/v3", venue.socket)
    app.router.add_get("/api/v3/time", venue.time)
    app.router.add_route("*", "/{path:.*}", venue.rest)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    venue.port = runner.addresses[0][1]
    try:
        yield venue
    finally:
        await runner.cleanup()


def kline(symbol: str = "BTCUSDT", interval: str = "1m", *, opened: int = 0, closed: bool = True):
    """Make a combined kline frame."""
    candle = {
        "t": opened, "T": opened + 59_999, "s": symbol, "i": interval, "f": 1, "L": 2,
        "o": "1.1", "c": "1.2", "h": "1.3", "l": "1.0", "v": "5", "n": 2, "x": closed,
        "q": "6", "V": "1", "Q": "1", "B": "0",
    }  # fmt: skip
    data = {"e": "kline", "E": opened + 60_000, "s": symbol, "k": candle}
    return {"stream": f"{symbol.lower()}@kline_{interval}", "data": data}
