"""What is there: children, pod and what the ledger knows about a bot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from botoperator.plan.admission import LiveGrant
from botoperator.plan.inputs import Account
from botoperator.plan.manifests import Kind, Manifest

__all__ = [
    "CRASH_LOOP",
    "Children",
    "Figures",
    "Halt",
    "Heartbeat",
    "Lease",
    "LedgerView",
    "Login",
    "ObservedPod",
    "PodPhase",
    "Survey",
    "Termination",
    "tell_apart",
]

# Why a crashed container waits to be started again, in the kubelet's word.
CRASH_LOOP = "CrashLoopBackOff"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class PodPhase(StrEnum):
    """Kubernetes' own phases."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """How the container last ended; `report` is the JSON object it left, if it left one."""

    exit_code: int
    reason: str = ""
    message: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPod:
    """A pod and the state of its one container."""

    manifest: Manifest
    uid: str
    phase: PodPhase
    is_deleting: bool = False
    ends_by: datetime | None = None
    """When it is to be gone, once its removal was asked for."""
    created_at: datetime | None = None
    started_at: datetime | None = None
    restarts: int = 0
    waiting_reason: str = ""
    waiting_message: str = ""
    termination: Termination | None = None

    @property
    def is_finished(self) -> bool:
        """Whether nothing of the pod runs or will run again."""
        return self.phase in {PodPhase.SUCCEEDED, PodPhase.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """What exists under the names of a bot's children."""

    secret: Manifest | None = None
    config_map: Manifest | None = None
    pod: ObservedPod | None = None
    left: ObservedPod | None = None
    """A second pod; as a rule one that a lost node keeps from going."""

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """All that is there, the pod last; a second one only while nobody has asked it to go."""
        pod = self.pod.manifest if self.pod else None
        left = self.left.manifest if self.left and not self.left.is_deleting else None
        return tuple(one for one in (self.secret, self.config_map, left, pod) if one is not None)


def tell_apart(pods: Sequence[ObservedPod]) -> tuple[ObservedPod | None, ObservedPod | None]:
    """Answer a bot's pod and the one it may have left behind: what stays before what goes, the younger first."""
    by_age = sorted(pods, key=lambda pod: pod.created_at or _LONG_AGO, reverse=True)
    first, second, *_ = *sorted(by_age, key=lambda pod: pod.is_deleting), None, None
    return first, second


class Survey:
    """Every object of the operator's, read at once: what it says is a hint by the time it is read.

    Of an object of the API server there are its names, labels and version alone.
    """

    def __init__(self, objects: Iterable[Manifest]) -> None:
        """Sort the objects by kind and name."""
        self._objects = {(one.kind, one.namespace, one.name): one for one in objects}

    @property
    def manifests(self) -> Iterator[Manifest]:
        """Everything; labels tell whose it is."""
        yield from self._objects.values()

    def children(
        self, namespace: str, *, secret: str, config_map: str, pods: Sequence[str]
    ) -> tuple[Manifest | None, ...]:
        """Answer what was there under these names."""
        return (
            self._objects.get((Kind.SECRET, namespace, secret)),
            self._objects.get((Kind.CONFIG_MAP, namespace, config_map)),
            *(self._objects.get((Kind.POD, namespace, name)) for name in pods),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The bot's database login that is in force, and the account it is bound to."""

    role: str
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The lease on the bot's account while somebody holds it; `holder` is a pod's uid."""

    holder: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What the runner last said about itself; `age_seconds` by the database's clock.

    Each of its problems is a CamelCase reason and a message, the gravest first. `key_version` names the exchange key
    it signs with; empty if it did not say.
    """

    state: str
    reason: str
    generation: int
    at: datetime
    age_seconds: float
    problems: tuple[tuple[str, str], ...] = ()
    key_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """An active halt latch: scope bot, owner or all."""

    scope: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Trading figures of the bot's book, in the quote asset."""

    equity: Decimal | None = None
    today_pnl: Decimal | None = None
    total_pnl: Decimal | None = None
    open_positions: int = 0
    open_orders: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """Everything the ledger knows about one bot, read at once."""

    owner_is_known: bool = True
    owner_is_disabled: bool = False
    login: Login | None = None
    lease: Lease | None = None
    lease_over_seconds: float | None = None
    """For how long nobody has held the lease, by the database's clock; None while it is held, or if it never was."""
    heartbeat: Heartbeat | None = None
    halts: tuple[Halt, ...] = ()
    figures: Figures = field(default_factory=Figures)
    grant: LiveGrant | None = None
