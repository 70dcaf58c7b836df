"""What the relay says to its listeners: upstream's frames with metadata, and its own state."""

from typing import Final

import orjson

from botcore.runtime.clock import Clock
from botexchange.streams.connection import Connection
from botexchange.streams.hub import MarketHub
from botexchange.upstream.messages import Frame
from botexchange.upstream.streams import UpstreamStreams

__all__ = ["Outlet"]

STATUS_STREAM: Final = "!relay"


class Outlet:
    """Sends frames as upstream wrote them; a sibling of the payload says how fresh they are.

    `t` is when the frame came (ms), `a` how long upstream's connection has said nothing (ms),
    `s` whether that connection is live.
    """

    def __init__(self, hub: MarketHub, streams: UpstreamStreams, clock: Clock) -> None:
        """Speak through this hub."""
        self._hub = hub
        self._streams = streams
        self._clock = clock

    def now_ms(self) -> int:
        """Give the machine's time in ms."""
        return round(self._clock.now().timestamp() * 1_000)

    def publish(self, frame: Frame) -> None:
        """Send a frame to everybody who listens to its stream."""
        self._hub.publish(frame.stream, frame.payload, self._meta(frame))

    def send(self, connection: Connection, frame: Frame) -> None:
        """Send a frame to one listener."""
        self._hub.send(connection, frame.stream, frame.payload, self._meta(frame))

    def tell_status(self, *, is_live: bool) -> None:
        """Tell every connection whether upstream is live."""
        self._broadcast({"s": "live" if is_live else "stale", "a": self._streams.silent_ms()})

    def tell_gap(self, stream: str) -> None:
        """Tell every connection that frames of a stream are lost for good."""
        state = "live" if self._streams.is_live() else "stale"
        self._broadcast({"s": state, "a": self._streams.silent_ms(), "gap": stream})

    def _broadcast(self, facts: dict[str, object]) -> None:
        event = {"e": "relayStatus", "E": self.now_ms(), **facts}
        self._hub.broadcast(STATUS_STREAM, orjson.dumps(event))

    def _meta(self, frame: Frame) -> bytes:
        state = b"live" if self._streams.is_live(frame.stream) else b"stale"
        silent_ms = self._streams.silent_ms(frame.stream)
        return b'{"t":%d,"a":%d,"s":"%s"}' % (frame.received_ms, silent_ms, state)
