"""Carry out one step of a bot: the only place that writes children, logins and finalizers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from botcore.domain.errors import Conflict, InvariantBroken
from botcore.resources.trading_bot import BotMode
from botoperator.plan.admission import LiveCaps
from botoperator.plan.changes import Change, Create, Delete, Patch, plan_changes, writes
from botoperator.plan.children import (
    config_of,
    database_password_of,
    desired_children,
    reordered_config,
    stopped_config,
)
from botoperator.plan.credentials import KeyReady
from botoperator.plan.inputs import (
    BotIdentity,
    ChildInputs,
    DatabaseTarget,
    PodSettings,
    Venue,
)
from botoperator.plan.lifecycle import (
    CleanUp,
    Drain,
    EndPod,
    Hold,
    Restrain,
    Serve,
    Situation,
    Step,
)
from botoperator.plan.manifests import CONFIG_HASH, FINALIZER, STOPPING_SINCE, Manifest, digest
from botoperator.plan.notes import of_change
from botoperator.plan.updates import Running, choose_update, restrain_update, tolerate_drift
from botoperator.ports import BotKey, BotPorts

__all__ = ["Done", "Performer", "PlatformSettings"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """What is the same for every bot of this operator; venues of modes that can't run here are absent.

    `live_caps` is None where live trading is out of the question (I4).
    """

    venues: Mapping[BotMode, Venue]
    database_host: str
    database_port: int
    database_name: str
    pod: PodSettings
    lockstep: bool = False
    live_caps: LiveCaps | None = None

    @property
    def modes(self) -> frozenset[BotMode]:
        """The modes bots can run in here."""
        return frozenset(self.venues)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a step: maybe another one, and what an update strategy holds back."""

    step: Step
    pending: str = ""
    is_released: bool = False


