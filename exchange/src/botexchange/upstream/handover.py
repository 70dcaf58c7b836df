"""Two connections with the same streams become one sequence of frames, none lost, none twice."""

from collections import deque
from collections.abc import Callable
from typing import Final

from botcore.runtime.clock import Clock
from botexchange.upstream.messages import Frame

__all__ = ["Handover"]

MOST_FRAMES: Final = 50_000
AFTER_SECONDS: Final = 5.0  # the new connection may lag behind the old one by so much
Mark = tuple[str, bytes]


class Handover:
    """Frames of the old connection pass, those of the new one wait until the old one has ended.

    Upstream's two servers need not be equally fast, so the order of arrival says nothing.
    """

    def __init__(self, deliver: Callable[[Frame], None], clock: Clock) -> None:
        """Pass frames on to `deliver`; without a second connection all pass at once."""
        self._deliver = deliver
        self._clock = clock
        self._is_on = False
        self._until = 0.0
        self._seen: dict[Mark, None] = {}
        self._waiting: deque[Frame] = deque(maxlen=MOST_FRAMES)

    def begin(self) -> None:
        """Expect frames of a second connection."""
        self._is_on = True
        self._waiting.clear()

    def take(self, frame: Frame, *, is_next: bool) -> None:
        """Take a frame of either connection."""
        if is_next:
            self._waiting.append(frame)
            return
        if self._is_on:
            self._seen[frame.stream, frame.payload] = None
            if len(self._seen) > MOST_FRAMES:
                del self._seen[next(iter(self._seen))]
        elif self._seen and self._was_seen(frame):
            return
        self._deliver(frame)

    def finish(self) -> None:
        """Pass on what the old connection did not bring; what comes now is the new one's."""
        self._is_on = False
        self._until = self._clock.boottime() + AFTER_SECONDS
        waiting, self._waiting = self._waiting, deque(maxlen=MOST_FRAMES)
        for frame in waiting:
            self.take(frame, is_next=False)

    def give_up(self) -> None:
        """Stay with the old connection."""
        self._is_on = False
        self._waiting.clear()
        self._seen.clear()

    def _was_seen(self, frame: Frame) -> bool:
        if self._clock.boottime() > self._until:
            self._seen.clear()
        return (frame.stream, frame.payload) in self._seen
