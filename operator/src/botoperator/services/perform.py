"""Carry out one step of a bot: the only place that writes children, logins and finalizers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from botcore.domain.errors import Conflict, InvariantBroken, QuotaExceeded
from botoperator.plan.changes import Change, Create, Delete, Patch
from botoperator.plan.children import config_of, reordered_config, stopped_config
from botoperator.plan.inputs import BotIdentity, DatabaseTarget
from botoperator.plan.lifecycle import (
    LOOK_AGAIN_SECONDS,
    CleanUp,
    Drain,
    EndPod,
    Hold,
    Restrain,
    Serve,
    Situation,
    Step,
)
from botoperator.plan.manifests import CONFIG_HASH, STOPPING_SINCE, Manifest, digest
from botoperator.plan.notes import of_change
from botoperator.plan.observed import ObservedPod
from botoperator.plan.updates import restrain_update
from botoperator.ports import BotKey, BotPorts
from botoperator.services.serving import ServePlanner, key_in, password_digest, running_in
from botoperator.services.start_queue import StartQueue
from botoperator.services.strangers import is_stranger

__all__ = ["Done", "Performer"]

log = structlog.get_logger(__name__)

# Nothing tells when there is room again.
ROOM_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a step: maybe another one, and what an update strategy holds back."""

    step: Step
    pending: str = ""
    is_released: bool = False
    has_written: bool = False


class _AccountInUse(Exception):
    """Another bot is on the account."""


class Performer:
    """Writes what a step asks for, in the order that a crash in between can't harm."""

    def __init__(self, ports: BotPorts, planner: ServePlanner, starts: StartQueue) -> None:
        self._resources = ports.resources
        self._children = ports.children
        self._ledger = ports.ledger
        self._recorder = ports.recorder
        self._planner = planner
        self._starts = starts
        self._made: dict[str, str] = {}
        """By bot the digest of a password that no pod has yet: who waits for room keeps the login meanwhile."""

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
        waits = await self._wait(bot, situation) if situation.children.pod is None else None
        if waits is not None:
            return waits
        update = self._planner.update(bot, situation)
        if update.needs_new_pod:
            await self._end_pod(bot, situation, "SpecChanged")
            return Done(step=EndPod(reason="SpecChanged"))
        if not self._planner.is_held(situation):
            await self._resources.add_finalizer(_key_of(bot), situation.bot.metadata)
        try:
            database = await self._database(bot, situation)
            plan = self._planner.plan(bot, situation, update, database)
            for change in plan.writes:
                await self._write(bot, change, has_pod=situation.children.pod is not None)
        except QuotaExceeded as error:
            return self._unserved("QuotaExceeded", error, ROOM_SECONDS, bot)
        except _AccountInUse as error:
            return self._unserved("AccountInUse", error, LOOK_AGAIN_SECONDS, bot)
        return Done(step=step, pending=plan.pending, has_written=bool(plan.writes))

    async def _wait(self, bot: BotIdentity, situation: Situation) -> Done | None:
        """Say what has to be waited for before a pod may be made; None if nothing has."""
        key = _key_of(bot)
        if not self._starts.enter(key):
            hold = Hold(
                reason="StartQueued", message=self._starts.message, after_seconds=ROOM_SECONDS
            )
            return Done(step=hold)
        left = situation.children.left
        others = [
            one for one in await self._children.pods_of(key) if left is None or one.uid != left.uid
        ]
        if not others:
            return None
        self._starts.leave(key)
        ended = await self._end_strangers(bot, others)
        names = ", ".join(sorted(one.manifest.name for one in others))
        hold = Hold(reason="OtherPod", message=f"a pod with this bot's label has to go: {names}")
        return Done(step=hold, has_written=ended > 0)

    async def end_strangers(self, bot: BotIdentity) -> None:
        """End every pod that bears the bot's label and is none of the operator's, gracefully (I1)."""
        await self._end_strangers(bot, await self._children.pods_of(_key_of(bot)))

    async def _end_strangers(self, bot: BotIdentity, pods: Sequence[ObservedPod]) -> int:
        strange = [one for one in pods if is_stranger(one.manifest.name, _key_of(bot))]
        ending = [one.manifest for one in strange if not one.is_deleting]
        for manifest in ending:
            await self._write(bot, Delete(manifest=manifest, reason="OtherPod"))
        return len(ending)

    def _unserved(self, reason: str, error: Exception, seconds: float, bot: BotIdentity) -> Done:
        self._starts.leave(_key_of(bot))
        return Done(step=Hold(reason=reason, message=str(error), after_seconds=seconds))

    async def _database(self, bot: BotIdentity, situation: Situation) -> DatabaseTarget:
        if situation.children.pod is not None:
            self._made.pop(bot.uid, None)
        in_force = self._planner.database_in_force(situation, self._made.get(bot.uid))
        if in_force is not None:
            return in_force
        left = situation.children.left
        if left is not None:
            log.warning("lost_pod_left_behind", bot=str(_key_of(bot)), pod=left.manifest.name)
            # Its runner may live on: with its login its way back to the lease ends.
            await self._ledger.retire_login(bot.uid)
        try:
            made = await self._ledger.bind_login(bot, key_in(situation).key.account)
        except Conflict as error:
            raise _AccountInUse(str(error)) from error
        self._made[bot.uid] = password_digest(made.password)
        return self._planner.database(made.role, made.password)

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
        children, running = situation.children, running_in(situation)
        if children.config_map is None or children.pod is None or running is None:
            raise InvariantBroken("a bot is restrained by its configuration")
        update = restrain_update(situation.bot.spec, bot.generation, running, step.reason)
        config_map = reordered_config(children.config_map, update.rendered)
        is_told = children.pod.manifest.annotations.get(CONFIG_HASH) == digest(
            config_of(config_map)
        )
        is_new = config_map.data != children.config_map.data or not is_told
        if is_new:
            log.warning("bot_restrained", bot=str(_key_of(bot)), reason=step.reason)
            await self._order(children.pod.manifest, config_map, {})
        return Done(step=step, pending=update.pending, has_written=is_new)

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
        self._made.pop(bot.uid, None)
        if situation.ledger.login is not None:
            await self._ledger.retire_login(bot.uid)
        is_released = reason == "Deleted"
        if is_released:
            await self._resources.release(_key_of(bot), bot.uid)
            log.info("bot_removed", bot=str(_key_of(bot)))
        has_written = bool(situation.children.manifests) or situation.ledger.login is not None
        return Done(step=step, is_released=is_released, has_written=has_written)

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


def _key_of(bot: BotIdentity) -> BotKey:
    return BotKey(bot.namespace, bot.name)
