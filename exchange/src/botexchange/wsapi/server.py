"""The WebSocket API's endpoint: /ws-api/v3."""

from dataclasses import dataclass, field
from typing import Final

import orjson
from aiohttp import web

from botcore.matching.refusals import VenueError
from botexchange.door import Door
from botexchange.limits import LimitError
from botexchange.streams.channel import Timing, open_socket, refused, serve
from botexchange.streams.connection import Connection
from botexchange.streams.server import counter_of, participant_of
from botexchange.wsapi.session import Session
from botexchange.wsapi.subscriptions import Subscriptions

__all__ = ["WsApi"]

CONNECT_WEIGHT: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WsApi:
    """Serves WebSocket API connections."""

    door: Door
    timing: Timing = field(default_factory=Timing)
    sessions: dict[Connection, Session] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        address, weights = request.remote or "", self.door.weights
        try:
            weights.connect(address)
            socket, is_micro = await open_socket(request)
        except LimitError as error:
            return refused(error, {"Retry-After": str(error.retry_seconds)})
        except VenueError as error:
            return refused(error)
        weights.add(address, CONNECT_WEIGHT)
        session = self._session(request, is_micro=is_micro)
        self.sessions[session.connection] = session
        try:
            await serve(socket, session.connection, session.receive, self.timing)
        finally:
            del self.sessions[session.connection]
            session.subscriptions.close()
            if self.door.gate is not None:
                self.door.gate.changed()
        return socket

    def drop_all(self) -> int:
        """Cut every connection; say how many there were."""
        found = list(self.sessions)
        for connection in found:
            connection.abort()
        return len(found)

    def revoke(self, key: str) -> None:
        """End what a key opened; its sessions notice at their next request."""
        for session in self.sessions.values():
            session.subscriptions.end_of(key)

    def shut_down(self, now_ms: int) -> None:
        """Tell every connection that the server will stop."""
        event = orjson.dumps({"event": {"e": "serverShutdown", "E": now_ms}})
        for connection in self.sessions:
            connection.push_soon(event)

    def _session(self, request: web.Request, *, is_micro: bool) -> Session:
        gate, venue = self.door.gate, self.door.venue
        participant = participant_of(request, gate)
        connection = Connection(request, counter_of(participant), is_micro=is_micro)
        return Session(
            door=self.door,
            connection=connection,
            subscriptions=Subscriptions(
                venue=venue, connection=connection, gate=gate, participant=participant
            ),
            address=request.remote or "",
            shows_limits=request.query.get("returnRateLimits") != "false",
            connected_ms=venue.now_ms(),
        )
