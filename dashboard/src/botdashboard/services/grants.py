"""Live grants: given after a step-up with the second factor, taken back at once (SEC-35, SEC-42, SEC-44)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botcore.ledger import keys, live_grants
from botcore.ledger.live_grants import NewGrant
from botcore.ledger.report_rows import GrantRow, KeyRow
from botdashboard.access.policy import Action, Actor
from botdashboard.ports import BotGateway, Ledger
from botdashboard.services.audit import Audit
from botdashboard.services.own_bots import OwnBots
from botdashboard.services.proofs import Proof, Proofs
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["Grants", "LiveTrading", "WantedGrant"]

LONGEST_DAYS = 365
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,8})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTrading:
    """What is shown of a bot's leave to trade real money."""

    record: BotRecord
    grants: list[GrantRow]
    keys: list[KeyRow]
    """His live keys that are verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedGrant:
    """What a person filled in, as it was typed."""

    key_id: str
    symbols: str
    most_notional: str
    days: str


class Grants:
    """Use cases of live grants."""

    def __init__(self, ledger: Ledger, bots: BotGateway, audit: Audit, proofs: Proofs) -> None:
        self._ledger = ledger
        self._own = OwnBots(bots, audit)
        self._audit = audit
        self._proofs = proofs

    async def of_bot(self, actor: Actor, key: BotKey) -> LiveTrading:
        """Show the grants of one of his bots.

        Raises:
            NotFound: he has none of this name.
        """
        record = await self._own.require(actor, Action.VIEW_BOT, key)
        async with self._ledger.as_user(actor) as connection:
            found = await live_grants.list_grants(connection, record.uid)
            stored = await keys.list_keys(connection)
        usable = [one for one in stored if (one.environment, one.status) == ("live", "Verified")]
        return LiveTrading(record=record, grants=found, keys=usable)

    async def grant(self, actor: Actor, key: BotKey, wanted: WantedGrant, proof: Proof) -> None:
        """Let a bot trade real money within limits, until an instant.

        Raises:
            InvalidInput: a field is refused, the proof among them.
            NotFound: he has no such bot.
        """
        record = await self._own.require(actor, Action.GRANT_LIVE, key)
        new = _new_grant(record, wanted)
        await self._proofs.require(actor, proof, needs_factor=True)
        try:
            async with self._ledger.as_user(actor) as connection:
                await live_grants.grant_live(connection, new)
        except NotAllowed as error:
            await self._audit.note(actor, Action.GRANT_LIVE, str(key), result="refused")
            raise InvalidInput.of("key_id", str(error)) from None

    async def revoke(self, actor: Actor, key: BotKey, grant_id: UUID) -> None:
        """Take a grant back; never needs more than a session (SEC-44)."""
        await self._own.require(actor, Action.REVOKE_LIVE, key)
        async with self._ledger.as_user(actor) as connection:
            revoked = await live_grants.revoke_live_grant(connection, grant_id)
        if not revoked:
            raise NotFound("there is no such grant in force")


def _new_grant(record: BotRecord, wanted: WantedGrant) -> NewGrant:
    symbols = wanted.symbols.replace(",", " ").upper().split()
    if not symbols or not all(one.isascii() and one.isalnum() for one in symbols):
        raise InvalidInput.of("symbols", "must be names of markets, such as BTCUSDT")
    days = int(wanted.days) if wanted.days.isascii() and wanted.days.isdecimal() else 0
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput.of("days", f"must be 1 to {LONGEST_DAYS}")
    try:
        key_id = UUID(wanted.key_id)
    except ValueError:
        raise InvalidInput.of("key_id", "choose a verified live key") from None
    return NewGrant(
        bot_uid=record.uid,
        key_id=key_id,
        quote_asset=str(record.spec.get("quoteAsset", "USDT")),
        symbols=symbols,
        most_notional=_amount(wanted.most_notional),
        lasts=timedelta(days=days),
    )


def _amount(text: str) -> Decimal:
    found = Decimal(text) if _AMOUNT.fullmatch(text) else Decimal(0)
    if not found:
        raise InvalidInput.of("most_notional", "must be an amount above 0")
    return found
