"""The streams somebody wants, on as few upstream connections as they need."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import aiohttp

from botcore.runtime.clock import Clock
from botexchange.upstream.link import MOST_STREAMS
from botexchange.upstream.messages import Frame
from botexchange.upstream.shard import LIFE_SECONDS, Shard

__all__ = ["Listener", "UpstreamStreams"]

MOST_SHARDS: Final = 8


class Listener(Protocol):
    """Hears what upstream says."""

    def deliver(self, frame: Frame) -> None:
        """Take a frame; frames of a stream come in order and once, but for upstream's own errors."""
        ...

    def resumed(self, streams: list[str]) -> None:
        """Hear that streams flow from now on, after a time without them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    shard: Shard
    task: asyncio.Task[None]


class UpstreamStreams:
    """Keeps every wanted stream flowing: reconnects, renews, spreads over connections."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        clock: Clock,
        stale_seconds: float,
        on_failure: Callable[[BaseException], None],
        *,
        life_seconds: float = LIFE_SECONDS,
    ) -> None:
        """Listen to a server; silence of `stale_seconds` counts as loss.

        A connection is replaced, without a gap, after about `life_seconds`.

        `on_failure` hears of an error of our own in a connection's task.
        """
        self._session = session
        self._base = base
        self._clock = clock
        self._stale_seconds = stale_seconds
        self._on_failure = on_failure
        self._life_seconds = life_seconds
        self._listener: Listener | None = None
        self._slots: list[_Slot] = []
        self._home: dict[str, Shard] = {}

    def start(self, listener: Listener) -> None:
        """Connect and stay connected; one connection is kept even if nothing is wanted."""
        self._listener = listener
        self._open_shard()

    def want(self, stream: str) -> bool:
        """Let a stream flow; false if there is no room for it."""
        if stream in self._home:
            return True
        free = [slot.shard for slot in self._slots if len(slot.shard.streams) < MOST_STREAMS]
        if not free and len(self._slots) >= MOST_SHARDS:
            return False
        shard = free[0] if free else self._open_shard()
        self._home[stream] = shard
        shard.add(stream)
        return True

    def drop(self, stream: str) -> None:
        """Let a stream end."""
        shard = self._home.pop(stream, None)
        if shard is not None:
            shard.discard(stream)

    def count(self) -> int:
        """Give the number of wanted streams."""
        return len(self._home)

    def flows(self, stream: str) -> bool:
        """Tell whether upstream has acknowledged a stream and its connection is live."""
        shard = self._home.get(stream)
        return shard is not None and shard.is_live() and stream in shard.flowing()

    def is_live(self, stream: str | None = None) -> bool:
        """Tell whether the connection of a stream, or each one, is up and heard from lately.

        One that is just being opened, because more streams are wanted, makes nobody stale.
        """
        home = self._home.get(stream) if stream is not None else None
        if home is not None:
            return home.is_live()
        shards = [slot.shard for slot in self._slots]
        is_any = any(shard.is_live() for shard in shards)
        return is_any and all(shard.is_live() or shard.is_opening() for shard in shards)

    def silent_ms(self, stream: str | None = None) -> int:
        """Give the time since upstream last said anything on a stream's connection, or on the quietest."""
        home = self._home.get(stream) if stream is not None else None
        shards = [home] if home is not None else [slot.shard for slot in self._slots]
        return max((shard.silent_ms() for shard in shards), default=0)

    async def close(self) -> None:
        """End every connection."""
        for slot in self._slots:
            slot.task.cancel()
        await asyncio.gather(*(slot.task for slot in self._slots), return_exceptions=True)

    def _open_shard(self) -> Shard:
        if self._listener is None:
            raise RuntimeError("not started")
        shard = Shard(
            self._session,
            self._base,
            self._clock,
            self._stale_seconds,
            self._listener,
            self._life_seconds,
        )
        task = asyncio.create_task(shard.run())
        task.add_done_callback(self._ended)
        self._slots.append(_Slot(shard=shard, task=task))
        return shard

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._on_failure(error)
