"""What the operator needs from outside; adapters are handed in by `main`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from botcore.resources.meta import ObjectMeta
from botcore.resources.names import child_names
from botoperator.key_ports import KeyStore
from botoperator.plan.inputs import Account, BotIdentity, ExchangeKey
from botoperator.plan.manifests import Manifest
from botoperator.plan.notes import Note
from botoperator.plan.observed import Children, LedgerView, ObservedPod, Survey

__all__ = [
    "AskedBot",
    "BotKey",
    "BotPorts",
    "ChildKeys",
    "ChildrenPort",
    "Halted",
    "Ledger",
    "LoginSecret",
    "Meter",
    "PaperAccounts",
    "Recorder",
    "Resources",
    "Secrets",
    "child_keys",
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
    successor: str | None = None
    """The pod's other name, if it has one."""

    @property
    def pods(self) -> tuple[str, ...]:
        """Every name a pod may have."""
        return (self.pod,) if self.successor is None else (self.pod, self.successor)


def child_keys(key: BotKey) -> ChildKeys:
    """Name what belongs to a bot."""
    names = child_names(key.name)
    return ChildKeys(
        namespace=key.namespace,
        pod=names.pod,
        secret=names.secret,
        config_map=names.config_map,
        successor=names.successor,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSecret:
    """A database login that was made or renewed; the password exists nowhere else yet."""

    role: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBot:
    """A bot the ledger is asked about; trading figures cost more and are left out unless asked for."""

    uid: str
    owner: str
    with_figures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """Whom a halt concerns: scope bot (its uid), owner (the name) or all."""

    scope: str
    subject: str


class Resources(Protocol):
    """TradingBots: the API server, or the table that stands in for it."""

    async def list(self) -> tuple[Mapping[str, Any], ...]:
        """List all bots: at least what identifies each, its account's and its status' main words."""
        ...

    async def get(self, key: BotKey) -> Mapping[str, Any] | None:
        """Read a bot's manifest as it is stored."""
        ...

    async def write_status(self, key: BotKey, uid: str, status: Mapping[str, Any]) -> None:
        """Replace the status."""
        ...

    async def add_finalizer(self, key: BotKey, seen: ObjectMeta) -> None:
        """Hold the bot that was read with this metadata until `release`."""
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

    async def pods_of(self, key: BotKey) -> tuple[ObservedPod, ...]:
        """List every pod that bears the bot's label, whatever its name, from the truth as well."""
        ...

    async def create(self, manifest: Manifest) -> None:
        """Make an object.

        Raises:
            Conflict: one of this name is there.
            QuotaExceeded: the namespace takes no more.
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

    async def survey(self) -> Survey:
        """Read every object of the operator's at once; for one look at all bots, and never kept."""
        ...


class Ledger(Protocol):
    """What Postgres knows and keeps about bots."""

    async def observe(self, asked: Sequence[AskedBot]) -> Mapping[str, LedgerView]:
        """Read everything about these bots at once, by their uids."""
        ...

    async def find_halt(self, halt_id: str) -> Halted | None:
        """Find whom a halt or a live grant concerns, whether it is in force or not."""
        ...

    async def bind_login(self, bot: BotIdentity, account: Account) -> LoginSecret:
        """Make or renew the bot's login for the account.

        Raises:
            Conflict: another bot is on the account.
            QuotaExceeded: as many bots as may have one have one.
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


class Recorder(Protocol):
    """Where people look for what happened to a bot."""

    async def record(self, key: BotKey, uid: str, note: Note) -> None:
        """Tell it; a note that can't be told is dropped, never an error."""
        ...


class Meter(Protocol):
    """Counts what happens; times are in seconds."""

    def reconciled(self, result: str, seconds: float) -> None:
        """Hear how a look ended (done, postponed or failed) and how long it took."""
        ...

    def resynced(self, seconds: float, repairs: Mapping[str, int]) -> None:
        """Hear of a full look: how long it took, and how many of each kind it wants worked on."""
        ...

    def noted(self, reason: str) -> None:
        """Hear of an event."""
        ...

    def conflicted(self) -> None:
        """Hear of a bot that begins to wait for an account somebody else has."""
        ...

    def orphan_ended(self) -> None:
        """Hear of a pod without a bot."""
        ...

    def pod_started(self, seconds: float) -> None:
        """Hear how long a pod took from being made to its container's start."""
        ...

    def ran_twice(self) -> None:
        """Hear of a pod that acts for an account whose lease another holds."""
        ...

    def keys_wrapped(self, keys: Mapping[str, int]) -> None:
        """Hear how many stored keys each sealing key opens."""
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
    meter: Meter
