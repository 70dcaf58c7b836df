"""Personal access tokens: made after a step-up, shown once, dead the moment their person's account is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from botcore.domain.errors import InvalidInput, NotFound
from botcore.ledger import api_tokens
from botcore.ledger.api_tokens import NewToken, TokenRow
from botcore.ledger.users import AuditEntry, write_audit
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.policy import Action, Actor, Scope
from botdashboard.access.tokens import hash_token, is_api_token, new_api_token
from botdashboard.ports import Ledger
from botdashboard.services.attempts import Attempts, Wait
from botdashboard.services.audit import Audit
from botdashboard.services.proofs import Proof, Proofs

__all__ = ["LIFETIMES", "Tokens", "WantedToken"]

LIFETIMES = (7, 30, 90, 365)  # days
MOST_TOKENS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedToken:
    """What a person filled in, as it was typed."""

    label: str
    scopes: Collection[str]
    days: str


class Tokens:
    """Makes, lists, finds and revokes them."""

    def __init__(self, ledger: Ledger, audit: Audit, hashes: KeyedHashes, proofs: Proofs) -> None:
        self._ledger = ledger
        self._audit = audit
        self._attempts = Attempts(ledger, hashes)
        self._proofs = proofs

    async def find(self, text: str, ip: str) -> Actor | Wait | None:
        """Find whose token it is; failures of a network are counted, and a right one is never held up by them."""
        key = hash_token(text)
        if is_api_token(text):
            async with self._ledger.as_nobody() as connection:
                found = await api_tokens.find_token(connection, key)
                if found is not None:
                    await api_tokens.note_use(connection, key, ip)
                    return Actor(
                        user_id=found.user_id,
                        name=found.name,
                        role=found.role,
                        session=key,
                        csrf_token="",
                        ip=ip,
                        scopes=frozenset(map(Scope, found.scopes)),
                        token=found.label,
                    )
        wait = await self._attempts.enter(self._attempts.of_token(ip))
        if wait is None:
            await self._audit.note("unknown", "token.use", result="refused", ip=ip)
        return wait

    async def list(self, actor: Actor) -> list[TokenRow]:
        """List his tokens that are not revoked."""
        await self._audit.require(actor, Action.MANAGE_TOKENS, actor.name, "")
        async with self._ledger.as_user(actor) as connection:
            return await api_tokens.list_tokens(connection, actor.user_id)

    async def create(self, actor: Actor, wanted: WantedToken, proof: Proof) -> str:
        """Make a token and answer it: this once, it is stored nowhere.

        Raises:
            InvalidInput: a field is refused, the proof among them.
        """
        await self._audit.require(actor, Action.MANAGE_TOKENS, actor.name, wanted.label)
        token = new_api_token()
        new = _new_token(actor, wanted, token)
        await self._proofs.require(actor, proof)
        entry = AuditEntry(
            actor=actor.name,
            action="token.create",
            object=new.label,
            detail={"scopes": ", ".join(new.scopes), "days": wanted.days},
        )
        async with self._ledger.as_user(actor) as connection:
            if not await api_tokens.insert_token(connection, new, MOST_TOKENS):
                raise InvalidInput.of("label", f"you have {MOST_TOKENS} tokens: revoke one first")
            await write_audit(connection, entry)
        return token

    async def revoke(self, actor: Actor, token_id: UUID) -> None:
        """Revoke a token at once; never needs more than a session (SEC-44).

        Raises:
            NotFound: he has no such token, or it is revoked already.
        """
        await self._audit.require(actor, Action.MANAGE_TOKENS, actor.name, str(token_id))
        async with self._ledger.as_user(actor) as connection:
            label = await api_tokens.revoke_token(connection, actor.user_id, token_id)
            if label is None:
                raise NotFound("there is no such token")
            entry = AuditEntry(actor=actor.name, action="token.revoke", object=label)
            await write_audit(connection, entry)


def _new_token(actor: Actor, wanted: WantedToken, token: str) -> NewToken:
    if not 1 <= len(wanted.label) <= 60 or not wanted.label.isprintable():
        raise InvalidInput.of("label", "must have 1 to 60 printable characters")
    scopes = [one for one in Scope if one.value in wanted.scopes]
    if not scopes or len(scopes) != len(set(wanted.scopes)):
        raise InvalidInput.of("scopes", f"choose at least one of {', '.join(Scope)}")
    if wanted.days not in map(str, LIFETIMES):
        raise InvalidInput.of("days", f"must be one of {', '.join(map(str, LIFETIMES))}")
    return NewToken(
        token_hash=hash_token(token),
        user_id=actor.user_id,
        label=wanted.label,
        scopes=[one.value for one in scopes],
        lifetime=timedelta(days=int(wanted.days)),
    )
