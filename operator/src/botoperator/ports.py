"""What the operator needs from outside; adapters are handed in by `main`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from botcore.resources.trading_bot import TradingBotSpec
from botoperator.plan.credentials import Referred, StoredKey
from botoperator.plan.inputs import Account, BotIdentity, ExchangeKey
from botoperator.plan.key_secret import KeySecret
from botoperator.plan.manifests import Manifest
from botoperator.plan.notes import Note
from botoperator.plan.observed import Children, LedgerView

__all__ = [
    "BotKey",
    "BotPorts",
    "ChildKeys",
    "ChildrenPort",
    "KeySecrets",
    "KeyStore",
    "KeyVerdict",
    "Ledger",
    "LoginSecret",
    "PaperAccounts",
    "Recorder",
    "Resources",
    "Secrets",
]


@dataclass(frozen=True, slots=True, order=True)
class BotKey:
    """The name of a bot within its namespace."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildKeys:
    """The names of one pod and of the objects mounted into it."""

    namespace: str
    pod: str
    secret: str
    config_map: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSecret:
    """A database login that was made or renewed; the password exists nowhere else yet."""

    role: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVerdict:
    """What the check of a key found."""

    accepted: bool
    reason: str
    account_uid: str | None
    permissions: Mapping[str, Any]


class Resources(Protocol):
    """TradingBots: the API server, or the table that stands in for it."""

    async def list(self) -> tuple[BotKey, ...]:
        """List the names of all bots."""
        ...

    async def get(self, key: BotKey) -> Mapping[str, Any] | None:
        """Read a bot's manifest as it is stored."""
        ...

    async def write_status(self, key: BotKey, uid: str, status: Mapping[str, Any]) -> None:
        """Replace the status."""
        ...

    async def add_finalizer(self, key: BotKey, uid: str) -> None:
        """Hold the bot until `release`."""
        ...

    async def release(self, key: BotKey, uid: str) -> None:
        """Remove our finalizer, so that a bot whose deletion was asked for goes."""
        ...

    async def drop_annotation(self, key: BotKey, uid: str, annotation: str) -> None:
        """Remove one annotation."""
        ...


class ChildrenPort(Protocol):
    """Secrets, ConfigMaps and pods."""

    async def observe(self, names: ChildKeys) -> Children:
        """Read what is there under these names, from the truth, never from a cache."""
        ...

    async def create(self, manifest: Manifest) -> None:
        """Make an object.

        Raises:
            Conflict: one of this name is there.
        """
        ...

    async def patch(self, manifest: Manifest) -> None:
        """Set an object's data, labels and annotations.

        Raises:
            NotFound: it is not there.
        """
        ...

    async def delete(self, manifest: Manifest) -> None:
        """Remove an object, a pod gracefully; none is no error.

        Raises:
            Conflict: another object has this name by now.
        """
        ...

    async def list_all(self) -> tuple[Manifest, ...]:
        """List every object of the operator's; their labels tell whose they are."""
        ...


class Ledger(Protocol):
    """What Postgres knows and keeps about bots."""

    async def observe(self, uid: str, owner: str, *, with_figures: bool) -> LedgerView:
        """Read everything about one bot at once."""
        ...

    async def bind_login(self, bot: BotIdentity, account: Account) -> LoginSecret:
        """Make or renew the bot's login for the account.

        Raises:
            Conflict: another bot is on the account.
        """
        ...

    async def retire_login(self, uid: str) -> None:
        """Close the bot's login and end its sessions; none is no error."""
        ...

    async def halt_bot(self, bot: BotIdentity, reason: str) -> None:
        """Set the bot's halt latch."""
        ...

    async def halt_owner(self, owner: str, reason: str) -> None:
        """Set the halt latch of all of an owner's bots."""
        ...


class PaperAccounts(Protocol):
    """Accounts of the paper exchange."""

    async def ensure(self, name: str, balances: Mapping[str, str]) -> ExchangeKey:
        """Open the account of this name unless it is there, and answer its key.

        Raises:
            Transient: the exchange does not answer now.
        """
        ...


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

    async def find(self, key_id: str) -> StoredKey | None:
        """Find a stored key."""
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
        """List the ids of the keys nobody has checked yet."""
        ...

    async def record(self, key: StoredKey, verdict: KeyVerdict) -> None:
        """Record what the check found."""
        ...


class Recorder(Protocol):
    """Where people look for what happened to a bot."""

    async def record(self, key: BotKey, uid: str, note: Note) -> None:
        """Tell it; a note that can't be told is dropped, never an error."""
        ...


class Secrets(Protocol):
    """Secrets of the platform itself."""

    async def find(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """Read a Secret's decoded data."""
        ...

    async def create(self, namespace: str, name: str, data: Mapping[str, str]) -> None:
        """Make a Secret of plain texts.

        Raises:
            Conflict: it is there.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BotPorts:
    """Everything outside that a bot's reconciliation touches."""

    resources: Resources
    children: ChildrenPort
    ledger: Ledger
    paper_accounts: PaperAccounts
    key_store: KeyStore = field(repr=False)
    recorder: Recorder
