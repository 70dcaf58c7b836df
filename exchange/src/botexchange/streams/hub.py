"""Who listens to what: market streams by name, user data by account.

A frame is encoded once for each way of writing it, however many listen.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import orjson

from botexchange.faults import FaultBoard
from botexchange.streams.connection import Connection
from botexchange.streams.user_events import subscribed
from botexchange.streams.wire import text_frame
from botexchange.timeunit import frame_in_micros

__all__ = ["MarketHub", "UserHub"]

HOLD_SECONDS: Final = 0.005


class MarketHub:
    """Subscriptions to market streams."""

    def __init__(
        self, *, hold_seconds: float = HOLD_SECONDS, faults: FaultBoard | None = None
    ) -> None:
        """Start with nobody listening; flushes are at least `hold_seconds` apart."""
        self.on_change: Callable[[str, bool], None] | None = None
        """Told when a stream gets its first listener or loses its last."""
        self.on_join: Callable[[Connection, str], None] | None = None
        """Told about each new listener of a stream."""
        self._faults = faults
        self._hold_seconds = hold_seconds
        self._groups: dict[str, dict[int, dict[Connection, None]]] = {}
        self._streams: dict[Connection, dict[str, None]] = {}
        self._held: dict[str, bytes] = {}
        self._dirty: set[Connection] = set()
        self._flushed = 0.0
        self._is_scheduled = False

    def join(self, connection: Connection) -> None:
        """Take a connection that listens to nothing yet."""
        self._streams.setdefault(connection, {})

    def subscribe(self, connection: Connection, stream: str) -> None:
        """Send a stream to a connection from now on."""
        mine = self._streams.setdefault(connection, {})
        if stream in mine:
            return
        mine[stream] = None
        is_first = stream not in self._groups
        self._groups.setdefault(stream, {}).setdefault(connection.variant, {})[connection] = None
        if is_first and self.on_change is not None:
            self.on_change(stream, True)  # noqa: FBT003 a callback has no keywords
        if self.on_join is not None:
            self.on_join(connection, stream)

    def unsubscribe(self, connection: Connection, stream: str) -> None:
        """Stop sending a stream to a connection."""
        if self._streams.get(connection, {}).pop(stream, 0) == 0:
            return
        groups = self._groups[stream]
        listeners = groups[connection.variant]
        del listeners[connection]
        if not listeners:
            del groups[connection.variant]
        if not groups:
            del self._groups[stream]
            self._held.pop(stream, None)
            if self.on_change is not None:
                self.on_change(stream, False)  # noqa: FBT003 a callback has no keywords

    def remove(self, connection: Connection) -> None:
        """Forget a closed connection."""
        for stream in self.streams_of(connection):
            self.unsubscribe(connection, stream)
        self._streams.pop(connection, None)
        self._dirty.discard(connection)

    def set_combined(self, connection: Connection, *, is_combined: bool) -> None:
        """Change how a connection's frames are wrapped."""
        streams, before = self._streams.get(connection, {}), connection.variant
        connection.is_combined = is_combined
        if connection.variant == before:
            return
        for stream in streams:
            groups = self._groups[stream]
            del groups[before][connection]
            if not groups[before]:
                del groups[before]
            groups.setdefault(connection.variant, {})[connection] = None

    def streams_of(self, connection: Connection) -> list[str]:
        """List what a connection listens to."""
        return list(self._streams.get(connection, ()))

    def streams(self) -> list[str]:
        """List the streams somebody listens to."""
        return list(self._groups)

    def is_wanted(self, stream: str) -> bool:
        """Tell whether somebody listens to a stream."""
        return stream in self._groups

    def connections(self) -> list[Connection]:
        """List every open connection."""
        return list(self._streams)

    def publish(self, stream: str, payload: str | bytes, meta: bytes | None = None) -> None:
        """Send a payload to everybody who listens to its stream.

        `meta` is JSON that goes with it under the name `relay`.
        """
        groups = self._groups.get(stream)
        if groups is None:
            return
        raw = payload.encode() if isinstance(payload, str) else payload
        for one in (raw,) if self._faults is None else self._spoilt(stream, raw):
            for variant, listeners in groups.items():
                frame = text_frame(_written(variant, stream, one, meta))
                for connection in listeners:
                    connection.push(frame)
                self._dirty.update(listeners)
        self._schedule()

    def send(
        self, connection: Connection, stream: str, payload: str | bytes, meta: bytes | None = None
    ) -> None:
        """Send a stream's payload to one connection."""
        raw = payload.encode() if isinstance(payload, str) else payload
        connection.push(text_frame(_written(connection.variant, stream, raw, meta)))
        self._dirty.add(connection)
        self._schedule()

    def broadcast(self, stream: str, payload: str | bytes) -> None:
        """Send a payload to every connection, whatever it listens to."""
        for connection in self._streams:
            self.send(connection, stream, payload)

    def flush(self) -> None:
        """Write what is queued, one write for each connection."""
        self._is_scheduled = False
        self._flushed = asyncio.get_running_loop().time()
        dirty, self._dirty = self._dirty, set()
        for connection in dirty:
            connection.flush()

    def _schedule(self) -> None:
        """Flush at the end of this turn of the loop, but not too soon after the last time."""
        if self._is_scheduled:
            return
        self._is_scheduled = True
        loop = asyncio.get_running_loop()
        wait = self._flushed + self._hold_seconds - loop.time()
        if wait > 0:
            loop.call_later(wait, self.flush)
        else:
            loop.call_soon(self.flush)

    def _spoilt(self, stream: str, payload: bytes) -> Iterable[bytes]:
        """Apply the switched-on frame faults: twice, or after its successor."""
        held = self._held.pop(stream, None)
        if held is not None:
            return (payload, held)
        fault = self._faults.take_frame(stream) if self._faults is not None else None
        if fault is None:
            return (payload,)
        if fault.is_duplicate:
            return (payload, payload)
        self._held[stream] = payload
        return ()


