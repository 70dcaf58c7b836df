"""The engine: takes one event at a time, decides, performs, feeds the answers back."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from botcore.domain.errors import Conflict, InvalidInput, LeaseLost, NotAllowed, Transient
from botcore.domain.instruments import Instrument
from botrunner.engine.candle_gaps import is_after_gap
from botrunner.engine.complaining import Complaints
from botrunner.engine.executor import Executor
from botrunner.engine.keeper import Keeper
from botrunner.engine.parts import Parts
from botrunner.engine.pulse import Pulse
from botrunner.engine.recovering import AccountMismatch, Recovery
from botrunner.engine.reloading import Configuration, Configured
from botrunner.engine.restarting import Restarter, Surroundings
from botrunner.engine.sampling import Sampler
from botrunner.engine.turning import Turner
from botrunner.lease_ports import Heartbeat
from botrunner.trading.commands import Exit
from botrunner.trading.events import (
    CandleClosed,
    Event,
    HaltChanged,
    IntentAbandoned,
    LeaseAcquired,
    LeaseEnded,
    RulesChanged,
    ShutdownRequested,
    TimerFired,
)
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState
from botrunner.trading.winding import condition

__all__ = ["Engine"]

_log = structlog.get_logger(__name__)
_STALE_AFTER = timedelta(minutes=5)
"""A candle older than twice its length and this feeds indicators only (TR-34)."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    event: Event
    at: float


