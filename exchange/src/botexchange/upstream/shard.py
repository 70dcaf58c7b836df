"""A share of the streams, kept flowing over one connection after another."""

import asyncio
import secrets
from typing import Final, Protocol

import aiohttp
import structlog

from botcore.runtime.clock import Clock
from botexchange.upstream.handover import Handover
from botexchange.upstream.link import BannedError, Link
from botexchange.upstream.messages import Frame

__all__ = ["LIFE_SECONDS", "Shard", "ShardListener"]

_log = structlog.get_logger(__name__)
_random = secrets.SystemRandom()
LIFE_SECONDS: Final = 23 * 3_600.0  # Binance cuts at 24 h
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
STEADY_SECONDS: Final = 60.0  # a connection that lasted so long starts the backoff anew
OVERLAP_SECONDS: Final = 2.0
HANDOVER_SECONDS: Final = 20.0
WATCH_SECONDS: Final = 0.25
JITTER: Final = 40  # of a connection's life, so that replicas do not renew together


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
        life_seconds: float = LIFE_SECONDS,
    ) -> None:
        """Start with no stream and no connection; one that lived so long is replaced."""
        self.streams: dict[str, None] = {}
        self._session = session
        self._base = base
        self._clock = clock
        self._stale_seconds = stale_seconds
        self._listener = listener
        self._heard_at = clock.boottime()
        self._link: Link | None = None
        self._next: Link | None = None
        self._was_open = False
        self._life_seconds = life_seconds
        self._banned_until = self._heard_at
        self._handover = Handover(listener.deliver, clock)
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

    def is_opening(self) -> bool:
        """Tell whether this is a first connection that is not late yet."""
        return not self._was_open and self.silent_ms() < self._stale_seconds * 1_000

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
            await asyncio.sleep(self._banned_until - self._clock.boottime())

    async def _open(self) -> Link | None:
        if self._clock.boottime() < self._banned_until:
            return None
        try:
            socket = await Link.connect(self._session, self._base)
        except BannedError as error:
            self._banned_until = self._clock.boottime() + error.after_seconds
            _log.warning("upstream_banned", seconds=error.after_seconds)
            return None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("upstream_connect_failed", cause=type(error).__name__)
            return None
        link = Link(socket, self._clock, lambda frame: self._take(link, frame), self._acknowledged)
        link.want(self.streams)
        return link

    async def _live(self, link: Link) -> None:
        """Serve from a connection and its successors until one is lost without a successor."""
        task: asyncio.Task[None] | None = asyncio.create_task(link.run())
        try:
            while task is not None:
                self._link, self._was_open = link, True
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
        jitter = self._life_seconds / JITTER
        age_limit = self._life_seconds - _random.uniform(0, jitter)
        while not task.done():
            await asyncio.wait([task], timeout=WATCH_SECONDS)
            if link.silent_seconds() > self._stale_seconds:
                _log.warning("upstream_silent")
                break
            is_old = self._clock.boottime() - link.opened_at > age_limit
            if (is_old or link.is_retiring) and not task.done():
                successor = await self._renew(link, task)
                if successor is not None:
                    return successor
                link.is_retiring = False
                age_limit += jitter
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return link, None

    async def _renew(
        self, before: Link, old: asyncio.Task[None]
    ) -> tuple[Link, asyncio.Task[None]] | None:
        """Open the next connection before the old one ends; None if that fails."""
        link = await self._open()
        if link is None:
            return None
        self._next = link
        self._handover.begin()
        task = asyncio.create_task(link.run())
        is_taken = False
        try:
            has_gap = await self._overlap(before, task, old)
            is_taken = link.has(before.flowing) and not task.done()
            if is_taken:
                old.cancel()
                await asyncio.gather(old, return_exceptions=True)
        finally:
            self._next = None
            if not is_taken:
                task.cancel()
                self._handover.give_up()
                self._tell_links()
        if not is_taken:
            return None
        self._link = link
        back = link.flowing if has_gap else link.flowing & self._lost
        self._lost -= link.flowing
        if back:
            self._listener.resumed(sorted(back))
        self._handover.finish()
        return link, task

    async def _overlap(
        self, before: Link, task: asyncio.Task[None], old: asyncio.Task[None]
    ) -> bool:
        """Let both connections run until the new one has what the old one has; true if that ended before."""
        deadline = self._clock.boottime() + HANDOVER_SECONDS
        while not task.done() and self._clock.boottime() < deadline:
            if self._next is None or self._next.has(before.flowing):
                break
            await asyncio.wait([task], timeout=WATCH_SECONDS / 5)
        has_gap = old.done()
        await asyncio.wait([old], timeout=OVERLAP_SECONDS)
        return has_gap

    def _take(self, link: Link, frame: Frame) -> None:
        self._handover.take(frame, is_next=link is self._next)

    def _acknowledged(self, streams: list[str]) -> None:
        back = [name for name in streams if name in self._lost and self._next is None]
        self._lost.difference_update(back)
        if back:
            self._listener.resumed(back)

    def _tell_links(self) -> None:
        """Ask for what is wanted; while a connection is replaced, only the new one is asked for more."""
        if self._next is not None:
            self._next.want(self.streams)
        if self._link is not None:
            known = self._link.wanted if self._next is not None else self.streams
            self._link.want([name for name in known if name in self.streams])
