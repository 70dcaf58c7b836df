"""The WebSocket endpoints for market data: /ws/<stream> and /stream?streams=a/b."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from botexchange.lockstep.gate import Gate, Participant
from botexchange.streams.connection import Connection
from botexchange.streams.hub import MarketHub

__all__ = ["MarketStreams", "counter_of", "participant_of", "serve"]

PING_SECONDS = 20
MOST_STREAMS = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketStreams:
    """Serves market data connections."""

    hub: MarketHub
    gate: Gate | None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        participant = participant_of(request, self.gate)
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, compress=False)
        await socket.prepare(request)
        connection = Connection(socket, request, counter_of(participant))
        connection.is_combined = request.path == "/stream"
        for stream in _asked(request):
            self.hub.subscribe(connection, stream)
        self._count(participant, 1)
        try:
            await serve(socket, connection, lambda text: self._control(connection, text))
        finally:
            self.hub.remove(connection)
            self._count(participant, -1)
        return socket

    def _count(self, participant: Participant | None, change: int) -> None:
        if participant is not None and self.gate is not None:
            participant.market_connections += change
            self.gate.changed()

    async def _control(self, connection: Connection, text: str) -> None:
        """Answer SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS."""
        try:
            message = json.loads(text)
            number, method = message.get("id"), message["method"]
            streams = [str(name) for name in message.get("params") or []]
        except (ValueError, KeyError, TypeError, AttributeError):
            connection.reply('{"error":{"code":3,"msg":"Invalid JSON: expected a request"}}')
            return
        result: object = None
        match method:
            case "SUBSCRIBE":
                for stream in streams[:MOST_STREAMS]:
                    self.hub.subscribe(connection, stream)
            case "UNSUBSCRIBE":
                for stream in streams:
                    self.hub.unsubscribe(connection, stream)
            case "LIST_SUBSCRIPTIONS":
                result = self.hub.streams_of(connection)
            case _:
                error = {"code": 2, "msg": "Invalid request: unknown method"}
                connection.reply(json.dumps({"id": number, "error": error}))
                return
        connection.reply(json.dumps({"result": result, "id": number}))


async def serve(
    socket: web.WebSocketResponse, connection: Connection, on_text: Callable[[str], Awaitable[None]]
) -> None:
    """Read a connection's messages and write its queue until either side ends."""
    writer = asyncio.create_task(connection.write())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await on_text(message.data)
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


def counter_of(participant: Participant | None) -> Callable[[], None] | None:
    """Make the function that counts a pushed frame for a participant."""
    if participant is None:
        return None

    def count() -> None:
        participant.pushed += 1

    return count


def participant_of(request: web.Request, gate: Gate | None) -> Participant | None:
    """Find the lockstep participant a connection names."""
    name = request.query.get("lockstep")
    return gate.join(name) if gate is not None and name else None


def _asked(request: web.Request) -> list[str]:
    """List the streams of the address; some clients put a number where a name belongs."""
    if request.path == "/stream":
        names = request.query.get("streams", "").split("/")
    else:
        names = request.path.removeprefix("/ws").split("/")
    return [name for name in names if "@" in name]
