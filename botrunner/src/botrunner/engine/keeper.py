"""Holds the account's lease, watches the halt latch, and gives the signs of life.

On a connection of its own.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import structlog

from botcore.domain.errors import NotAllowed, Transient
from botcore.runtime.clock import Clock
from botrunner.engine.pulse import Pulse
from botrunner.lease_ports import Heartbeat, Lease
from botrunner.ports import Deliver
from botrunner.trading.events import HaltChanged, LeaseAcquired, LeaseEnded
from botrunner.trading.lease import RENEW_EVERY, SendPermit

__all__ = ["Keeper"]

_log = structlog.get_logger(__name__)
_ANSWER_WITHIN = 6.0
"""Seconds of patience with one statement."""
_LOOK_EVERY = 1.0
"""Seconds between looks at the halt latch."""


class Keeper:
    """The one task that talks to the lease. `epoch` is 0 while it is not held."""

    def __init__(
        self, *, lease: Lease, clock: Clock, deliver: Deliver, heartbeat: Callable[[int], Heartbeat]
    ) -> None:
        """Take the lease's port, where events go, and who describes the bot."""
        self._lease = lease
        self._clock = clock
        self._deliver = deliver
        self._heartbeat = heartbeat
        self._permit: SendPermit | None = None
        self._halt: str | None = None
        self._beaten: tuple[float, Heartbeat] | None = None
        self._is_hinted = asyncio.Event()
        self.epoch = 0
        self.reason = "Starting"
        self.pulse = Pulse(clock)

    @property
    def told(self) -> Heartbeat | None:
        """The last sign of life that was written."""
        return self._beaten and self._beaten[1]

    def look_now(self) -> None:
        """Look, and tell, at once instead of at the next second."""
        self._is_hinted.set()

    def may_send(self) -> bool:
        """Tell whether an order may leave now; asked immediately before every send (I1)."""
        return (
            self.epoch > 0
            and self._permit is not None
            and self._permit.allows(self._clock.boottime())
        )

    def drop(self, reason: str) -> None:
        """Treat the lease as lost.

        The next round takes it anew, at a new epoch, and recovery follows.
        """
        if self.epoch:
            self.epoch = 0
            self._permit = None
            self.reason = reason
            self._deliver(LeaseEnded(reason=reason))

    async def run(self) -> None:
        """Keep the lease until cancelled."""
        while True:
            started = self._clock.boottime()
            self.pulse.begin()
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    await self._round(started)
            except (Transient, TimeoutError) as error:
                _log.warning("lease_unreachable", reason=str(error) or "no answer")
            except NotAllowed as error:  # the login was retired or is bound to no account
                self.drop(f"the ledger refuses this login: {error}")
            if self.epoch and not self.may_send():
                self.drop("the lease could not be renewed in time")
            self.pulse.end()
            await self._pause()

    async def release(self) -> None:
        """Give the lease back, so that a successor need not wait out its time."""
        epoch, self.epoch, self._permit = self.epoch, 0, None
        if epoch:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    await self._lease.release(epoch)
                    await self._lease.beat(self._heartbeat(epoch))
            except (Transient, TimeoutError) as error:
                _log.warning("lease_not_released", reason=str(error) or "no answer")

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await self._is_hinted.wait()
        self._is_hinted.clear()

    async def _round(self, asked_at: float) -> None:
        if not self.epoch:
            await self._acquire(asked_at)
        elif (
            self._permit is None
            or asked_at - self._permit.asked_at >= RENEW_EVERY - _LOOK_EVERY / 2
        ):
            renewal = await self._lease.renew(self.epoch)
            if not renewal.renewed:
                self.drop("the lease was taken over or has expired")
                return
            self._permit = SendPermit(asked_at=asked_at)
            self._note_halt(renewal.halt)
        else:
            self._note_halt(await self._lease.halt())
        await self._beat(asked_at)

    async def _acquire(self, asked_at: float) -> None:
        halt = await self._lease.halt()
        epoch = await self._lease.acquire()
        if epoch is None:
            self.reason = "AccountInUse: another bot holds this account's lease"
            return
        self._note_halt(halt)
        self._permit = SendPermit(asked_at=asked_at)
        self.epoch = epoch
        _log.info("lease_acquired", epoch=epoch)
        self._deliver(LeaseAcquired(epoch=epoch))

    def _note_halt(self, halt: str | None) -> None:
        if halt != self._halt:
            self._halt = halt
            self._deliver(HaltChanged(reason=halt))

    async def _beat(self, now: float) -> None:
        heartbeat = self._heartbeat(self.epoch)
        if self._beaten is not None:
            at, last = self._beaten
            same = replace(last, venue_time=heartbeat.venue_time) == heartbeat
            if same and now - at < RENEW_EVERY - _LOOK_EVERY / 2:
                return
        await self._lease.beat(heartbeat)
        self._beaten = (now, heartbeat)
