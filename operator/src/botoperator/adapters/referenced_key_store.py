"""Keys in Secrets of their owners': read where they lie, with what their check found kept in Postgres."""

from collections.abc import Mapping, Sequence

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botcore.ledger import referenced_keys
from botcore.ledger.connect import Pool
from botcore.resources.trading_bot import TradingBotSpec
from botoperator.adapters.postgres import transaction
from botoperator.adapters.sealed_key_store import stored_verdict
from botoperator.key_ports import KeySecrets, KeyVerdict
from botoperator.plan.credentials import KeyRefused, Referred, SecretRef, StoredKey, opened
from botoperator.plan.inputs import VENUE_NAME, ExchangeKey
from botoperator.plan.key_secret import API_KEY, API_SECRET, KeySecret, judge_secret

__all__ = ["ReferencedKeyStore"]


class ReferencedKeyStore:
    """Reads Secrets and writes none."""

    def __init__(self, pool: Pool, secrets: KeySecrets) -> None:
        self._pool = pool
        self._secrets = secrets

    async def refer(self, namespace: str, name: str, spec: TradingBotSpec) -> Referred:
        """Look at the Secret, and note it when it is new or has changed."""
        try:
            secret = await self._secrets.find(namespace, name)
        except NotAllowed as error:
            return Referred(refused=KeyRefused(reason="SecretForbidden", message=str(error)))
        refused = judge_secret(secret, name, spec)
        async with transaction(self._pool) as connection:
            row = await referenced_keys.find_by_name(connection, namespace, name)
            if secret is None or refused is not None:
                return Referred(key=_stored(row) if row else None, refused=refused)
            seen = _reference(secret)
            if row is None or _as_seen(row) != seen:
                await referenced_keys.record_reference(connection, seen)
                (row,) = await referenced_keys.find_referenced_keys(connection, [secret.uid])
        return Referred(key=_stored(row))

    async def find(self, key_ids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Find Secrets that were noted, by their uids; what is not there is left out."""
        async with transaction(self._pool) as connection:
            rows = await referenced_keys.find_referenced_keys(connection, key_ids)
        return {str(row.id): _stored(row) for row in rows}

    async def open(self, key: StoredKey, spec_owner: str) -> ExchangeKey:
        """Read the key, as long as it is still the one that was noted.

        Raises:
            NotFound: its Secret is gone.
            NotAllowed: it belongs to somebody else by now.
            InvalidInput: it has changed since.
        """
        place = key.secret
        secret = await self._secrets.find(place.namespace, place.name) if place else None
        if place is None or secret is None or secret.uid != key.id:
            raise NotFound("its Secret is gone")
        if secret.owner != spec_owner:
            raise NotAllowed("its Secret belongs to somebody else")
        if secret.fingerprint != place.fingerprint:
            raise InvalidInput.of(f"Secret {place.name}", "changed before it was checked")
        return opened(key, api_key=secret.data[API_KEY], api_secret=secret.data[API_SECRET])

    async def pending(self) -> tuple[str, ...]:
        """List the uids of the Secrets that want a check."""
        async with transaction(self._pool) as connection:
            return await referenced_keys.list_waiting_references(connection)

    async def to_check(self, key_id: str) -> StoredKey | None:
        """Find a Secret that wants a check."""
        async with transaction(self._pool) as connection:
            row = await referenced_keys.find_waiting_reference(connection, key_id)
        return _stored(row) if row else None

    async def record(self, key: StoredKey, verdict: KeyVerdict) -> None:
        """Record what the check found."""
        stored = stored_verdict(verdict)
        async with transaction(self._pool) as connection:
            await referenced_keys.record_reference_verdict(connection, key.id, key.revision, stored)

    async def postpone(self, key: StoredKey) -> None:
        """Put off a check that gave no answer."""
        async with transaction(self._pool) as connection:
            await referenced_keys.postpone_reference_check(connection, key.id)


def _reference(secret: KeySecret) -> referenced_keys.Reference:
    return referenced_keys.Reference(
        id=secret.uid,
        namespace=secret.namespace,
        name=secret.name,
        owner=secret.owner,
        environment=secret.environment,
        fingerprint=secret.fingerprint,
    )


def _as_seen(row: referenced_keys.ReferencedKeyRow) -> referenced_keys.Reference:
    return referenced_keys.Reference(
        id=str(row.id),
        namespace=row.namespace,
        name=row.name,
        owner=row.owner,
        environment=row.environment,
        fingerprint=row.fingerprint,
    )


def _stored(row: referenced_keys.ReferencedKeyRow) -> StoredKey:
    return StoredKey(
        id=str(row.id),
        owner=row.owner,
        exchange=VENUE_NAME,
        environment=row.environment,
        revision=row.revision,
        status=row.status,
        reason=row.reason,
        account_uid=row.account_uid,
        permissions=row.permissions,
        secret=SecretRef(namespace=row.namespace, name=row.name, fingerprint=row.fingerprint),
    )
