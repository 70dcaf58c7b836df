"""Keeps the runner's inbox for 7 days; off the way of orders, in bounded memory."""

import asyncio
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID, uuid4

import structlog

from botcore.domain.errors import InvalidInput, PlatformError, Transient
from botcore.ledger.recordings import Batch
from botcore.runtime.clock import Clock
from botrunner.trading.commands import Command
from botrunner.trading.events import Event
from botrunner.trading.recording import Checkpoint, Happened, digest_of, is_quiet, line_of
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step

__all__ = ["FlightRecorder", "WriteBatch"]

_log = structlog.get_logger(__name__)

WriteBatch = Callable[[Batch], Awaitable[None]]

_FLUSH_EVERY: Final = 5.0
"""Seconds of real time between writes; what a killed process decided in them is not recorded."""
_CHECKPOINT_EVERY: Final = timedelta(hours=1)
"""A replay starts no farther before the wanted time than this."""
_MOST_WAITING: Final = 20_000
"""Records in memory; a warm-up of twenty symbols fits."""
_BATCH: Final = 100
"""Records written at once; to deflate them takes about a millisecond."""
_SLICE: Final = 10
"""Records written as text before others get their turn: about a millisecond."""

_Turn = tuple[datetime, Event, tuple[Command, ...]]


class FlightRecorder:
    """A witness. It holds events and commands as they are, since they never change, and writes them later."""

    def __init__(self, clock: Clock, *, most_waiting: int = _MOST_WAITING) -> None:
        """Start a run of its own; nothing is written before `keep` or `flush`."""
        self._clock = clock
        self._most_waiting = most_waiting
        self._waiting: deque[Checkpoint | _Turn] = deque()
        self._run: UUID = uuid4()
        self._number = 0
        self._packed: Batch | None = None
        self._deflate = zlib.compressobj()
        self._now: tuple[BotState, Rules] | None = None
        self._at = datetime.min.replace(tzinfo=UTC)
        self._checked_at = self._at
        self._dropped = 0
        self._refused: set[str] = set()

    def began(self, state: BotState, rules: Rules) -> None:
        """Keep a state that no event led to."""
        self._now = state, rules
        if len(self._waiting) < self._most_waiting:
            self._check(follows=False)
        else:
            self._dropped += 1

    def decided(self, event: Event, step: Step) -> None:
        """Keep an event and what it led to; a timer that changed nothing is left out."""
        if self._now is None:
            return
        before, rules = self._now
        self._now = step.state, rules
        if is_quiet(event, before, step):
            return
        if self._dropped or len(self._waiting) >= self._most_waiting:
            self._drop()
            return
        self._waiting.append((self._instant(), event, step.commands))
        if self._at - self._checked_at >= _CHECKPOINT_EVERY:
            self._check(follows=True)

    async def keep(self, write: WriteBatch) -> None:
        """Write what was kept every few seconds, for ever."""
        while True:
            await asyncio.sleep(_FLUSH_EVERY)
            await self.flush(write)

    async def flush(self, write: WriteBatch) -> None:
        """Write all that waits; while the ledger is away it goes on waiting, and nothing is raised."""
        while self._waiting or self._packed is not None:
            self._packed = self._packed or await self._pack()
            if self._packed is None:
                continue
            try:
                await write(self._packed)
            except Transient:
                return
            except PlatformError as error:
                _log.warning("recording_lost", reason=str(error))
                self._dropped += 1
            self._packed = None

    def _instant(self) -> datetime:
        """Return the time, which never goes back within a run: batches are ordered by it."""
        self._at = max(self._at, self._clock.now())
        return self._at

    def _drop(self) -> None:
        """Leave an event out; once there is room again, the state after it takes its place."""
        self._dropped += 1
        if len(self._waiting) <= self._most_waiting // 2:
            _log.warning("records_dropped", count=self._dropped)
            self._check(follows=False)

    def _check(self, *, follows: bool) -> None:
        if self._now is not None:
            state, rules = self._now
            self._checked_at = self._instant()
            self._waiting.append(
                Checkpoint(
                    at=self._at, state=state, rules=rules, follows=follows, dropped=self._dropped
                )
            )
            self._dropped = 0

    async def _pack(self) -> Batch | None:
        """Make a batch of the next records, which stay until it is whole.

        A checkpoint always begins one, and a deflate stream that runs on through the batches after it:
        most events look like the one before.
        """
        first = self._waiting[0]
        is_checkpoint = isinstance(first, Checkpoint)
        deflate = zlib.compressobj() if is_checkpoint else self._deflate.copy()
        lines: list[str] = []
        for kept in tuple(islice(self._waiting, _BATCH)):
            if lines and isinstance(kept, Checkpoint):
                break
            try:
                lines.append(_line(kept))
            except InvalidInput as error:
                if not lines:
                    self._refuse(kept, str(error))
                    return None
                break
            if len(lines) % _SLICE == 0:
                await asyncio.sleep(0)
        records = deflate.compress("\n".join(lines).encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
        self._deflate = deflate
        for _ in lines:
            self._waiting.popleft()
        self._number += 1
        at = first.at if isinstance(first, Checkpoint) else first[0]
        return Batch(
            at=at, run=self._run, number=self._number, is_checkpoint=is_checkpoint, records=records
        )

    def _refuse(self, kept: Checkpoint | _Turn, reason: str) -> None:
        """Leave out what can't be written: a strategy keeps or says something that is no plain value."""
        self._waiting.popleft()
        if reason not in self._refused:
            self._refused.add(reason)
            _log.error("record_not_writable", reason=reason)
        if not isinstance(kept, Checkpoint):
            self._dropped += 1
        elif kept.follows:
            return
        self._number += 1  # the missing number tells a replay that it can't go on here


def _line(kept: Checkpoint | _Turn) -> str:
    if isinstance(kept, Checkpoint):
        return line_of(kept)
    at, event, commands = kept
    return line_of(Happened(at=at, event=event, digest=digest_of(commands)))
