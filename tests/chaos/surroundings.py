"""What outlives a process: lease and ledger as Postgres keeps them, and the ways there and to the venue."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botcore.domain.errors import Transient
from botrunner.lease_ports import Heartbeat, Renewal
from botrunner.trading import lease as arithmetic
from tests.chaos.injector import Perform, pause_at
from tests.chaos.model_process import ModelProcess
from tests.support.bot_model import LedgerModel
from tests.support.engine_ports import ModelExchange, ModelJournal, Troubles
from tests.support.venue_model import Mood, VenueModel

__all__ = [
    "LeaseRow",
    "ModelPostgres",
    "PodJournal",
    "PodLease",
    "ToPostgres",
    "ToVenue",
    "seconds_now",
]

_UNSYNCED = "record_decision"
"""The one write of the journal's that does not wait for the disk and matters later."""
_MOODS = (
    *[Mood.HONEST] * 12, Mood.PARTIAL, Mood.RESTING, Mood.REFUSES,
    Mood.LOSES_ANSWER, Mood.LOSES_ANSWER, Mood.LOSES_ORDER, Mood.LATE,
)  # fmt: skip


def seconds_now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class LeaseRow:
    """kbots.leases and its functions; every change is kept, so that orders can be judged by it."""

    holder: str | None = None
    epoch: int = 0
    expires_at: float = 0.0
    holders: dict[int, str] = field(default_factory=dict)
    """Who was given which epoch."""

    def acquire(self, holder: str) -> int | None:
        is_free = self.holder in {None, holder} or self.expires_at <= seconds_now()
        if not is_free:
            return None
        self.holder, self.epoch = holder, self.epoch + 1
        self.holders[self.epoch] = holder
        self.expires_at = seconds_now() + arithmetic.TTL
        return self.epoch

    def holds(self, epoch: int) -> bool:
        return self.holder is not None and self.epoch == epoch and seconds_now() < self.expires_at

    def renew(self, holder: str, epoch: int) -> bool:
        if self.holder != holder or not self.holds(epoch):
            return False
        self.expires_at = seconds_now() + arithmetic.TTL
        return True

    def release(self, holder: str, epoch: int) -> None:
        if (self.holder, self.epoch) == (holder, epoch):
            self.holder, self.expires_at = None, seconds_now()


class ModelPostgres:
    """Lease and ledger. What was committed stays; what did not wait for the disk may be lost with the server."""

    def __init__(self) -> None:
        self.ledger = LedgerModel()
        self.lease = LeaseRow()
        self.unreachable_until = 0.0
        self.hangs = False
        self.journalled_at: dict[str, float] = {}
        self._synced: dict[Any, datetime] = {}

    def note_commit(self, name: str) -> None:
        """A commit that waits for the disk takes everything before it along."""
        for order_id in self.ledger.orders.keys() - self.journalled_at.keys():
            self.journalled_at[order_id] = seconds_now()
        if name != _UNSYNCED:
            self._synced = dict(self.ledger.decided)

    def crash(self, seconds: float) -> None:
        """The server dies and is back after a while."""
        self.ledger.decided = dict(self._synced)
        self.unreachable_until, self.hangs = seconds_now() + seconds, False

    def partition(self, seconds: float) -> None:
        """Nothing comes through, and nobody is told."""
        self.unreachable_until, self.hangs = seconds_now() + seconds, True


class PodJournal(ModelJournal):
    """One process's journal in the shared ledger."""

    def __init__(self, postgres: ModelPostgres, troubles: Troubles) -> None:
        self._postgres = postgres
        super().__init__(troubles)
        self.ledger = postgres.ledger

    @property
    def leased(self) -> int:  # type: ignore[override]
        """The epoch that may write: none once the lease has run out."""
        row = self._postgres.lease
        return row.epoch if row.holds(row.epoch) else -1

    @leased.setter
    def leased(self, _epoch: int) -> None:
        """It is the lease's row that tells."""


