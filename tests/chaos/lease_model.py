"""A small model of two pods and one lease, enumerated: real keepers and permits, and everything around them bad.

A holder signs an order, looks at its permit, and sends, all the time. It may stand still between any two of these, or
as a whole; the way to Postgres may be cut or slow, Postgres may restart (a lease is durable), clocks may differ.
An order is judged by the last instant at which the venue would still execute it. From the instant another pod is given
the lease on, none may be executed any more (I1, I2, I10).
"""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from botcore.domain.errors import Transient
from botrunner.engine.keeper import Keeper
from botrunner.lease_ports import Heartbeat
from botrunner.trading import lease as arithmetic
from tests.chaos.injector import Port
from tests.chaos.model_process import ModelProcess, Plan
from tests.chaos.surroundings import LeaseRow, PodLease, seconds_now
from tests.support.virtual_time import VirtualClock, run_virtual

__all__ = ["Story", "Verdict", "stories", "tell"]

_HORIZON = 48.0
_SIGN_EVERY = 0.5
_BEAT = Heartbeat(state="Running", reason="", generation=1, epoch=1, pid=1, venue_time=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One way things go wrong; instants and spans in seconds."""

    cut_at: float
    """From when on the first pod's words to Postgres don't arrive, or are late."""
    cut: str
    """none, request (never arrives), answer (arrives, is never told), restart (Postgres is away for 8 s)."""
    late: float
    """How long a request takes to Postgres."""
    frozen_at: float
    """When the first pod stands still; beyond the horizon = never."""
    frozen_for: float
    stands: str
    """Where: between sign and look, between look and send."""
    skew: float
    """How far the venue's clock lags behind what the signer believes."""
    drift: float
    """How much faster Postgres counts its time to live than the holder its own."""
    phase: float
    """When the second pod begins to ask."""


@dataclass
class Verdict:
    """What happened: who was given the lease, and until when each order could be executed."""

    given: list[tuple[float, str]] = field(default_factory=list)
    orders: list[tuple[float, float, str]] = field(default_factory=list)
    """Sent at, executed at the latest, sender."""

    def counterexample(self) -> str:
        """Return two senders whose orders could be executed at one instant, or nothing."""
        for sent_at, last_at, sender in self.orders:
            for given_at, holder in self.given:
                if (
                    holder != sender
                    and sent_at <= last_at
                    and given_at <= last_at
                    and self._held(sent_at, sender, given_at)
                ):
                    sent = f"{sender} sent at {sent_at:.2f}, executed until {last_at:.2f}"
                    return f"{sent}; {holder} holds from {given_at:.2f}"
        return ""

    def _held(self, sent_at: float, sender: str, given_at: float) -> bool:
        """Tell whether the sender had not been given the lease anew between that and the order."""
        return not any(given_at < at <= sent_at and holder == sender for at, holder in self.given)

    def takeovers(self) -> int:
        """Count how often the lease went from one pod to the other."""
        return sum(a[1] != b[1] for a, b in itertools.pairwise(self.given))


@dataclass
class _Wire:
    """The way to Postgres as the story has it."""

    story: Story
    row: LeaseRow
    verdict: Verdict
    is_first: bool

    async def carry(self, name: str, perform, process):
        story, cut = self.story, self.story.cut if self.is_first else "none"
        is_cut = seconds_now() >= story.cut_at
        if self.story.cut == "restart" and 0 <= seconds_now() - story.cut_at < 8:
            raise Transient("the server is away")
        if is_cut and cut == "request":
            await asyncio.sleep(_HORIZON)
        if self.is_first:
            await asyncio.sleep(story.late)
        epoch = self.row.epoch
        answer = await perform()
        if (name == "acquire" and answer) or (name == "renew" and answer.renewed):
            self.row.expires_at -= story.drift
        if self.row.epoch != epoch:
            self.verdict.given.append((seconds_now(), process.holder))
        if is_cut and cut == "answer":
            await asyncio.sleep(_HORIZON)
        return answer


async def _orders(keeper: Keeper, process: ModelProcess, story: Story, verdict: Verdict) -> None:
    """Sign, look, send; as the adapter does, which asks after it has signed."""
    is_first = process.holder == "first"
    while True:
        signed_at = seconds_now()
        if is_first and story.stands == "before look":
            await _stand(story)
        if keeper.may_send():
            if is_first and story.stands == "after look":
                await _stand(story)
            sent_at = seconds_now()
            last_at = signed_at + arithmetic.RECV_WINDOW + story.skew
            if sent_at <= last_at:
                verdict.orders.append((sent_at, last_at, process.holder))
        await asyncio.sleep(_SIGN_EVERY)


async def _stand(story: Story) -> None:
    if story.frozen_at <= seconds_now() < story.frozen_at + _SIGN_EVERY:
        await asyncio.sleep(story.frozen_for)


def _pod(name: str, story: Story, row: LeaseRow, verdict: Verdict) -> ModelProcess:
    process = ModelProcess(holder=name, plan=Plan())
    wire = _Wire(story, row, verdict, name == "first")
    keeper = Keeper(
        lease=Port("lease", PodLease(row, name), wire, process),  # type: ignore[arg-type]
        clock=VirtualClock(),
        deliver=lambda _event: None,
        heartbeat=lambda _epoch: _BEAT,
    )
    process.start(keeper.run(), _orders(keeper, process, story, verdict))
    return process


async def _play(story: Story) -> Verdict:
    row, verdict = LeaseRow(), Verdict()
    pods = [_pod("first", story, row, verdict)]
    if story.stands == "as a whole" and story.frozen_at < _HORIZON:
        loop = asyncio.get_running_loop()
        loop.call_later(story.frozen_at, pods[0].freeze)
        loop.call_later(story.frozen_at + story.frozen_for, pods[0].thaw)
    await asyncio.sleep(1 + story.phase)
    pods.append(_pod("second", story, row, verdict))
    await asyncio.sleep(_HORIZON)
    for pod in pods:
        await pod.wait(0)
    return verdict


def tell(story: Story) -> Verdict:
    """Let one story happen in virtual time."""
    return run_virtual(_play(story))


def stories() -> Iterator[Story]:
    """Enumerate every combination; clocks are always as bad as they may be, since that can only hurt."""
    never = 2 * _HORIZON
    cuts = [(never, "none"), (4.6, "request"), (9.9, "answer"), (9.9, "restart")]
    freezes = itertools.product(
        ("as a whole", "before look", "after look"), (4.9, 9.9), (16.0, 24.5, 29.5)
    )
    for (cut_at, cut), (stands, frozen_at, frozen_for) in itertools.product(
        cuts, [("as a whole", never, 0.0), *freezes]
    ):
        for late, phase in itertools.product((0.001, 5.5), (0.0, 0.5)):
            yield Story(
                cut_at=cut_at, cut=cut, late=late, frozen_at=frozen_at, frozen_for=frozen_for,
                stands=stands, skew=arithmetic.CLOCK_SKEW, drift=1.0, phase=phase,
            )  # fmt: skip
