"""One WebSocket connection to upstream: asks for streams, answers pings, notices silence."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from typing import Final

import aiohttp
import structlog

from botcore.runtime.clock import Clock
from botexchange.upstream.messages import Frame, Reply, Shutdown, control, read_message

__all__ = ["MOST_STREAMS", "Link"]

_log = structlog.get_logger(__name__)
MOST_STREAMS: Final = 1_000  # of 1,024 per connection (TR-57)
BATCH: Final = 100  # streams per control message
CONTROL_SECONDS: Final = 0.3  # at most 5 messages per second, pongs included
PROBE_SECONDS: Final = 3.0
CONNECT_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 1.0
MOST_NONSENSE: Final = 100


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
        self._pending: dict[int, list[str]] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._nonsense = 0

    @staticmethod
    async def connect(
        session: aiohttp.ClientSession, base: str
    ) -> "aiohttp.ClientWebSocketResponse[bool]":
        """Open a socket for combined streams; OSError, TimeoutError or ClientError if it fails."""
        async with asyncio.timeout(CONNECT_SECONDS):
            return await session.ws_connect(
                base.rstrip("/") + "/stream",
                autoping=False,
                decode_text=False,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                max_msg_size=8 * 1024 * 1024,
            )

    def want(self, streams: Iterable[str]) -> None:
        """Ask for exactly these streams."""
        self._wanted = dict.fromkeys(streams)
        self._changed.set()

    def has_all(self) -> bool:
        """Tell whether every wanted stream is acknowledged."""
        return self._wanted.keys() <= self.flowing

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
            _log.warning("upstream_refused_streams", streams=streams[:5])
            return
        flowing = [name for name in streams if name in self._asked]
        self.flowing.update(flowing)
        if flowing:
            self._acknowledged(flowing)

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
        new = [name for name in self._wanted if name not in self._asked][:BATCH]
        self._asked.update(dict.fromkeys(new))
        return ("SUBSCRIBE", new) if new else None

    async def _probe(self) -> None:
        """Ping a silent upstream, so that silence means a dead connection and not a quiet market."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            if self.silent_seconds() >= PROBE_SECONDS:
                await self._socket.ping()
