"""Makes the state anew from ledger, venue and account, before the first decision of an epoch (TR-40)."""

from dataclasses import dataclass

from botrunner.engine.account_watch import AccountWatch
from botrunner.engine.executor import Executor
from botrunner.engine.recovering import Recovery
from botrunner.engine.reloading import Configuration
from botrunner.engine.turning import Turner
from botrunner.ports import Account, CandleStream, Journal
from botrunner.trading.events import Event, TimerFired

__all__ = ["Restarter", "Surroundings"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a restart works on."""

    journal: Journal
    candles: CandleStream
    executor: Executor
    turner: Turner


class Restarter:
    """Start, reconnect and regained lease take this one path."""

    def __init__(
        self,
        *,
        parts: Surroundings,
        recovery: Recovery,
        configuration: Configuration,
        watch: AccountWatch | None,
    ) -> None:
        """Take what is restarted; no `watch` where no account is behind the exchange."""
        self._parts = parts
        self._recovery = recovery
        self._configuration = configuration
        self._watch = watch

    async def restart(self, epoch: int) -> None:
        """Read everything, settle what is in doubt; the state stays fenced.

        Raises:
            AccountMismatch: the key's account is not the bound one.
            Transient: something can't be read now, so the bot must not trade.
        """
        parts, turner = self._parts, self._parts.turner
        parts.journal.hold(epoch)
        found = await self._recovery.read(self._configuration.taken.spec)
        rules = await self._configuration.judged(
            turner.rules, found.stored.sub_books, found.instruments
        )
        before = turner.state
        turner.restart(
            found.state(halt=before.halt, is_shutting_down=before.is_shutting_down), rules
        )
        # An order may leave long after its intent was written, up to the moment this lease began.
        for order_id in found.stored.intent_ages:
            parts.executor.remember_age(order_id, 0)
        await self._settle(found.account)
        await parts.journal.save_balances(found.account.balances)
        parts.candles.want(rules.wanted_candles())

    async def _settle(self, account: Account) -> None:
        """Ask the venue about every order in doubt and book what it says, then compare with the account."""
        turner, watch = self._parts.turner, self._watch
        pending: list[Event] = [TimerFired(tick=0)]
        if watch is not None:
            known = await watch.recovered(account, turner.state, turner.rules)
            pending = [*known, *pending]
        for _ in range(3):  # find, then read fills, then apply
            following: list[Event] = []
            for event in pending:
                following += (await turner.turn(event)).events
            pending = following
        if watch is not None:
            await turner.turn(watch.first_look(account, turner.state, turner.rules))
