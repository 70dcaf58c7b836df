"""One WebSocket connection to upstream: asks for streams, answers pings, notices silence."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from typing import Final

import aiohttp
import structlog

from botcore.runtime.clock import Clock
from botexchange.upstream.messages import Frame, Reply, Shutdown, control, read_message

__all__ = ["MOST_STREAMS", "BannedError", "Link"]

_log = structlog.get_logger(__name__)
MOST_STREAMS: Final = 1_000  # of 1,024 per connection (TR-57)
BATCH: Final = 100  # streams per control message
CONTROL_SECONDS: Final = 0.3  # at most 5 messages per second, pongs included
PROBE_SECONDS: Final = 3.0
CONNECT_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 1.0
MOST_NONSENSE: Final = 100
BANS: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, 418})
BAN_SECONDS: Final = 60  # unless upstream says how long


class BannedError(Exception):
    """Upstream wants no connection from this address for a while."""

    def __init__(self, after_seconds: float) -> None:
        """Say how long."""
        self.after_seconds = after_seconds
        super().__init__(f"banned for {after_seconds} s")


class Link:
    """One connection. `run` ends when the connection does; nothing reconnects here."""

    def __init__(
        self,
        socket: "aiohttp.ClientWebSocketResponse[bool]",
        clock: Clock,
        deliver: Callable[[Frame], None],
        acknowledged: Callable[[list[str]], None],
    ) -> None:
        """Wrap an open socket; `acknowledged` hears of streams that flow from now on."""
        self.opened_at = self.heard_at = clock.boottime()
        self.is_retiring = False
        """Upstream said that it will close this connection."""
        self.flowing: set[str] = set()
        """Streams that upstream has acknowledged."""
        self._socket = socket
        self._clock = clock
        self._deliver = deliver
        self._acknowledged = acknowledged
        self._wanted: dict[str, None] = {}
        self._asked: dict[str, None] = {}
        self._halves: list[list[str]] = []
        self._pending: dict[int, list[str]] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._nonsense = 0

    @staticmethod
    async def connect(
        session: aiohttp.ClientSession, base: str
    ) -> "aiohttp.ClientWebSocketResponse[bool]":
        """Open a socket for combined streams.

        Raises:
            BannedError: upstream answers 429 or 418.
            OSError, TimeoutError, ClientError: it fails otherwise.
        """
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await session.ws_connect(
                    base.rstrip("/") + "/stream",
                    autoping=False,
                    decode_text=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                    max_msg_size=8 * 1024 * 1024,
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status not in BANS:
                raise
            text = error.headers.get("Retry-After", "") if error.headers else ""
            is_number = text.isascii() and text.isdigit() and len(text) < 7
            raise BannedError(max(int(text), 1) if is_number else BAN_SECONDS) from error

    def want(self, streams: Iterable[str]) -> None:
        """Ask for exactly these streams."""
        self._wanted = dict.fromkeys(streams)
        self._changed.set()

    @property
    def wanted(self) -> list[str]:
        """List the streams that are asked for."""
        return list(self._wanted)

    def has(self, streams: AbstractSet[str]) -> bool:
        """Tell whether those of these streams that are wanted are acknowledged."""
        return streams & self._wanted.keys() <= self.flowing

    def silent_seconds(self) -> float:
        """Give the time since upstream last said anything, pongs included."""
        return self._clock.boottime() - self.heard_at

    async def run(self) -> None:
        """Read and ask until the connection ends."""
        tasks = [asyncio.create_task(work()) for work in (self._read, self._ask, self._probe)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                    _log.error("upstream_link_failed", exc_info=outcome)
            await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            self.heard_at = self._clock.boottime()
            match message.type:
                case aiohttp.WSMsgType.PING:
                    await self._socket.pong(message.data)
                case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                    self._take(message.data)
                case aiohttp.WSMsgType.ERROR:
                    return
                case _:
                    pass

    def _take(self, raw: bytes) -> None:
        now_ms = round(self._clock.now().timestamp() * 1_000)
        message = read_message(raw, now_ms)
        match message:
            case Frame():
                if message.stream in self._asked:
                    self._deliver(message)
            case Reply():
                self._replied(message)
            case Shutdown():
                self.is_retiring = True
                _log.info("upstream_shuts_down")
            case None:
                self._nonsense += 1
                if self._nonsense in {1, MOST_NONSENSE}:
                    _log.warning("upstream_nonsense", times=self._nonsense)

    def _replied(self, reply: Reply) -> None:
        streams = self._pending.pop(reply.id, [])
        if reply.is_refused:
            self._refused(streams)
            return
        flowing = [name for name in streams if name in self._asked]
        self.flowing.update(flowing)
        if flowing:
            self._acknowledged(flowing)

    def _refused(self, streams: list[str]) -> None:
        """Ask for the halves of a refused batch: one bad name must not take the others with it."""
        if len(streams) < 2:
            _log.warning("upstream_refused_stream", streams=streams)
            return
        half = len(streams) // 2
        self._halves.extend((streams[:half], streams[half:]))
        self._changed.set()

    async def _ask(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            while batch := self._next_batch():
                method, streams = batch
                number = next(self._numbers)
                if method == "SUBSCRIBE":
                    self._pending[number] = streams
                await self._socket.send_str(control(method, streams, number))
                await asyncio.sleep(CONTROL_SECONDS)

    def _next_batch(self) -> tuple[str, list[str]] | None:
        gone = [name for name in self._asked if name not in self._wanted][:BATCH]
        if gone:
            for name in gone:
                del self._asked[name]
            self.flowing.difference_update(gone)
            return "UNSUBSCRIBE", gone
        while self._halves:
            if half := [name for name in self._halves.pop() if name in self._asked]:
                return "SUBSCRIBE", half
        new = [name for name in self._wanted if name not in self._asked][:BATCH]
        self._asked.update(dict.fromkeys(new))
        return ("SUBSCRIBE", new) if new else None

    async def _probe(self) -> None:
        """Ping a silent upstream, so that silence means a dead connection and not a quiet market."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            if self.silent_seconds() >= PROBE_SECONDS:
                await self._socket.ping()
