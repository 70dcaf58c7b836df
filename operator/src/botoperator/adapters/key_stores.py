"""All keys behind one port: sealed ones, and those in Secrets of their owners'."""

from collections.abc import Mapping, Sequence

from botcore.resources.trading_bot import TradingBotSpec
from botoperator.adapters.referenced_key_store import ReferencedKeyStore
from botoperator.adapters.sealed_key_store import SealedKeyStore
from botoperator.key_ports import KeyVerdict
from botoperator.plan.credentials import Referred, StoredKey
from botoperator.plan.inputs import ExchangeKey

__all__ = ["KeyStores"]


class KeyStores:
    """Asks the store that a key lies in."""

    def __init__(self, sealed: SealedKeyStore, referenced: ReferencedKeyStore) -> None:
        self._sealed = sealed
        self._referenced = referenced

    async def publish(self) -> None:
        """Give the dashboard what it seals with."""
        await self._sealed.publish()

    async def refer(self, namespace: str, name: str, spec: TradingBotSpec) -> Referred:
        """Look at a Secret that a bot names."""
        return await self._referenced.refer(namespace, name, spec)

    async def find(self, key_ids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Find keys by their ids; what is in neither store is left out."""
        sealed = await self._sealed.find(key_ids)
        others = [key_id for key_id in key_ids if key_id not in sealed]
        return {**sealed, **await self._referenced.find(others)} if others else sealed

    async def open(self, key: StoredKey, spec_owner: str) -> ExchangeKey:
        """Open a key for an owner; its account's uid is empty until the key was verified.

        Raises:
            NotAllowed, NotFound, InvalidInput: as the store says.
        """
        return await self._store(key).open(key, spec_owner)

    async def pending(self) -> tuple[str, ...]:
        """List the ids of the keys that want a check."""
        return (*await self._sealed.pending(), *await self._referenced.pending())

    async def wrapped(self) -> Mapping[str, int]:
        """Count the sealed keys by the sealing key that opens them."""
        return await self._sealed.wrapped()

    async def to_check(self, key_id: str) -> StoredKey | None:
        """Find what is to be checked of a key."""
        return await self._sealed.to_check(key_id) or await self._referenced.to_check(key_id)

    async def record(self, key: StoredKey, verdict: KeyVerdict) -> None:
        """Record what the check found."""
        await self._store(key).record(key, verdict)

    async def postpone(self, key: StoredKey) -> None:
        """Put off a check that gave no answer."""
        await self._store(key).postpone(key)

    def _store(self, key: StoredKey) -> SealedKeyStore | ReferencedKeyStore:
        return self._sealed if key.secret is None else self._referenced
