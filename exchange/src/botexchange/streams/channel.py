"""Reads one WebSocket until it ends; pings it, and ends it when its time is over."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from botcore.matching.refusals import VenueError
from botexchange.streams.connection import Connection
from botexchange.timeunit import is_micro

__all__ = ["Pace", "Timing", "open_socket", "refused", "serve"]

LONGEST_MESSAGE: Final = 64 * 1024
CLOSE_SECONDS: Final = 1.0
BURST_SECONDS: Final = 2.001  # worth of frames that may come at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a connection lives, in real seconds."""

    ping_seconds: float = 20
    """Between two pings of the server."""
    pong_seconds: float = 60
    """How long the client may take to answer one."""
    session_seconds: float = 86_400
    """After that the server closes the connection."""


@dataclass(slots=True)
class Pace:
    """Counts a connection's frames: `limit` per second, and as many again at once.

    The reserve is for frames that a client paced well and the network, or a busy server, bunched.
    """

    limit: int
    now: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)
    full_at: float = 0
    """When the reserve will be whole again."""

    def is_exceeded(self) -> bool:
        """Count a frame; tell whether it is one too many."""
        now = self.now()
        self.full_at = max(self.full_at, now) + 1 / self.limit
        return self.full_at - now > BURST_SECONDS


async def open_socket(request: web.Request) -> tuple[web.WebSocketResponse, bool]:
    """Upgrade a request; the flag says whether its times are in microseconds.

    Raises:
        VenueError: the time unit makes no sense.
        web.HTTPException: this is no WebSocket handshake.
    """
    micro = is_micro(request.query.get("timeUnit"))
    socket = web.WebSocketResponse(
        autoping=False, compress=False, max_msg_size=LONGEST_MESSAGE, timeout=CLOSE_SECONDS
    )
    await socket.prepare(request)
    return socket, micro


def refused(error: VenueError, headers: Mapping[str, str] | None = None) -> web.Response:
    """Refuse a handshake."""
    body = {"code": error.code, "msg": error.message}
    return web.json_response(body, status=error.status, headers=headers)


async def serve(
    socket: web.WebSocketResponse,
    connection: Connection,
    on_message: Callable[[str], Awaitable[None]],
    timing: Timing,
    pace: Pace | None = None,
) -> None:
    """Handle a connection's messages in order until either side ends."""
    keeper = asyncio.create_task(_keep(socket, connection, timing))
    try:
        async for message in socket:
            if pace is not None and pace.is_exceeded():
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Too many requests")
                break
            match message.type:
                case WSMsgType.TEXT:
                    await on_message(message.data)
                case WSMsgType.PING:
                    connection.pong(bytes(message.data))
                case WSMsgType.PONG:
                    connection.heard(bytes(message.data))
                case _:
                    await socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


async def _keep(socket: web.WebSocketResponse, connection: Connection, timing: Timing) -> None:
    """Ping until the client stays silent too long or the session's time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timing.session_seconds
    while (left := end - loop.time()) > 0:
        await asyncio.sleep(min(timing.ping_seconds, left))
        silent = connection.silent_since()
        if silent is not None and loop.time() - silent >= timing.pong_seconds:
            connection.abort()
            return
        if loop.time() < end:
            connection.ping(loop.time())
    await socket.close(code=WSCloseCode.GOING_AWAY, message=b"Session expired")
