"""Who takes part in a lockstep replay and whether all of them have nothing left to do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from botcore.domain.errors import NotFound

__all__ = ["Gate", "Participant", "RunState"]


class RunState(StrEnum):
    """Where the replay stands."""

    WAITING = "waiting"
    """Participants are missing or cut off."""
    RUNNING = "running"
    FINISHED = "finished"


@dataclass(slots=True, kw_only=True)
class Participant:
    """One client of the replay; counts are frames of market and user data."""

    name: str
    pushed: int = 0
    processed: int = -1
    """What the participant reported last; -1 if nothing yet."""
    market_connections: int = 0
    subscriptions: int = 0
    requests: int = 0
    """REST requests of its accounts that are being handled."""
    accounts: set[int] = field(default_factory=set)

    @property
    def is_connected(self) -> bool:
        """Tell whether it can see market and user data."""
        return self.market_connections > 0 and self.subscriptions > 0

    def left(self) -> None:
        """Note the end of a connection.

        Who sees nothing any more has to report after the return: what it reported before says nothing about the
        frames that come then, and a frame in front of its reset would never be counted.
        """
        if not self.is_connected:
            self.processed = -1

    @property
    def is_idle(self) -> bool:
        """Tell whether it has dealt with everything that was pushed."""
        return self.is_connected and not self.requests and self.processed == self.pushed


class Gate:
    """Holds the replay back until every participant is idle."""

    def __init__(self, needed: int) -> None:
        """Wait for this many participants."""
        self.needed = needed
        self.participants: dict[str, Participant] = {}
        self.released = 0
        self.is_finished = False
        self._changed = asyncio.Event()

    @property
    def state(self) -> RunState:
        """Say where the replay stands."""
        if self.is_finished:
            return RunState.FINISHED
        everyone = self.participants.values()
        is_complete = len(everyone) >= self.needed and all(one.is_connected for one in everyone)
        return RunState.RUNNING if is_complete else RunState.WAITING

    def is_open(self) -> bool:
        """Tell whether the next event may be released."""
        everyone = self.participants.values()
        return len(everyone) >= self.needed and all(one.is_idle for one in everyone)

    async def wait(self) -> None:
        """Wait until every participant is idle."""
        while not self.is_open():
            self._changed.clear()
            await self._changed.wait()

    def join(self, name: str) -> Participant:
        """Find a participant, new if unknown."""
        return self.participants.setdefault(name, Participant(name=name))

    def report(self, name: str, frames: int, *, is_reset: bool) -> None:
        """Take a participant's count; a reset starts both counts anew (after a reconnect).

        Raises:
            NotFound: nobody of this name has connected.
        """
        participant = self.participants.get(name)
        if participant is None:
            raise NotFound(f"no participant {name}")
        if is_reset:
            participant.pushed = 0
        participant.processed = frames
        self.changed()

    def changed(self) -> None:
        """Look again whether the gate is open."""
        self._changed.set()

    @contextmanager
    def handling(self, uid: int) -> Iterator[None]:
        """Hold the gate while a request of an account is handled."""
        owners = [one for one in self.participants.values() if uid in one.accounts]
        for one in owners:
            one.requests += 1
        try:
            yield
        finally:
            for one in owners:
                one.requests -= 1
            self.changed()
