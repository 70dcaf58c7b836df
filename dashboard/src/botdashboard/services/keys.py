"""Exchange keys: sealed in the request that brings them, and never read back (I4)."""

import base64
import json
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from botcore.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Transient
from botcore.ledger import keys
from botcore.ledger.report_rows import KeyRow
from botcore.sealing.envelope import SealingContext, seal
from botcore.sealing.keyring import parse_public_key
from botdashboard.access.policy import Action, Actor, may
from botdashboard.ports import Ledger
from botdashboard.services.audit import Audit
from botdashboard.services.proofs import Proof, Proofs

__all__ = ["ENVIRONMENTS", "Keys", "PlainKey", "SealingTarget"]

ENVIRONMENTS = ("testnet", "live")
LONGEST = 4096  # characters; the longest key Binance takes is an RSA key in PEM


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainKey:
    """What a person typed; lives for one request."""

    label: str
    environment: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingTarget:
    """What a key is sealed with, read before the key itself is."""

    public_key: str
    """base64 of an X25519 public key."""
    installation: str


class Keys:
    """Use cases of exchange keys."""

    def __init__(self, ledger: Ledger, audit: Audit, proofs: Proofs) -> None:
        self._ledger = ledger
        self._proofs = proofs
        self._audit = audit

    async def list(self, actor: Actor) -> list[KeyRow]:
        """List his keys, newest first."""
        async with self._ledger.as_user(actor) as connection:
            return await keys.list_keys(connection)

    async def target(self, actor: Actor) -> SealingTarget:
        """Read what to seal with.

        Raises:
            NotAllowed: his role has no keys.
            Transient: the operator has not published its sealing key yet.
        """
        await self._audit.require(actor, Action.ADD_KEY, actor.name, "")
        async with self._ledger.as_user(actor) as connection:
            public = await keys.newest_public_key(connection)
            installation = await keys.installation_id(connection)
        if public is None:
            raise Transient("the operator has not published its sealing key yet: try again soon")
        return SealingTarget(
            public_key=base64.b64encode(public).decode(), installation=installation
        )

    async def add(self, actor: Actor, target: SealingTarget, plain: PlainKey, proof: Proof) -> None:
        """Seal a key and store the envelope; what was typed is sealed before anything is awaited.

        Raises:
            NotAllowed: his role has no keys.
            InvalidInput: a field is refused, the proof among them; the message never repeats a
                secret.
        """
        if not may(actor, Action.ADD_KEY, actor.name):
            raise NotAllowed("your role may not do this")
        _check(plain)
        key_id = uuid4()
        context = SealingContext(
            installation=target.installation,
            owner=actor.name,
            key_id=str(key_id),
            exchange="binance",
            environment=plain.environment,
            revision=1,
        )
        document = json.dumps({"apiKey": plain.api_key, "apiSecret": plain.api_secret})
        envelope = seal(parse_public_key(target.public_key), document.encode(), context)
        new = keys.NewKey(
            id=key_id,
            owner=actor.name,
            label=plain.label,
            environment=plain.environment,
            api_key_last4=plain.api_key[-4:],
            envelope=envelope.to_document(),
            kid=envelope.kid,
        )
        await self._proofs.require(actor, proof, needs_factor=plain.environment == "live")
        try:
            async with self._ledger.as_user(actor) as connection:
                await keys.insert_key(connection, new)
        except Conflict:
            raise InvalidInput.of("label", "is used by another of your keys") from None
        detail = {"label": plain.label, "environment": plain.environment}
        await self._audit.note(actor, Action.ADD_KEY, str(key_id), detail=detail)

    async def revoke(self, actor: Actor, key_id: UUID) -> None:
        """Revoke a key at once; never needs more than a session (SEC-44).

        Raises:
            NotFound: he has no such key, or it is revoked already.
        """
        await self._audit.require(actor, Action.REVOKE_KEY, actor.name, str(key_id))
        async with self._ledger.as_user(actor) as connection:
            revoked = await keys.revoke_key(connection, key_id)
        result = "ok" if revoked else "not found"
        await self._audit.note(actor, Action.REVOKE_KEY, str(key_id), result=result)
        if not revoked:
            raise NotFound("there is no such key")


def _check(plain: PlainKey) -> None:
    if not 1 <= len(plain.label) <= 60 or not plain.label.isprintable():
        raise InvalidInput.of("label", "must have 1 to 60 printable characters")
    if plain.environment not in ENVIRONMENTS:
        raise InvalidInput.of("environment", "must be testnet or live")
    for name, value in (("api_key", plain.api_key), ("api_secret", plain.api_secret)):
        if not 16 <= len(value) <= LONGEST:
            raise InvalidInput.of(name, f"must have 16 to {LONGEST} characters")
    if not (plain.api_key.isascii() and plain.api_key.isalnum()):
        raise InvalidInput.of("api_key", "must be letters and digits only")
