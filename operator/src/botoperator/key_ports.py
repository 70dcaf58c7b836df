"""Where exchange keys lie: ports to what is stored of them, and to Secrets that people keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botcore.resources.trading_bot import TradingBotSpec
from botoperator.plan.credentials import Referred, StoredKey
from botoperator.plan.inputs import ExchangeKey
from botoperator.plan.key_secret import KeySecret

__all__ = ["KeySecrets", "KeyStore", "KeyVerdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVerdict:
    """What the check of a key found."""

    accepted: bool
    reason: str
    account_uid: str | None
    permissions: Mapping[str, Any]


class KeySecrets(Protocol):
    """Secrets in which people keep their keys themselves."""

    async def find(self, namespace: str, name: str) -> KeySecret | None:
        """Read a Secret.

        Raises:
            NotAllowed: it can't be read, or others can.
        """
        ...


class KeyStore(Protocol):
    """Sealed keys with the sealing key that opens them, and keys in Secrets of their owners'."""

    async def refer(self, namespace: str, name: str, spec: TradingBotSpec) -> Referred:
        """Look at the Secret a bot names, and note it when it is new or has changed."""
        ...

    async def find(self, key_ids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Find stored keys by their ids; what is not there is left out."""
        ...

    async def open(self, key: StoredKey, spec_owner: str) -> ExchangeKey:
        """Open a key for an owner; its account's uid is empty until the key was verified.

        Raises:
            NotAllowed: it was sealed for another context, or changed.
            NotFound: the sealing key it was sealed for is not here.
            InvalidInput: it is no key.
        """
        ...

    async def pending(self) -> tuple[str, ...]:
        """List the ids of the keys that want a check: nobody has checked them yet, or a day ago."""
        ...

    async def to_check(self, key_id: str) -> StoredKey | None:
        """Find what is to be checked of a key; Pending is what nobody has checked yet, a newer secret among it."""
        ...

    async def wrapped(self) -> Mapping[str, int]:
        """Count the stored keys by the sealing key that opens them."""
        ...

    async def record(self, key: StoredKey, verdict: KeyVerdict) -> None:
        """Record what the check found; a newer secret that was verified takes the key's place."""
        ...

    async def postpone(self, key: StoredKey) -> None:
        """Put off a check that gave no answer."""
        ...
