"""One WebSocket to a client: frames go out in order, a slow client harms nobody else."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import structlog
from aiohttp import web

from botexchange.streams.wire import ping_frame, pong_frame, text_frame
from botexchange.timeunit import frame_in_micros

__all__ = ["Connection", "Feed"]

_log = structlog.get_logger(__name__)
MOST_WAITING: Final = 1024 * 1024
"""Bytes that may wait for a client beside what the kernel holds."""
KERNEL_BYTES: Final = 128 * 1024  # else megabytes would hide a slow client
MOST_PINGS: Final = 8
Feed = Callable[[], None]


class Connection:
    """Writes whole frames to the transport itself, one write for all that gathered."""

    def __init__(
        self, request: web.Request, on_data: Feed | None = None, *, is_micro: bool = False
    ) -> None:
        """Wrap a socket that has been upgraded; `on_data` is called for each data frame."""
        self.is_combined = False
        self.is_micro = is_micro
        self._transport = request.transport
        if request.transport is not None:
            raw = request.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        self._on_data = on_data
        self._outbox: list[bytes] = []
        self._is_flushing = False
        self._pinged_at: list[tuple[bytes, float]] = []

    @property
    def variant(self) -> int:
        """Number the four ways to write a market frame: 1 = combined, 2 = in microseconds."""
        return self.is_combined + 2 * self.is_micro

    def push(self, frame: bytes) -> None:
        """Queue an encoded frame of market or user data; `flush` sends it."""
        if self._on_data is not None:
            self._on_data()
        self._outbox.append(frame)

    def push_soon(self, payload: bytes) -> None:
        """Send a payload of market or user data at the end of this turn of the loop."""
        self.push(text_frame(frame_in_micros(payload) if self.is_micro else payload))
        if not self._is_flushing:
            self._is_flushing = True
            asyncio.get_running_loop().call_soon(self.flush)

    def reply(self, payload: bytes) -> None:
        """Send an answer to the client's own message at once."""
        self._outbox.append(text_frame(payload))
        self.flush()

    def flush(self) -> None:
        """Write what is queued; a client that reads too slowly is cut off."""
        self._is_flushing = False
        if not self._outbox:
            return
        data = self._outbox[0] if len(self._outbox) == 1 else b"".join(self._outbox)
        self._outbox.clear()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        waiting = transport.get_write_buffer_size()
        if waiting > MOST_WAITING:
            _log.warning("connection_too_slow", waiting=waiting)
            transport.abort()
            return
        transport.write(data)

    def ping(self, now: float) -> None:
        """Ask whether the client is there; the pong must carry the same payload."""
        payload = str(round(now * 1_000)).encode()
        self._pinged_at = [*self._pinged_at[1 - MOST_PINGS :], (payload, now)]
        self._outbox.append(ping_frame(payload))
        self.flush()

    def pong(self, payload: bytes) -> None:
        """Answer the client's ping."""
        self._outbox.append(pong_frame(payload))
        self.flush()

    def heard(self, payload: bytes) -> None:
        """Take the client's pong; one that answers no ping counts for nothing."""
        for index, (sent, _) in enumerate(self._pinged_at):
            if sent == payload:
                self._pinged_at = self._pinged_at[index + 1 :]
                return

    def silent_since(self) -> float | None:
        """Give the time of the oldest ping without its pong."""
        return self._pinged_at[0][1] if self._pinged_at else None

    def abort(self) -> None:
        """Cut the connection at once."""
        if self._transport is not None:
            self._transport.abort()
