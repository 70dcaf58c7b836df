"""A runner's part in a lockstep replay: the exchange goes on once every frame it sent was processed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from botcore.domain.errors import Transient

__all__ = ["FrameCounter", "IdleReporter", "PostIdle"]

_log = structlog.get_logger(__name__)

PostIdle = Callable[[int, bool], Awaitable[int]]
"""Tell the exchange (frames processed, whether to count anew); it answers with what it has sent."""

_IN_FLIGHT_SECONDS: Final = 1.0
"""How long a frame may be on its way before it counts as lost with its connection."""


class FrameCounter:
    """The frames of market and user data this process has received, over both streams."""

    def __init__(self) -> None:
        """Start at none; the exchange may remember an earlier process of the same name."""
        self.received = 0
        self.idle_at = -1
        """`received` when the engine last had nothing left to do."""
        self.may_have_lost = True
        """Set by a (re)connect: the exchange may have counted frames that never arrived."""

    @property
    def was_idle(self) -> bool:
        """Tell whether the engine has nothing to do but what a new frame brings."""
        return self.idle_at == self.received

    def take(self) -> None:
        """Count a frame."""
        self.received += 1


class IdleReporter:
    """Tells the exchange when this runner is idle; reports never overtake each other."""

    def __init__(self, frames: FrameCounter, post: PostIdle) -> None:
        """Report these frames' count by `post`."""
        self.frames = frames
        self._post = post
        self._lock = asyncio.Lock()

    async def report(self) -> None:
        """Report that everything received is processed."""
        async with self._lock:
            try:
                await self._report()
            except (
                Transient
            ) as error:  # the streams are down too: their return brings the next report
                self.frames.idle_at = -1
                _log.warning("idle_not_reported", reason=str(error))

    async def _report(self) -> None:
        frames = self.frames
        frames.idle_at = frames.received
        sent = await self._post(frames.received, False)  # noqa: FBT003 the port's order
        if frames.may_have_lost:
            await self._agree(sent)

    async def _agree(self, sent: int) -> None:
        """Count anew if frames were lost with an earlier connection."""
        frames = self.frames
        if sent != frames.received:
            await asyncio.sleep(_IN_FLIGHT_SECONDS)
        if frames.received != frames.idle_at:
            return  # they were on their way; the engine will report again
        frames.may_have_lost = False
        if sent != frames.received:
            frames.received = frames.idle_at = 0
            await self._post(0, True)  # noqa: FBT003 the port's order