class Engine:
    """One bot. `deliver` is the only way in.

    `run` ends with the reason for the termination message.
    """

    def __init__(self, parts: Parts, configured: Configured) -> None:
        """Wire the inner parts; nothing is contacted yet."""
        self._parts = parts
        self._inbox: asyncio.Queue[_Arrival] = asyncio.Queue()
        self._lacks_candles = False
        self.pulse = Pulse(parts.clock)
        self._epoch = 0
        self._recovery = Recovery(parts.journal, parts.exchange, parts.account_uid)
        self._configuration = Configuration(
            bot_uid=parts.bot_uid, configured=configured, recovery=self._recovery
        )
        self.keeper = Keeper(
            lease=parts.lease, clock=parts.clock, deliver=self.deliver, heartbeat=self._heartbeat
        )
        self._executor = Executor(
            exchange=parts.exchange,
            journal=parts.journal,
            may_send=self.may_send,
            clock=parts.clock,
            read_price=parts.read_price,
        )
        self._complaints = Complaints(parts.exchange, parts.clock, parts.key)
        self._watch = parts.watch()
        own = (self._complaints, *((self._watch,) if self._watch else ()))
        self._turner = Turner(
            executor=self._executor,
            rules=self._configuration.rules(configured, {}),
            witnesses=(*parts.witnesses, *own),
        )
        self._restarter = Restarter(
            parts=Surroundings(parts.journal, parts.candles, self._executor, self._turner),
            recovery=self._recovery,
            configuration=self._configuration,
            watch=self._watch,
        )
        self._sampler = Sampler(journal=parts.journal, exchange=parts.exchange, clock=parts.clock)

    def deliver(self, event: Event) -> None:
        """Put a fact into the inbox; never blocks, callable from any task of the loop."""
        self._inbox.put_nowait(_Arrival(event, self._parts.clock.boottime()))

    @property
    def state(self) -> BotState:
        """The trading core's memory as it is now."""
        return self._turner.state

    @property
    def rules(self) -> Rules:
        """The configuration in force."""
        return self._turner.rules

    def may_send(self) -> bool:
        """Tell whether an order may leave now; asked immediately before every send (I1).

        A turn may hang in the ledger until its epoch is long over and another is held: what it wants
        to send was settled by whoever held the lease in between.
        """
        return self._epoch == self.keeper.epoch and self.keeper.may_send()

    def reconfigure(self, configured: Configured) -> None:
        """Take a new configuration at the next turn of the loop."""
        self._configuration.want(configured)
        self.deliver(RulesChanged())

    def refresh_instruments(self, found: Mapping[str, Instrument]) -> None:
        """Follow filters read anew from the next event on (TR-29)."""
        self._turner.refresh(found)

    def refuse_configuration(self, reason: str) -> None:
        """Say in the heartbeat why what is configured can't be taken by this process (TR-51)."""
        self._configuration.obstacle = reason

    async def run(self) -> Exit:
        """Take events until the bot's work is done."""
        while True:
            arrival = await self._inbox.get()
            self.pulse.begin()
            if self._parts.meter is not None:
                self._parts.meter.took(arrival.event, arrival.at)
            end = await self._guarded(arrival.event)
            self.pulse.end()
            if end is not None:
                return end
            if self._turner.state.is_fenced and self._turner.state.is_shutting_down:
                return Exit(reason="Terminated", message="the process was asked to end")
            if self._inbox.empty():
                await self._parts.exchange.report_idle()

    async def _guarded(self, event: Event) -> Exit | None:
        try:
            return await self._take(event)
        except (LeaseLost, Conflict, Transient) as error:
            # Memory may be ahead of the ledger now: forget it, take the lease anew, recover from
            # what is written.
            _log.warning("turn_failed", failed_event=type(event).__name__, reason=str(error))
            await self._fence(str(error) or type(error).__name__)
            return None
        except AccountMismatch as error:
            return Exit(reason="AccountMismatch", message=str(error))
        except NotAllowed as error:
            return Exit(reason="KeyRejected", message=str(error))
        except InvalidInput as error:
            return Exit(reason="ConfigInvalid", message=str(error))

    async def _fence(self, reason: str) -> None:
        self.keeper.drop(reason)
        # Cancels of own entries and notes only: they never touch the ledger.
        await self._turner.turn(LeaseEnded(reason=reason))

    async def _take(self, event: Event) -> Exit | None:
        if isinstance(event, LeaseAcquired):
            return await self._recover(event)
        if self._is_moot(event):
            return None
        if isinstance(event, IntentAbandoned):  # the permit ran out: decide nothing more under it
            await self._fence(event.reason)
            return None
        if isinstance(event, RulesChanged):
            await self._reload()
        has_gap = is_after_gap(self._turner.state, self._turner.rules, event)
        end = await self._refresh_candles() if has_gap else None
        return await self._step(self._dated(event)) or end

    def _is_moot(self, event: Event) -> bool:
        """While fenced, facts about orders, candles and rules are dropped: recovery reads them."""
        steering = HaltChanged | LeaseEnded | ShutdownRequested
        return self._turner.state.is_fenced and not isinstance(event, steering)

    def _dated(self, event: Event) -> Event:
        if not isinstance(event, CandleClosed) or event.is_history:
            return event
        age = self._parts.exchange.venue_now() - event.candle.close_at
        if age <= event.candle.interval.length * 2 + _STALE_AFTER:
            return event
        _log.warning("candle_stale", symbol=event.candle.symbol, age=str(age))
        return CandleClosed(candle=event.candle, is_history=True)

    async def _step(self, event: Event) -> Exit | None:
        outcome = await self._turner.turn(event)
        for answer in outcome.events:
            self.deliver(answer)
        if outcome.has_booked:
            self._sampler.note_fill()
        end = outcome.exit
        if "market" in outcome.reread or self._owes_candles(event):
            end = await self._refresh_candles() or end
        if "user" in outcome.reread:
            self.deliver(TimerFired(tick=0))
        await self._sampler.sample(self._turner.state, self._turner.rules)
        if self._watch is not None:
            for found in await self._watch.check(self._turner.state, self._turner.rules):
                end = await self._step(found) or end
        return end

    def _owes_candles(self, event: Event) -> bool:
        return self._lacks_candles and isinstance(event, TimerFired) and event.tick % 5 == 0

    async def _recover(self, event: LeaseAcquired) -> Exit | None:
        if event.epoch != self.keeper.epoch:
            return None  # that lease was lost again meanwhile
        self._epoch = event.epoch
        await self._restarter.restart(event.epoch)
        await self._refresh_candles()
        _log.info("recovered", epoch=event.epoch, open_orders=len(self._turner.state.orders))
        return await self._step(event)

    async def _refresh_candles(self) -> Exit | None:
        """Build every strategy's state anew from closed candles, so that no gap stays in it (TR-39).

        While the venue gives none, strategies get no history and the reading is tried again;
        whatever protects or sells a position goes on (I9).
        """
        try:
            history, fresh = await self._recovery.candles(self._turner.rules)
        except Transient as error:
            self._lacks_candles = True
            _log.warning("candles_not_read", reason=str(error))
            return None
        self._lacks_candles = False
        self._turner.forget_signals()
        end = None
        for candle in history:  # before whatever the stream has delivered meanwhile
            end = await self._step(candle) or end
        for candle in fresh:
            self.deliver(candle)
        return end

    async def _reload(self) -> None:
        turner, wanted = self._turner, self._configuration.wanted
        if wanted.generation == turner.rules.generation:
            return
        rules = await self._configuration.judged(
            turner.rules, turner.state.sub_books.values(), turner.rules.instruments
        )
        self.keeper.look_now()  # people wait for the heartbeat that says so
        if rules.generation == wanted.generation:
            turner.follow(rules)
            self._parts.candles.want(rules.wanted_candles())
            _log.info("configuration_in_force", generation=rules.generation, desired=rules.desired)

    def _heartbeat(self, epoch: int) -> Heartbeat:
        state, reason = condition(self._turner.state, self._turner.rules)
        if state == "Fenced":
            recovering = epoch > 0
            state = "Recovering" if recovering else state
            reason = self._turner.state.fence_reason if recovering else self.keeper.reason
        return Heartbeat(
            state=state,
            reason=self._configuration.obstacle or self._configuration.complaint or reason,
            generation=self._turner.rules.generation,
            epoch=epoch,
            pid=os.getpid(),
            venue_time=self._turner.state.venue_time,
            problems=self._complaints.of(self._turner.state, self._turner.rules),
            key_version=self._parts.key().version,
        )
