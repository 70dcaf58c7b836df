"""Sealed keys in Postgres and the ring of sealing keys that opens them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from botcore.domain.errors import InvalidInput, NotFound
from botcore.ledger import keys, sealed_keys
from botcore.ledger.connect import Pool
from botcore.sealing.envelope import Envelope, SealingContext, unseal
from botcore.sealing.keyring import KeyRing, load_keyring, new_private_key, write_key
from botoperator.adapters.postgres import transaction
from botoperator.key_ports import KeyVerdict
from botoperator.plan.credentials import StoredKey, opened
from botoperator.plan.inputs import ExchangeKey

__all__ = ["SealedKeyStore", "ensure_keyring", "stored_verdict"]


def ensure_keyring(folder: Path) -> KeyRing:
    """Load the ring of sealing keys; the first start makes the first key."""
    try:
        ring = load_keyring(folder)
    except NotFound:
        ring = KeyRing(())
    if ring.kids:
        return ring
    write_key(folder, new_private_key())
    return load_keyring(folder)


class SealedKeyStore:
    """Finds keys and opens them for the owner they belong to."""

    def __init__(self, pool: Pool, ring: KeyRing) -> None:
        self._pool = pool
        self._ring = ring
        self._installation = ""

    async def publish(self) -> None:
        """Give the dashboard the public halves, and learn what envelopes here are bound to."""
        async with transaction(self._pool) as connection:
            for kid in self._ring.kids:
                public = self._ring.find(kid).public_key().public_bytes_raw()
                await sealed_keys.publish_sealing_key(connection, kid, public)
            self._installation = await keys.installation_id(connection)

    async def find(self, key_ids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Find stored keys by their ids; what is not there is left out."""
        async with transaction(self._pool) as connection:
            rows = await sealed_keys.find_sealed_keys(connection, key_ids)
        return {str(row.id): _key(row) for row in rows}

    async def open(self, key: StoredKey, spec_owner: str) -> ExchangeKey:
        """Open a key for an owner; its account's uid is empty until the key was verified.

        Raises:
            NotAllowed: it was sealed for another context, or changed.
            NotFound: the sealing key it was sealed for is not here.
            InvalidInput: it is no key.
        """
        context = SealingContext(
            installation=self._installation,
            owner=spec_owner,
            key_id=key.id,
            exchange=key.exchange,
            environment=key.environment,
            revision=key.revision,
        )
        api_key, api_secret = _parsed(
            unseal(self._ring, Envelope.from_document(key.envelope), context)
        )
        return opened(key, api_key=api_key, api_secret=api_secret)

    async def pending(self) -> tuple[str, ...]:
        """List the ids of the keys that want a check."""
        async with transaction(self._pool) as connection:
            return await sealed_keys.list_waiting_keys(connection)

    async def to_check(self, key_id: str) -> StoredKey | None:
        """Find what is to be checked of a key."""
        async with transaction(self._pool) as connection:
            row = await sealed_keys.find_waiting_key(connection, key_id)
        return _key(row) if row else None

    async def wrapped(self) -> Mapping[str, int]:
        """Count the keys by the sealing key that opens them; each of the ring is named."""
        async with transaction(self._pool) as connection:
            return dict.fromkeys(self._ring.kids, 0) | await sealed_keys.list_kids(connection)

    async def record(self, key: StoredKey, verdict: KeyVerdict) -> None:
        """Record what the check found."""
        stored = stored_verdict(verdict)
        async with transaction(self._pool) as connection:
            await sealed_keys.record_verdict(connection, key.id, key.revision, stored)

    async def postpone(self, key: StoredKey) -> None:
        """Put off a check that gave no answer."""
        async with transaction(self._pool) as connection:
            await sealed_keys.postpone_check(connection, key.id)


def stored_verdict(verdict: KeyVerdict) -> sealed_keys.Verdict:
    """Write what a check found as the ledger keeps it."""
    return sealed_keys.Verdict(
        status="Verified" if verdict.accepted else "Rejected",
        reason=verdict.reason,
        account_uid=verdict.account_uid,
        permissions=verdict.permissions,
    )


def _key(row: sealed_keys.SealedKeyRow) -> StoredKey:
    return StoredKey(
        id=str(row.id),
        owner=row.owner,
        exchange=row.exchange,
        environment=row.environment,
        revision=row.revision,
        status=row.status,
        reason=row.reason,
        account_uid=row.account_uid,
        permissions=row.permissions,
        envelope=row.envelope,
    )


def _parsed(plaintext: bytes) -> tuple[str, str]:
    try:
        content = json.loads(plaintext)
        api_key, api_secret = content["apiKey"], content["apiSecret"]
    except (ValueError, KeyError, TypeError):
        raise InvalidInput.of("envelope", "holds no apiKey and apiSecret") from None
    if not isinstance(api_key, str) or not isinstance(api_secret, str):
        raise InvalidInput.of("envelope", "apiKey and apiSecret must be strings")
    return api_key, api_secret
