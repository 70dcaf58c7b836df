"""Exchange keys: sealed in the request that brings them, and never read back (I4)."""

import base64
import json
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from botcore.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Transient
from botcore.ledger import keys
from botcore.ledger.report_rows import KeyEventRow, KeyRow
from botcore.sealing.envelope import Envelope, SealingContext, seal
from botcore.sealing.keyring import parse_public_key
from botdashboard.access.policy import Action, Actor, may
from botdashboard.ports import Ledger
from botdashboard.services.audit import Audit
from botdashboard.services.proofs import Proof, Proofs

__all__ = [
    "ENVIRONMENTS",
    "KeyHistory",
    "Keys",
    "PlainKey",
    "PlainSecret",
    "ReplacedKey",
    "SealingTarget",
]

ENVIRONMENTS = ("testnet", "live")
LONGEST = 4096  # characters; the longest key Binance takes is an RSA key in PEM


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSecret:
    """The secret a person typed; lives for one request."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainKey:
    """A new key as a person typed it."""

    label: str
    environment: str
    secret: PlainSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingTarget:
    """What a key is sealed with, read before the key itself is."""

    public_key: str
    """base64 of an X25519 public key."""
    installation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedKey:
    """A key, with what its next secret is sealed as, read before that secret is."""

    key: KeyRow
    target: SealingTarget
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHistory:
    """A key and what became of it, the newest first."""

    key: KeyRow
    events: list[KeyEventRow]


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

    async def history(self, actor: Actor, key_id: UUID) -> KeyHistory:
        """Tell what became of one of his keys.

        Raises:
            NotFound: he has no such key.
        """
        await self._audit.require(actor, Action.VIEW_KEY, actor.name, str(key_id))
        async with self._ledger.as_user(actor) as connection:
            key = await keys.find_key(connection, key_id)
            events = await keys.list_key_events(connection, key_id)
        if key is None:
            await self._audit.note(actor.name, Action.VIEW_KEY, str(key_id), result="not found")
            raise NotFound("there is no such key")
        return KeyHistory(key=key, events=events)

    async def replaceable(self, actor: Actor, key_id: UUID) -> ReplacedKey:
        """Find a key of his that may be replaced, and what a newer secret is sealed with.

        Raises:
            NotFound: he has no such key, or it is revoked.
            NotAllowed: his role replaces none.
            Transient: the operator has not published its sealing key yet.
        """
        key = (await self.history(actor, key_id)).key
        await self._audit.require(actor, Action.REPLACE_KEY, actor.name, str(key_id))
        async with self._ledger.as_user(actor) as connection:
            revision = await keys.next_revision(connection, key_id)
        if revision is None:
            raise NotFound("a revoked key is not replaced: add a new one")
        return ReplacedKey(key=key, target=await self.target(actor), revision=revision)

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
        place = _Place(owner=actor.name, key_id=key_id, environment=plain.environment, revision=1)
        envelope = _sealed(target, place, plain.secret)
        new = keys.NewKey(
            id=key_id,
            owner=actor.name,
            label=plain.label,
            environment=plain.environment,
            api_key_last4=plain.secret.api_key[-4:],
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

    async def replace(
        self, actor: Actor, replaced: ReplacedKey, secret: PlainSecret, proof: Proof
    ) -> None:
        """Seal a newer secret for a key; its bots take it, without a restart, once it is verified.

        Raises:
            NotAllowed: his role replaces no keys, or the key is revoked meanwhile.
            InvalidInput: a field is refused, the proof among them.
            Conflict: he has replaced it elsewhere meanwhile.
        """
        if not may(actor, Action.REPLACE_KEY, actor.name):
            raise NotAllowed("your role may not do this")
        _check_secret(secret)
        key = replaced.key
        place = _Place(
            owner=actor.name,
            key_id=key.id,
            environment=key.environment,
            revision=replaced.revision,
        )
        envelope = _sealed(replaced.target, place, secret)
        newer = keys.Replacement(
            key_id=key.id,
            revision=replaced.revision,
            api_key_last4=secret.api_key[-4:],
            envelope=envelope.to_document(),
            kid=envelope.kid,
        )
        await self._proofs.require(actor, proof, needs_factor=key.environment == "live")
        try:
            async with self._ledger.as_user(actor) as connection:
                await keys.replace_key(connection, newer)
        except Conflict:
            raise Conflict("the key was replaced meanwhile: look at it and try again") from None
        await self._audit.note(actor.name, Action.REPLACE_KEY, str(key.id))

    async def check_again(self, actor: Actor, key_id: UUID) -> None:
        """Have a key of his checked again soon.

        Raises:
            NotFound: he has no such key.
            InvalidInput: it is not checked yet, or was a moment ago.
        """
        await self._audit.require(actor, Action.CHECK_KEY, actor.name, str(key_id))
        async with self._ledger.as_user(actor) as connection:
            is_there = await keys.find_key(connection, key_id) is not None
            is_asked = is_there and await keys.ask_key_check(connection, key_id)
        await self._audit.note(
            actor.name,
            Action.CHECK_KEY,
            str(key_id),
            result="ok" if is_asked else "refused" if is_there else "not found",
        )
        if not is_there:
            raise NotFound("there is no such key")
        if not is_asked:
            raise InvalidInput.of("key", "was checked a moment ago: wait a minute")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an envelope belongs, and opens nowhere else."""

    owner: str
    key_id: UUID
    environment: str
    revision: int


def _sealed(target: SealingTarget, place: _Place, secret: PlainSecret) -> Envelope:
    context = SealingContext(
        installation=target.installation,
        owner=place.owner,
        key_id=str(place.key_id),
        exchange="binance",
        environment=place.environment,
        revision=place.revision,
    )
    document = json.dumps({"apiKey": secret.api_key, "apiSecret": secret.api_secret})
    return seal(parse_public_key(target.public_key), document.encode(), context)


def _check(plain: PlainKey) -> None:
    if not 1 <= len(plain.label) <= 60 or not plain.label.isprintable():
        raise InvalidInput.of("label", "must have 1 to 60 printable characters")
    if plain.environment not in ENVIRONMENTS:
        raise InvalidInput.of("environment", "must be testnet or live")
    _check_secret(plain.secret)


def _check_secret(secret: PlainSecret) -> None:
    for name, value in (("api_key", secret.api_key), ("api_secret", secret.api_secret)):
        if not 16 <= len(value) <= LONGEST:
            raise InvalidInput.of(name, f"must have 16 to {LONGEST} characters")
    if not (secret.api_key.isascii() and secret.api_key.isalnum()):
        raise InvalidInput.of("api_key", "must be letters and digits only")
