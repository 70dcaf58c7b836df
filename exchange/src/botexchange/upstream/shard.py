"""A share of the streams, kept flowing over one connection after another."""

import asyncio
import secrets
from collections import deque
from typing import Final, Protocol

import aiohttp
import structlog

from botcore.runtime.clock import Clock
from botexchange.upstream.link import Link
from botexchange.upstream.messages import Frame

__all__ = ["Shard", "ShardListener"]

_log = structlog.get_logger(__name__)
_random = secrets.SystemRandom()
RENEW_SECONDS: Final = 23 * 3_600  # Binance cuts at 24 h
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
STEADY_SECONDS: Final = 60.0  # a connection that lasted so long starts the backoff anew
OVERLAP_SECONDS: Final = 2.0
HANDOVER_SECONDS: Final = 20.0
WATCH_SECONDS: Final = 0.25
REMEMBERED: Final = 20_000


class ShardListener(Protocol):
    """Hears frames and resumed streams."""

    def deliver(self, frame: Frame) -> None:
        """Take a frame."""
        ...

    def resumed(self, streams: list[str]) -> None:
        """Hear that streams flow again."""
        ...


class Shard:
    """Up to 1,000 streams on one connection; a second one only while the first is replaced."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        clock: Clock,
        stale_seconds: float,
        listener: ShardListener,
    ) -> None:
        """Start with no stream and no connection."""
        self.streams: dict[str, None] = {}
        self._session = session
        self._base = base
        self._clock = clock
        self._stale_seconds = stale_seconds
        self._listener = listener
        self._heard_at = clock.boottime()
        self._link: Link | None = None
        self._next: Link | None = None
        self._seen: set[tuple[str, bytes]] = set()
        self._order: deque[tuple[str, bytes]] = deque()
        self._lost: set[str] = set()
        """Streams that flowed and stopped: the listener hears when they are back."""

    def add(self, stream: str) -> None:
        """Let a stream flow."""
        self.streams[stream] = None
        self._tell_links()

    def discard(self, stream: str) -> None:
        """Let a stream end."""
        self.streams.pop(stream, None)
        self._lost.discard(stream)
        self._tell_links()

    def flowing(self) -> set[str]:
        """Give the streams that upstream has acknowledged on the present connection."""
        return self._link.flowing if self._link is not None else set()

    def is_live(self) -> bool:
        """Tell whether there is a connection that was heard from lately."""
        return self._link is not None and self._link.silent_seconds() < self._stale_seconds

    def silent_ms(self) -> int:
        """Give the time since upstream last said anything here."""
        if self._link is not None:
            self._heard_at = max(self._heard_at, self._link.heard_at)
        return max(0, round((self._clock.boottime() - self._heard_at) * 1_000))

    async def run(self) -> None:
        """Stay connected until cancelled; backs off even if connects succeed (TR-58)."""
        pause = 0.0
        while True:
            await asyncio.sleep(_random.uniform(pause / 2, pause))
            began = self._clock.boottime()
            link = await self._open()
            if link is not None:
                await self._live(link)
            lasted = self._clock.boottime() - began
            pause = FIRST_PAUSE if lasted > STEADY_SECONDS else min(LONGEST_PAUSE, pause * 2)
            pause = max(pause, FIRST_PAUSE)

    async def _open(self) -> Link | None:
        try:
            socket = await Link.connect(self._session, self._base)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("upstream_connect_failed", cause=type(error).__name__)
            return None
        link = Link(socket, self._clock, self._deliver, self._acknowledged)
        link.want(self.streams)
        return link

    async def _live(self, link: Link) -> None:
        """Serve from a connection and its successors until one is lost without a successor."""
        task: asyncio.Task[None] | None = asyncio.create_task(link.run())
        try:
            while task is not None:
                self._link = link
                _log.info("upstream_connected", streams=len(self.streams))
                link, task = await self._follow(link, task)
        finally:
            if self._link is not None:
                self._heard_at = max(self._heard_at, self._link.heard_at)
                self._lost |= self._link.flowing & self.streams.keys()
            self._link = None
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        _log.warning("upstream_lost", streams=len(self.streams))

    async def _follow(
        self, link: Link, task: asyncio.Task[None]
    ) -> tuple[Link, asyncio.Task[None] | None]:
        """Watch a connection; give its successor, or no task if it is gone."""
        age_limit = RENEW_SECONDS - _random.uniform(0, 600)
        while not task.done():
            await asyncio.wait([task], timeout=WATCH_SECONDS)
            if link.silent_seconds() > self._stale_seconds:
                _log.warning("upstream_silent")
                break
            is_old = self._clock.boottime() - link.opened_at > age_limit
            if (is_old or link.is_retiring) and not task.done():
                successor = await self._renew(task)
                if successor is not None:
                    return successor
                link.is_retiring = False
                age_limit += 600
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return link, None

    async def _renew(self, old: asyncio.Task[None]) -> tuple[Link, asyncio.Task[None]] | None:
        """Open the next connection before the old one ends; None if that fails."""
        link = await self._open()
        if link is None:
            return None
        self._next = link
        task = asyncio.create_task(link.run())
        is_taken = False
        try:
            has_gap = await self._overlap(link, task, old)
            is_taken = link.has_all() and not task.done()
        finally:
            self._next = None
            self._seen.clear()
            self._order.clear()
            if not is_taken:
                task.cancel()
        if not is_taken:
            return None
        old.cancel()
        await asyncio.gather(old, return_exceptions=True)
        if has_gap:
            self._listener.resumed(sorted(link.flowing))
        return link, task

    async def _overlap(self, link: Link, task: asyncio.Task[None], old: asyncio.Task[None]) -> bool:
        """Let both connections run until the new one has every stream; true if the old one ended before."""
        deadline = self._clock.boottime() + HANDOVER_SECONDS
        while not link.has_all() and not task.done() and self._clock.boottime() < deadline:
            await asyncio.wait([task], timeout=WATCH_SECONDS / 5)
        has_gap = old.done()
        await asyncio.wait([old], timeout=OVERLAP_SECONDS)
        return has_gap

    def _deliver(self, frame: Frame) -> None:
        if self._next is not None:
            mark = (frame.stream, frame.payload)
            if mark in self._seen:
                return
            self._seen.add(mark)
            self._order.append(mark)
            if len(self._order) > REMEMBERED:
                self._seen.discard(self._order.popleft())
        self._listener.deliver(frame)

    def _acknowledged(self, streams: list[str]) -> None:
        back = [name for name in streams if name in self._lost and self._next is None]
        self._lost.difference_update(back)
        if back:
            self._listener.resumed(back)

    def _tell_links(self) -> None:
        for link in (self._link, self._next):
            if link is not None:
                link.want(self.streams)