class Performer:
    """Writes what a step asks for, in the order that a crash in between can't harm."""

    def __init__(self, ports: BotPorts, settings: PlatformSettings) -> None:
        self._resources = ports.resources
        self._children = ports.children
        self._ledger = ports.ledger
        self._recorder = ports.recorder
        self._settings = settings

    async def perform(self, bot: BotIdentity, situation: Situation, step: Step) -> Done:
        """Perform the step; a bot that finds its account taken waits instead."""
        match step:
            case Serve():
                return await self._serve(bot, situation, step)
            case Restrain():
                return await self._restrain(bot, situation, step)
            case Drain():
                await self._drain(bot, situation, step)
            case EndPod(reason=reason):
                await self._end_pod(bot, situation, reason)
            case CleanUp(reason=reason):
                return await self._clean_up(bot, situation, step, reason)
            case Hold():
                pass
        return Done(step=step)

    async def _serve(self, bot: BotIdentity, situation: Situation, step: Serve) -> Done:
        spec, pod = situation.bot.spec, situation.children.pod
        running = _running(situation)
        update = choose_update(spec, bot.generation, running)
        if update.needs_new_pod:
            await self._end_pod(bot, situation, "SpecChanged")
            return Done(step=EndPod(reason="SpecChanged"))
        await self._hold_resource(bot, situation)
        try:
            database = await self._database(bot, situation)
        except Conflict as error:
            return Done(step=Hold(reason="AccountInUse", message=str(error)))
        inputs = ChildInputs(
            rendered=update.rendered,
            key=_key(situation).key,
            venue=self._venue(bot, spec.mode),
            database=database,
            pod=self._settings.pod,
        )
        desired, drift = tolerate_drift(
            desired_children(bot, inputs),
            pod.manifest if pod else None,
            strategy=spec.update_strategy.type,
            is_flat=_is_flat(situation),
        )
        for change in writes(plan_changes(desired, situation.children.manifests)):
            await self._write(bot, change, has_pod=pod is not None)
        return Done(step=step, pending=update.pending or drift)

    async def _hold_resource(self, bot: BotIdentity, situation: Situation) -> None:
        if FINALIZER not in (situation.bot.metadata.finalizers or ()):
            await self._resources.add_finalizer(_key_of(bot), bot.uid)

    async def _database(self, bot: BotIdentity, situation: Situation) -> DatabaseTarget:
        account, login = _key(situation).key.account, situation.ledger.login
        children = situation.children
        password = database_password_of(children.secret) if children.secret else None
        # The password changes only with the pod: a running one keeps what it was given.
        if children.pod is None or password is None or login is None or login.account != account:
            made = await self._ledger.bind_login(bot, account)
            return self._target(made.role, made.password)
        return self._target(login.role, password)

    def _target(self, role: str, password: str) -> DatabaseTarget:
        return DatabaseTarget(
            host=self._settings.database_host,
            port=self._settings.database_port,
            dbname=self._settings.database_name,
            user=role,
            password=password,
        )

    def _venue(self, bot: BotIdentity, mode: BotMode) -> Venue:
        venue = self._settings.venues[mode]
        if not self._settings.lockstep or mode is not BotMode.PAPER:
            return venue
        return replace(venue, lockstep=f"{bot.namespace}.{bot.name}")

    async def _drain(self, bot: BotIdentity, situation: Situation, step: Drain) -> None:
        children = situation.children
        if children.config_map is None or children.pod is None:
            raise InvariantBroken("a bot is drained by its configuration")
        on_stop = situation.bot.spec.on_stop.to_manifest()
        config_map = stopped_config(children.config_map, on_stop, bot.generation)
        log.info("bot_stopping", bot=str(_key_of(bot)), reason=step.reason)
        # The order first: a mark without the order would only wait.
        await self._order(
            children.pod.manifest, config_map, {STOPPING_SINCE: situation.now.isoformat()}
        )

    async def _restrain(self, bot: BotIdentity, situation: Situation, step: Restrain) -> Done:
        children, running = situation.children, _running(situation)
        if children.config_map is None or children.pod is None or running is None:
            raise InvariantBroken("a bot is restrained by its configuration")
        update = restrain_update(situation.bot.spec, bot.generation, running, step.reason)
        config_map = reordered_config(children.config_map, update.rendered)
        is_told = children.pod.manifest.annotations.get(CONFIG_HASH) == digest(
            config_of(config_map)
        )
        if config_map.data != children.config_map.data or not is_told:
            log.warning("bot_restrained", bot=str(_key_of(bot)), reason=step.reason)
            await self._order(children.pod.manifest, config_map, {})
        return Done(step=step, pending=update.pending)

    async def _order(self, pod: Manifest, config_map: Manifest, marks: Mapping[str, str]) -> None:
        await self._children.patch(config_map)
        hashed = {CONFIG_HASH: digest(config_of(config_map))}
        await self._children.patch(pod.with_annotations({**marks, **hashed}))

    async def _end_pod(self, bot: BotIdentity, situation: Situation, reason: str) -> None:
        pod = situation.children.pod
        if pod is None:
            raise InvariantBroken("there is no pod to end")
        await self._write(bot, Delete(manifest=pod.manifest, reason=reason))

    async def _clean_up(
        self, bot: BotIdentity, situation: Situation, step: CleanUp, reason: str
    ) -> Done:
        for manifest in situation.children.manifests:
            await self._write(bot, Delete(manifest=manifest, reason=reason))
        if situation.ledger.login is not None:
            await self._ledger.retire_login(bot.uid)
        is_released = reason == "Deleted"
        if is_released:
            await self._resources.release(_key_of(bot), bot.uid)
            log.info("bot_removed", bot=str(_key_of(bot)))
        return Done(step=step, is_released=is_released)

    async def _write(self, bot: BotIdentity, change: Change, *, has_pod: bool = True) -> None:
        one = change.manifest
        log.info(
            "child_written",
            bot=str(_key_of(bot)),
            change=type(change).__name__,
            kind=one.kind.value,
            name=one.name,
            reason=change.reason,
        )
        match change:
            case Create():
                await self._children.create(one)
            case Patch():
                await self._children.patch(one)
            case Delete():
                await self._children.delete(one)
            case _:
                raise InvariantBroken("only changes that write are written")
        note = of_change(change, has_pod=has_pod)
        if note is not None:
            await self._recorder.record(_key_of(bot), bot.uid, note)


def _running(situation: Situation) -> Running | None:
    children = situation.children
    config = config_of(children.config_map)
    if children.pod is None or config is None:
        return None
    return Running(
        spec=config["spec"], generation=config["generation"], is_flat=_is_flat(situation)
    )


def _is_flat(situation: Situation) -> bool:
    return situation.ledger.figures.open_positions == 0


def _key(situation: Situation) -> KeyReady:
    if not isinstance(situation.credentials, KeyReady):
        raise InvariantBroken("a bot is served only with its key")
    return situation.credentials


def _key_of(bot: BotIdentity) -> BotKey:
    return BotKey(bot.namespace, bot.name)
