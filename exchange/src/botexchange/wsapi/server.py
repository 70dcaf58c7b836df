"""The WebSocket API's endpoint: /ws-api/v3."""

from dataclasses import dataclass

from aiohttp import web

from botexchange.limits import OrderCounter, WeightCounter
from botexchange.lockstep.gate import Gate
from botexchange.streams.connection import Connection
from botexchange.streams.server import PING_SECONDS, counter_of, participant_of, serve
from botexchange.venue import Venue
from botexchange.wsapi.session import Session

__all__ = ["WsApi"]

CONNECT_WEIGHT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WsApi:
    """Serves WebSocket API connections."""

    venue: Venue
    weights: WeightCounter
    orders: OrderCounter
    gate: Gate | None
    connections: set[Connection]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        participant = participant_of(request, self.gate)
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, compress=False)
        await socket.prepare(request)
        connection = Connection(socket, request, counter_of(participant))
        session = Session(
            venue=self.venue,
            connection=connection,
            weights=self.weights,
            orders=self.orders,
            address=request.remote or "",
            gate=self.gate,
            participant=participant,
        )
        self.weights.add(session.address, CONNECT_WEIGHT)
        self.connections.add(connection)
        try:
            await serve(socket, connection, session.receive)
        finally:
            self.connections.discard(connection)
            session.close()
            if self.gate is not None:
                self.gate.changed()
        return socket

    def drop_all(self) -> int:
        """Cut every connection; say how many there were."""
        found = list(self.connections)
        for connection in found:
            connection.abort()
        return len(found)
