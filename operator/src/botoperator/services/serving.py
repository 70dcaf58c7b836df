"""What serving a bot would write, found without writing: the same for a look at one bot and for a look at all."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from botcore.domain.errors import InvariantBroken
from botcore.resources.names import child_names
from botcore.resources.trading_bot import BotMode
from botoperator.plan.admission import LiveCaps
from botoperator.plan.changes import Create, Delete, Patch, plan_changes, writes
from botoperator.plan.children import config_of, database_password_of, desired_children
from botoperator.plan.credentials import KeyReady
from botoperator.plan.inputs import BotIdentity, ChildInputs, DatabaseTarget, PodSettings, Venue
from botoperator.plan.lifecycle import Situation
from botoperator.plan.manifests import FINALIZER
from botoperator.plan.observed import Children
from botoperator.plan.updates import Running, Update, choose_update, tolerate_drift

__all__ = [
    "PlatformSettings",
    "ServePlan",
    "ServePlanner",
    "key_in",
    "password_digest",
    "running_in",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """What is the same for every bot of this operator; venues of modes that can't run here are absent.

    `live_caps` is None where live trading is out of the question (I4). `tenants` are the namespaces that hold the
    bots of one owner alone, with that owner. At most `starting_pods` start at once.
    """

    venues: Mapping[BotMode, Venue]
    database_host: str
    database_port: int
    database_name: str
    pod: PodSettings
    lockstep: bool = False
    starting_pods: int | None = None
    live_caps: LiveCaps | None = None
    tenants: Mapping[str, str] = field(default_factory=dict)

    @property
    def modes(self) -> frozenset[BotMode]:
        """The modes bots can run in here."""
        return frozenset(self.venues)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServePlan:
    """The writes, in order, and what an update strategy holds back."""

    writes: tuple[Create | Patch | Delete, ...]
    pending: str


class ServePlanner:
    """Plans how a bot is served."""

    def __init__(self, settings: PlatformSettings) -> None:
        self._settings = settings

    def update(self, bot: BotIdentity, situation: Situation) -> Update:
        """Choose the spec the runner is to follow."""
        return choose_update(situation.bot.spec, bot.generation, running_in(situation))

    def is_held(self, situation: Situation) -> bool:
        """Tell whether the bot can't go before it has ended in order."""
        return FINALIZER in (situation.bot.metadata.finalizers or ())

    def database_in_force(
        self, situation: Situation, made: str | None = None
    ) -> DatabaseTarget | None:
        """Answer the login its pod was given, None if it needs one: a password changes only with the pod.

        Without a pod it is the login whose password has the digest `made`.
        """
        account, login = key_in(situation).key.account, situation.ledger.login
        children = situation.children
        password = database_password_of(children.secret) if children.secret else None
        if password is None or login is None or login.account != account:
            return None
        if children.pod is None and password_digest(password) != made:
            return None
        return self.database(login.role, password)

    def database(self, role: str, password: str) -> DatabaseTarget:
        """Answer how a bot reaches the ledger by this login."""
        return DatabaseTarget(
            host=self._settings.database_host,
            port=self._settings.database_port,
            dbname=self._settings.database_name,
            user=role,
            password=password,
        )

    def plan(
        self, bot: BotIdentity, situation: Situation, update: Update, database: DatabaseTarget
    ) -> ServePlan:
        """Compare the children that are wanted with those that are there."""
        pod, spec = situation.children.pod, situation.bot.spec
        inputs = ChildInputs(
            rendered=update.rendered,
            key=key_in(situation).key,
            venue=self._venue(bot, spec.mode),
            database=database,
            pod=self._settings.pod,
            pod_name=_pod_name(bot, situation.children),
        )
        desired, drift = tolerate_drift(
            desired_children(bot, inputs),
            pod.manifest if pod else None,
            strategy=spec.update_strategy.type,
            is_flat=_is_flat(situation),
        )
        changes = writes(plan_changes(desired, situation.children.manifests))
        return ServePlan(writes=changes, pending=update.pending or drift)

    def _venue(self, bot: BotIdentity, mode: BotMode) -> Venue:
        venue = self._settings.venues[mode]
        if not self._settings.lockstep or mode is not BotMode.PAPER:
            return venue
        return replace(venue, lockstep=f"{bot.namespace}.{bot.name}")


def password_digest(password: str) -> str:
    """Hash a password that nobody could guess, so that it can be known again without being kept."""
    return hashlib.sha256(password.encode()).hexdigest()


def key_in(situation: Situation) -> KeyReady:
    """Answer the key a bot is served with.

    Raises:
        InvariantBroken: it has none.
    """
    if not isinstance(situation.credentials, KeyReady):
        raise InvariantBroken("a bot is served only with its key")
    return situation.credentials


def running_in(situation: Situation) -> Running | None:
    """Answer the configuration its pod runs under; None without a pod, or if it can't be read."""
    children = situation.children
    config = config_of(children.config_map)
    if children.pod is None or config is None:
        return None
    return Running(
        spec=config["spec"], generation=config["generation"], is_flat=_is_flat(situation)
    )


def _pod_name(bot: BotIdentity, children: Children) -> str | None:
    """Choose the pod's name: its own, or for a new one the one that no pod has."""
    names = child_names(bot.name)
    if children.pod is not None:
        return children.pod.manifest.name
    is_taken = children.left is not None and children.left.manifest.name == names.pod
    return names.successor if is_taken else names.pod


def _is_flat(situation: Situation) -> bool:
    return situation.ledger.figures.open_positions == 0