class UserHub:
    """Subscriptions to the user data of accounts."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: dict[int, dict[tuple[Connection, int], None]] = {}
        self._held: dict[int, list[bytes]] = {}

    def subscribe(self, uid: int, connection: Connection, subscription: int) -> None:
        """Send an account's events to a connection under a subscription's id."""
        self._listeners.setdefault(uid, {})[connection, subscription] = None

    def unsubscribe(self, uid: int, connection: Connection, subscription: int) -> None:
        """Stop sending an account's events under a subscription's id."""
        listeners = self._listeners.get(uid, {})
        listeners.pop((connection, subscription), None)
        if not listeners:
            self._listeners.pop(uid, None)

    def publish(self, uid: int, payload: str | bytes) -> int:
        """Send an event to everybody who listens to an account; say to how many."""
        listeners = self._listeners.get(uid)
        if listeners is None:
            return 0
        raw = payload.encode() if isinstance(payload, str) else payload
        if uid in self._held:
            self._held[uid].append(raw)
        else:
            for connection, subscription in list(listeners):
                connection.push_soon(subscribed(subscription, raw))
        return len(listeners)

    def is_wanted(self, uid: int) -> bool:
        """Tell whether somebody listens to an account."""
        return uid in self._listeners

    def count(self) -> int:
        """Count the subscriptions to all accounts."""
        return sum(map(len, self._listeners.values()))

    def hold(self, uid: int) -> None:
        """Keep an account's events back until they are released (a fault)."""
        self._held.setdefault(uid, [])

    def release(self, uid: int) -> None:
        """Send what was held back, in its order."""
        for payload in self._held.pop(uid, []):
            self.publish(uid, payload)


def _written(variant: int, stream: str, payload: bytes, meta: bytes | None) -> bytes:
    """Write a payload in one of the four ways of `Connection.variant`."""
    if variant & 2:
        payload = frame_in_micros(payload)
    if variant & 1:
        name = orjson.dumps(stream)
        if meta is None:
            return b'{"stream":%b,"data":%b}' % (name, payload)
        return b'{"stream":%b,"data":%b,"relay":%b}' % (name, payload, meta)
    if meta is None or not payload.endswith(b"}"):
        return payload
    return b'%b,"relay":%b}' % (payload[:-1], meta)
