"""The WebSocket endpoints for market data: /ws/<stream> and /stream?streams=a/b."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import orjson
from aiohttp import web

from botcore.matching.refusals import VenueError
from botexchange.limits import LimitError, WeightCounter
from botexchange.lockstep.gate import Gate, Participant
from botexchange.quotas import Quotas
from botexchange.streams.channel import Pace, Timing, open_socket, refused, serve
from botexchange.streams.connection import Connection
from botexchange.streams.control import Control, is_stream
from botexchange.streams.hub import MarketHub

__all__ = ["MarketStreams", "counter_of", "participant_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketStreams:
    """Serves market data connections; the relay has neither gate nor weights."""

    hub: MarketHub
    gate: Gate | None = None
    weights: WeightCounter | None = None
    quotas: Quotas = field(default_factory=Quotas)
    timing: Timing = field(default_factory=Timing)

    def routes(self) -> list[web.RouteDef]:
        """List the paths of market data; some clients put a name of their own after /ws/."""
        paths = ("/stream", "/stream/", "/ws", "/ws/{tail:.*}")
        return [web.get(path, self.handle) for path in paths]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        try:
            if self.weights is not None:
                self.weights.connect(request.remote or "")
            streams = self._asked(request)
            socket, is_micro = await open_socket(request)
        except LimitError as error:
            return refused(error, {"Retry-After": str(error.retry_seconds)})
        except VenueError as error:
            return refused(error)
        participant = participant_of(request, self.gate)
        connection = Connection(request, counter_of(participant), is_micro=is_micro)
        connection.is_combined = _is_combined(request)
        self.hub.join(connection)
        for stream in streams:
            self.hub.subscribe(connection, stream)
        self._count(participant, 1)
        control = Control(hub=self.hub, connection=connection, most_streams=self.quotas.streams)
        try:
            pace = Pace(self.quotas.control_messages)
            await serve(socket, connection, control.receive, self.timing, pace)
        finally:
            self.hub.remove(connection)
            self._count(participant, -1)
        return socket

    def drop_all(self) -> int:
        """Cut every connection; say how many there were."""
        found = self.hub.connections()
        for connection in found:
            connection.abort()
        return len(found)

    def shut_down(self, now_ms: int) -> None:
        """Tell every connection that the server will stop."""
        self.hub.broadcast("!serverShutdown", orjson.dumps({"e": "serverShutdown", "E": now_ms}))
        self.hub.flush()

    def _asked(self, request: web.Request) -> list[str]:
        """List the streams of the address; some clients put a number where a name belongs."""
        if _is_combined(request):
            names = _combined(request.raw_path.partition("?")[2]).split("/")
        else:
            names = request.path.removeprefix("/ws").split("/")
        streams = [name for name in names if "@" in name]
        if len(streams) > self.quotas.streams or not all(map(is_stream, streams)):
            raise VenueError(-1100, "Illegal characters found in a stream's name.")
        return streams

    def _count(self, participant: Participant | None, change: int) -> None:
        if participant is not None and self.gate is not None:
            participant.market_connections += change
            if change < 0:
                participant.left()
            self.gate.changed()


def _is_combined(request: web.Request) -> bool:
    return request.path.startswith("/stream")


def _combined(query: str) -> str:
    """Give `streams` as it was sent: the plus sign of a time zone (kline_1d@+08:00) is no space."""
    name = "streams="
    found = (part for part in query.split("&") if part.startswith(name))
    return unquote(next(found, name).removeprefix(name))


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
