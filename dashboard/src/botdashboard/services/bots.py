"""What a person does with his bots."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botcore.domain.errors import InvalidInput, NotFound, PlatformError
from botcore.ledger import halts, reports
from botcore.ledger.connect import Connection
from botcore.ledger.halts import HaltSubject
from botcore.ledger.report_rows import (
    AdjustmentRow,
    BalanceRow,
    DecisionRow,
    ExternalOrderRow,
    HaltRow,
    LogRow,
    OrderRow,
    PositionRow,
)
from botcore.resources.trading_bot import DesiredState
from botcore.runtime.clock import Clock
from botdashboard.access.policy import Action, Actor
from botdashboard.ports import BotGateway, Ledger
from botdashboard.services.audit import Audit
from botdashboard.services.own_bots import OwnBots
from botdashboard.views.bots import BotCard, bot_cards
from botdashboard.views.merge import Difference, changed_part, merged
from botdashboard.views.records import BotKey, BotRecord
from botdashboard.views.risks import riskier

__all__ = ["BotDetails", "Bots", "ProofWanted"]

DECISIONS = 50
LOG_LINES = 100
OTHERS_DOINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BotDetails:
    """What the page of one bot shows besides its card."""

    balances: list[BalanceRow]
    positions: list[PositionRow]
    orders: list[OrderRow]
    decisions: list[DecisionRow]
    log: list[LogRow]
    external_orders: list[ExternalOrderRow]
    adjustments: list[AdjustmentRow]


class ProofWanted(PlatformError):
    """The change puts more real money at risk: who asks for it has to prove it again (SEC-42)."""

    def __init__(self, riskier: tuple[Difference, ...]) -> None:
        """Say what it is about."""
        self.riskier = riskier
        super().__init__("more real money is put at risk: confirm it with password and code")


class Bots:
    """Use cases of bots and halts."""

    def __init__(self, ledger: Ledger, bots: BotGateway, audit: Audit, clock: Clock) -> None:
        self._ledger = ledger
        self._bots = bots
        self._own = OwnBots(bots, audit)
        self._audit = audit
        self._clock = clock

    async def cards(self, actor: Actor) -> tuple[BotCard, ...]:
        """Show all his bots."""
        return await self._cards(actor, await self._bots.list(actor))

    async def card(self, actor: Actor, key: BotKey) -> tuple[BotRecord, BotCard]:
        """Show one bot.

        Raises:
            NotFound: he has none of this name; asking for someone else's is written down (SEC-40).
        """
        record = await self._own.find(actor, Action.VIEW_BOT, key)
        return record, (await self._cards(actor, (record,)))[0]

    async def details(self, actor: Actor, record: BotRecord) -> BotDetails:
        """Read what the bot holds, waits for, decided and logged, and what others did on its account."""
        async with self._ledger.as_user(actor) as connection:
            return BotDetails(
                balances=await reports.list_balances(connection, record.uid),
                positions=await reports.list_positions(connection, record.uid),
                orders=await reports.list_working_orders(connection, record.uid),
                decisions=await reports.list_decisions(connection, record.uid, DECISIONS),
                log=await reports.list_log_lines(connection, record.uid, LOG_LINES),
                external_orders=await reports.list_external_orders(
                    connection, record.uid, OTHERS_DOINGS
                ),
                adjustments=await reports.list_adjustments(connection, record.uid, OTHERS_DOINGS),
            )

    async def create(self, actor: Actor, key: BotKey, spec: Mapping[str, Any]) -> BotRecord:
        """Make a bot of his own, on paper or the test network; real money comes after that.

        Raises:
            InvalidInput: it is refused.
        """
        owned = {**spec, "owner": actor.name}
        await self._audit.require(actor, Action.CREATE_BOT, actor.name, str(key))
        if riskier({}, owned):
            raise InvalidInput.of("spec.mode", "a bot begins on paper or testnet")
        made = await self._bots.create(actor, key, owned)
        detail = changed_part({}, made.spec)
        await self._audit.note(actor, Action.CREATE_BOT, str(key), detail=detail)
        return made

    async def apply(
        self,
        actor: Actor,
        key: BotKey,
        spec: Mapping[str, Any],
        expected_generation: int,
        *,
        is_proved: bool = False,
    ) -> BotRecord:
        """Change a bot that nobody else has changed meanwhile.

        Raises:
            Conflict: somebody has; nothing was changed.
            ProofWanted: it puts more real money at risk, and `is_proved` does not say that who acts
                has just proved it.
        """
        record = await self._own.require(actor, Action.CHANGE_BOT, key)
        wanted = riskier(record.spec, spec)
        if wanted and not is_proved:
            raise ProofWanted(wanted)
        made = await self._bots.apply(actor, record.key, spec, expected_generation)
        detail = changed_part(record.spec, made.spec)
        await self._audit.note(actor, Action.CHANGE_BOT, str(key), detail=detail)
        return made

    async def patch(
        self, actor: Actor, key: BotKey, patch: Mapping[str, Any], expected_generation: int
    ) -> BotRecord:
        """Change what a JSON merge patch names of a bot, and nothing else.

        Raises:
            Conflict: somebody has changed it meanwhile; nothing was changed.
            ProofWanted: it puts more real money at risk.
        """
        record = await self._own.require(actor, Action.CHANGE_BOT, key)
        return await self.apply(actor, key, merged(record.spec, patch), expected_generation)

    async def record(self, actor: Actor, key: BotKey) -> BotRecord:
        """Read one bot.

        Raises:
            NotFound: he has none of this name.
        """
        return await self._own.require(actor, Action.VIEW_BOT, key)

    async def records(self, actor: Actor) -> tuple[BotRecord, ...]:
        """Read all his bots."""
        return await self._bots.list(actor)

    async def set_state(self, actor: Actor, key: BotKey, state: DesiredState) -> None:
        """Change what a bot should do; never needs more than a session (SEC-44)."""
        record = await self._own.require(actor, Action.SET_STATE, key)
        await self._bots.set_desired_state(actor, key, state)
        detail = changed_part(record.spec, {**record.spec, "desiredState": state.value})
        await self._audit.note(actor, Action.SET_STATE, str(key), detail=detail)

    async def delete(self, actor: Actor, key: BotKey, typed: str) -> None:
        """Delete a bot whose name was typed again.

        Raises:
            InvalidInput: another name was typed.
        """
        await self._own.require(actor, Action.DELETE_BOT, key)
        if typed != key.name:
            raise InvalidInput.of("name", f"type {key.name} to delete it")
        await self._bots.delete(actor, key)
        await self._audit.note(actor, Action.DELETE_BOT, str(key))

    async def halt(self, actor: Actor, record: BotRecord, reason: str) -> None:
        """Halt one bot at once, whatever its resource says, and also while that can't be read."""
        await self._audit.require(actor, Action.HALT, record.owner, str(record.key))
        await self._set_halt(actor, HaltSubject.of_bot(str(record.uid), actor.name), reason)

    async def halt_all(self, actor: Actor, reason: str) -> None:
        """Halt every bot of his."""
        await self._audit.require(actor, Action.HALT, actor.name, actor.name)
        await self._set_halt(actor, HaltSubject.of_owner(actor.name), reason)

    async def halts(self, actor: Actor) -> tuple[HaltRow, ...]:
        """List the halts that stop bots of his."""
        async with self._ledger.as_user(actor) as connection:
            return await _halts(connection)

    async def clear_halt(self, actor: Actor, halt: HaltRow) -> None:
        """Clear a halt on bots of his; those on everyone's are not his to clear.

        Raises:
            NotFound: there is no such halt for him.
        """
        await self._audit.require(actor, Action.CLEAR_HALT, actor.name, halt.subject)
        subject = HaltSubject(scope=halt.scope, subject=halt.subject, owner=actor.name)
        async with self._ledger.as_user(actor) as connection:
            cleared = await halts.clear_halt(connection, subject, cleared_by=actor.name)
        text = f"{halt.scope} {halt.subject}"
        result = "ok" if cleared else "not found"
        await self._audit.note(actor, Action.CLEAR_HALT, text, result=result)
        if not cleared:
            raise NotFound("there is no such halt that you can clear")

    async def _set_halt(self, actor: Actor, subject: HaltSubject, reason: str) -> None:
        text = reason.strip()
        if not 1 <= len(text) <= 500:
            raise InvalidInput.of("reason", "must have 1 to 500 characters")
        async with self._ledger.as_user(actor) as connection:
            await halts.set_halt(connection, subject, reason=text, set_by=actor.name)
        about = f"{subject.scope} {subject.subject}"
        await self._audit.note(actor, Action.HALT, about, detail={"reason": text})

    async def _cards(self, actor: Actor, records: tuple[BotRecord, ...]) -> tuple[BotCard, ...]:
        async with self._ledger.as_user(actor) as connection:
            figures = await reports.list_figures(connection)
            active = await _halts(connection)
        return bot_cards(records, figures, active, self._clock.now())


async def _halts(connection: Connection) -> tuple[HaltRow, ...]:
    return tuple(
        HaltRow(
            scope=one.scope,
            subject=one.subject,
            reason=one.reason,
            set_by=one.set_by,
            set_at=one.set_at,
        )
        for one in await halts.list_active_halts(connection)
    )
