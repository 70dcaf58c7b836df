"""One WebSocket to a client, with a bounded queue so that a slow one harms nobody else."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog
from aiohttp import web

__all__ = ["Connection", "Feed"]

_log = structlog.get_logger(__name__)
MOST_WAITING: Final = 2_000
KERNEL_BYTES: Final = 128 * 1024  # else megabytes would hide a slow client
Feed = Callable[[], None]


class Connection:
    """Frames go out in order; a client that lets too many wait is cut off."""

    def __init__(
        self, response: web.WebSocketResponse, request: web.Request, on_data: Feed | None = None
    ) -> None:
        """Wrap a prepared socket; `on_data` is called for each frame of market or user data."""
        self.is_combined = False
        self._response = response
        self._transport = request.transport
        if request.transport is not None:
            raw = request.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        self._on_data = on_data
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()

    def push(self, text: str) -> None:
        """Send a frame of market or user data."""
        if self._on_data is not None:
            self._on_data()
        self.reply(text)

    def reply(self, text: str) -> None:
        """Send an answer to the client's own message."""
        if len(self._waiting) >= MOST_WAITING:
            _log.warning("connection_too_slow", waiting=len(self._waiting))
            self._waiting.clear()
            self.abort()
            return
        self._waiting.append(text)
        self._wake.set()

    def abort(self) -> None:
        """Cut the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._response.send_str(self._waiting.popleft())