@dataclass
class PodLease:
    """One pod's way to the lease."""

    row: LeaseRow
    holder: str

    async def acquire(self) -> int | None:
        return self.row.acquire(self.holder)

    async def renew(self, epoch: int) -> Renewal:
        return Renewal(renewed=self.row.renew(self.holder, epoch), halt=None)

    async def release(self, epoch: int) -> None:
        self.row.release(self.holder, epoch)

    async def halt(self) -> str | None:
        return None

    async def beat(self, heartbeat: Heartbeat) -> None:
        """Nobody looks."""

    async def write_logs(self, rows: Sequence[Any]) -> None:
        """Nobody reads."""


@dataclass
class ToPostgres:
    """Connections that break before or after the commit, hang, or take seconds."""

    postgres: ModelPostgres
    chance: random.Random
    rate: float
    """How often something goes wrong, 0 to 1."""

    async def carry(self, name: str, perform: Perform, process: ModelProcess) -> Any:
        await self._reach()
        luck = self.chance.random()
        if luck < self.rate / 2:
            raise Transient("the connection broke before the commit")
        await asyncio.sleep(self._travel())
        answer = await perform()
        self.postgres.note_commit(name)
        await pause_at(process, f"committed {name}", self._travel())
        if luck > 1 - self.rate / 2:
            raise Transient("the connection broke after the commit")
        await self._reach()  # an answer that a partition holds back arrives when it ends
        return answer

    async def _reach(self) -> None:
        while seconds_now() < self.postgres.unreachable_until:
            if not self.postgres.hangs:
                raise Transient("the server is away")
            await asyncio.sleep(0.5)

    def _travel(self) -> float:
        return self.chance.uniform(0, 5) if self.chance.random() < self.rate else 0.001


class ToVenue:
    """The internet and the venue's door: signatures grow old, answers get lost, moods change."""

    def __init__(
        self,
        exchange: ModelExchange,
        chance: random.Random,
        rate: float,
        executed: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._chance = chance
        self._rate = rate
        self._executed = executed
        self.may_send: Callable[[], bool] = lambda: False
        self.is_hostile = False
        """Whether the plan aims at what is under way: then most answers are lost, and many orders are late."""
        self.skew = 0.0
        """Seconds by which the venue's clock lags behind what signers believe, up to CLOCK_SKEW."""

    async def carry(self, name: str, perform: Perform, process: ModelProcess) -> Any:
        if name == "report_idle":  # outside a lockstep replay it does nothing
            return await perform()
        if name.startswith("place"):
            answer = await self._send(perform, process)
        else:
            await asyncio.sleep(self._travel())
            if not name.startswith("cancel") and self._chance.random() < self._rate:
                raise Transient("the venue does not answer")
            self._exchange.mood = self._mood()
            answer = await perform()
        self._executed()
        await pause_at(process, f"done {name}", self._travel())
        return answer

    async def _send(self, perform: Perform, process: ModelProcess) -> Any:
        """Sign, look at the lease, send: as the adapter does, signing anew if only the time was refused."""
        for _ in range(2):
            signed_at = seconds_now()
            if not self.may_send():
                break
            await pause_at(process, "signed", self._travel())
            if seconds_now() - signed_at <= arithmetic.RECV_WINDOW + self.skew:
                return await self._arrive(perform, signed_at)
        self._exchange.mood = Mood.REFUSES
        return await perform()

    async def _arrive(self, perform: Callable[[], Awaitable[Any]], signed_at: float) -> Any:
        venue: VenueModel = self._exchange.venue
        before = set(venue.late)
        self._exchange.mood = self._mood()
        answer = await perform()
        for order_id in venue.late.keys() - before:  # the window began when it was signed
            venue.journalled_at[order_id] -= int(seconds_now() - signed_at)
        return answer

    def _mood(self) -> Mood:
        if self.is_hostile:
            return self._chance.choice((Mood.LATE, Mood.LOSES_ANSWER, Mood.HONEST))
        return self._chance.choice(_MOODS) if self._rate else Mood.HONEST

    def _travel(self) -> float:
        return self._chance.uniform(0, 2 * arithmetic.RECV_WINDOW) if self._is_slow() else 0.001

    def _is_slow(self) -> bool:
        return self._chance.random() < self._rate
