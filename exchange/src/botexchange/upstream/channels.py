"""What happens to the frames of one upstream stream on their way to the listeners."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from botcore.runtime.clock import Clock
from botexchange.upstream.messages import Frame
from botexchange.upstream.rest import UpstreamRest
from botexchange.upstream.streams import UpstreamStreams
from botexchange.upstream.venue_time import VenueTime

__all__ = ["Channel", "PlainChannel", "Sink", "StateChannel", "Tasks", "Tools"]

SAFE_WEIGHT: Final = 3_000  # half of Binance's limit per IP, which the bots need for themselves


class Sink(Protocol):
    """Takes what the channels let through: each stream in order, whole, nothing twice."""

    def publish(self, frame: Frame) -> None:
        """Take a frame."""
        ...

    def tell_gap(self, stream: str) -> None:
        """Hear that frames of a stream are lost for good."""
        ...


class Tasks:
    """Work that outlives the call that began it."""

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        """Report errors of our own to `on_failure`."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_failure = on_failure

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._on_failure(error)

    async def close(self) -> None:
        """Cancel everything."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What channels work with."""

    rest: UpstreamRest
    streams: UpstreamStreams
    sink: Sink
    time: VenueTime
    clock: Clock
    tasks: Tasks = field(repr=False)

    def wall_ms(self) -> int:
        """Give the machine's time in ms."""
        return round(self.clock.now().timestamp() * 1_000)

    def may_spend(self) -> bool:
        """Tell whether there is weight left for what is merely nice to have."""
        return self.rest.used_weight() < SAFE_WEIGHT


class Channel(Protocol):
    """Passes on the frames of one stream."""

    def take(self, frame: Frame) -> None:
        """Take a frame from upstream; one that makes no sense is not passed on."""
        ...

    def resumed(self) -> None:
        """Hear that the stream flows again after a loss."""
        ...

    def greeting(self) -> list[Frame]:
        """List what a new listener can't wait for."""
        ...


@dataclass(slots=True, kw_only=True)
class PlainChannel:
    """Passes frames on, nothing more."""

    sink: Sink

    def take(self, frame: Frame) -> None:
        """Pass a frame on."""
        self.sink.publish(frame)

    def resumed(self) -> None:
        """Go on; the next frame says all there is."""

    def greeting(self) -> list[Frame]:
        """Let the listener wait for the next frame."""
        return []


@dataclass(slots=True, kw_only=True)
class StateChannel(PlainChannel):
    """Frames that each say everything: a new listener gets the newest one at once."""

    latest: Frame | None = None

    def take(self, frame: Frame) -> None:
        """Pass a frame on and keep it, unless it is older than the last."""
        if self.latest is not None and _age(frame) < _age(self.latest):
            return
        self.latest = frame
        self.sink.publish(frame)

    def resumed(self) -> None:
        """Forget what may be outdated."""
        self.latest = None

    def greeting(self) -> list[Frame]:
        """Give the newest frame."""
        return [] if self.latest is None else [self.latest]


def _age(frame: Frame) -> int:
    """Give what rises from one frame of a stream to the next: update id or time; 0 if nothing does."""
    data = frame.data if isinstance(frame.data, dict) else {}
    found = next((data[key] for key in ("u", "lastUpdateId", "E") if key in data), 0)
    return found if isinstance(found, int) else 0
