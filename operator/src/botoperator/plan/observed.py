"""What is there: children, pod and what the ledger knows about a bot."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
]

# Why a crashed container waits to be started again, in the kubelet's word.
CRASH_LOOP = "CrashLoopBackOff"


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

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """All that is there, the pod last."""
        pod = self.pod.manifest if self.pod else None
        return tuple(one for one in (self.secret, self.config_map, pod) if one is not None)


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
        self, namespace: str, *, secret: str, config_map: str, pod: str
    ) -> tuple[Manifest | None, ...]:
        """Answer what was there under these names."""
        return (
            self._objects.get((Kind.SECRET, namespace, secret)),
            self._objects.get((Kind.CONFIG_MAP, namespace, config_map)),
            self._objects.get((Kind.POD, namespace, pod)),
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

    Each of its problems is a CamelCase reason and a message, the gravest first.
    """

    state: str
    reason: str
    generation: int
    at: datetime
    age_seconds: float
    problems: tuple[tuple[str, str], ...] = ()


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
    heartbeat: Heartbeat | None = None
    halts: tuple[Halt, ...] = ()
    figures: Figures = field(default_factory=Figures)
    grant: LiveGrant | None = None
