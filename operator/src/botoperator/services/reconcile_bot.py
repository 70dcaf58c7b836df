"""Bring one bot to what is wanted: observe, decide, perform, report. Level-triggered: nothing remembers why."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from botcore.domain.errors import InvalidInput, PlatformError
from botcore.resources.meta import HALT_ANNOTATION
from botcore.resources.status import TradingBotStatus
from botcore.resources.trading_bot import BotMode, TradingBot
from botcore.runtime.clock import Clock
from botoperator.plan.conditions import Assessment, runs_twice
from botoperator.plan.failover import leave_lost_pod
from botoperator.plan.inputs import BotIdentity, identity_of
from botoperator.plan.lifecycle import (
    Drain,
    EndPod,
    Hold,
    Restrain,
    Serve,
    Situation,
    Step,
    is_at_rest,
    live_terms,
    needs_no_key,
    next_step,
)
from botoperator.plan.manifests import UID_LABEL, Manifest
from botoperator.plan.notes import begins_to_wait, transitions
from botoperator.plan.observed import Children, LedgerView, ObservedPod
from botoperator.plan.status import (
    derive_status,
    figures_are_due,
    invalid_status,
    start_seconds,
    starting_seconds,
)
from botoperator.plan.stored import parse_status, parse_stored
from botoperator.ports import AskedBot, BotKey, BotPorts, child_keys
from botoperator.services.credentials import CredentialsFinder
from botoperator.services.fleet import Fleet
from botoperator.services.perform import Performer
from botoperator.services.serving import PlatformSettings, ServePlanner
from botoperator.services.settled import Seen, Settled
from botoperator.services.start_queue import StartQueue
from botoperator.services.strangers import Strangers, is_stranger

__all__ = ["BotReconciler"]

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 1.0
AFTER_WRITING_SECONDS = 5.0


class BotReconciler:
    """One function for every trigger and both places to run."""

    def __init__(
        self, ports: BotPorts, settings: PlatformSettings, clock: Clock, fleet: Fleet
    ) -> None:
        self._ports = ports
        self._settings = settings
        self._clock = clock
        self._fleet = fleet
        self._credentials = CredentialsFinder(ports.paper_accounts, ports.key_store)
        self.starts = StartQueue(settings.starting_pods)
        self.settled = Settled()
        self.strangers = Strangers()
        self._untold: dict[BotKey, TradingBotStatus | None] = {}
        """The status that people were told of last, where nobody knows whether a newer one was written."""
        self._performer = Performer(ports, ServePlanner(settings), self.starts)

    async def run(self, key: BotKey) -> float | None:
        """Take the next step; answers in how many seconds to look again."""
        self.settled.forget(key)
        manifest = await self._ports.resources.get(key)
        if manifest is None:
            self._fleet.forget(key)
            self.starts.leave(key)
            self._untold.pop(key, None)
            return await self._remove_leftovers(key)
        try:
            bot = parse_stored(manifest)
        except InvalidInput as error:
            await self._report_invalid(key, manifest, error)
            return None
        identity = identity_of(bot)
        # Before the first write: what it leads to may be told before the look ends.
        self._fleet.learn(key, manifest, manifest.get("status") or {})
        await self._latch(key, identity, bot)
        situation = await self._observe(key, identity, bot)
        await self._halt_disabled_owner(identity, situation)
        self._watch(key, situation)
        await self._if_strange(key, lambda: self._performer.end_strangers(identity))
        step = next_step(situation)
        done = await self._performer.perform(identity, situation, step)
        if not done.is_released:
            seen = Assessment(situation=situation, step=done.step, pending_update=done.pending)
            status = derive_status(seen)
            has_told = await self._report(key, identity.uid, bot.status, status)
            self._fleet.learn(key, manifest, status)
            if not has_told and not done.has_written and is_at_rest(done.step, situation):
                self.settled.note(key, _seen(manifest, situation))
        again = _look_again(done.step, situation)
        # What was written is not heard of; what it leads to is, mostly sooner.
        return (
            min(again or AFTER_WRITING_SECONDS, AFTER_WRITING_SECONDS)
            if done.has_written
            else again
        )

    def _situation(
        self, key: BotKey, bot: TradingBot, children: Children, view: LedgerView, now: datetime
    ) -> Situation:
        """Put together what was seen of a bot and what this platform allows; nothing is known of its key yet."""
        return leave_lost_pod(
            Situation(
                bot=bot,
                children=children,
                ledger=view,
                now=now,
                modes=self._settings.modes,
                live_caps=self._settings.live_caps,
                namespace_owner=self._settings.tenants.get(key.namespace),
            )
        )

    async def _observe(self, key: BotKey, identity: BotIdentity, bot: TradingBot) -> Situation:
        now = self._clock.now()
        children = await self._ports.children.observe(child_keys(key))
        view = (await self._ports.ledger.observe([_asked_bot(bot, now)]))[identity.uid]
        situation = self._situation(key, bot, children, view, now)
        if needs_no_key(situation):
            return situation
        found = await self._credentials.find(bot, situation.children, live_terms(situation))
        return replace(situation, credentials=found)

    async def _latch(self, key: BotKey, identity: BotIdentity, bot: TradingBot) -> None:
        reason = (bot.metadata.annotations or {}).get(HALT_ANNOTATION)
        if reason is None:
            return
        # The latch outlives the annotation, so that clearing it is one act of a person.
        await self._ports.ledger.halt_bot(identity, reason or "halted by annotation")
        await self._ports.resources.drop_annotation(key, identity.uid, HALT_ANNOTATION)
        log.warning("bot_halted", bot=str(key), reason=reason)

    async def _halt_disabled_owner(self, identity: BotIdentity, situation: Situation) -> None:
        ledger = situation.ledger
        if ledger.owner_is_disabled and all(halt.scope != "owner" for halt in ledger.halts):
            await self._ports.ledger.halt_owner(identity.owner, "the account is disabled")
            log.warning("owner_halted", owner=identity.owner)

    async def _if_strange(self, key: BotKey, end: Callable[[], Awaitable[None]]) -> None:
        if not self.strangers.take(key):
            return
        try:
            await end()
        except PlatformError:
            self.strangers.add(key)
            raise

    async def _report(
        self, key: BotKey, uid: str, before: TradingBotStatus | None, status: Mapping[str, Any]
    ) -> bool:
        is_new = before is None or status != before.to_manifest()
        if is_new:
            self._untold.setdefault(key, before)
            await self._ports.resources.write_status(key, uid, status)
        elif key not in self._untold:
            return False
        told, after = self._untold.pop(key), parse_status(status)
        for note in transitions(told, after):
            self._ports.meter.noted(note.reason)
            await self._ports.recorder.record(key, uid, note)
        if begins_to_wait(told, after):
            self._ports.meter.conflicted()
        return is_new

    def _watch(self, key: BotKey, situation: Situation) -> None:
        starting = starting_seconds(situation)
        if starting is not None:
            self.starts.resume(key, starting)
        elif situation.children.pod is not None or needs_no_key(situation):
            self.starts.leave(key)
        took = start_seconds(situation)
        if took is not None:
            self._ports.meter.pod_started(took)
        if runs_twice(situation):
            log.critical("double_run_detected", bot=str(key))
            self._ports.meter.ran_twice()

    async def _report_invalid(
        self, key: BotKey, manifest: Mapping[str, Any], error: InvalidInput
    ) -> None:
        metadata, before = manifest["metadata"], parse_status(manifest.get("status"))
        status = invalid_status(before, error, metadata["generation"], self._clock.now())
        await self._report(key, metadata["uid"], before, status)
        self._fleet.learn(key, manifest, status)

    async def _remove_leftovers(self, key: BotKey) -> float | None:
        await self._if_strange(key, lambda: self._end_orphans(key))
        children = await self._ports.children.observe(child_keys(key))
        if not children.manifests:
            return None
        log.warning("leftovers_removed", bot=str(key))
        if children.pod is not None:
            await self._end_orphan(children.pod)
            return LOOK_AGAIN_SECONDS
        for uid in _uids(children):
            await self._ports.ledger.retire_login(uid)
        for manifest in children.manifests:
            await self._ports.children.delete(manifest)
        return None

    async def _end_orphans(self, key: BotKey) -> None:
        for pod in await self._ports.children.pods_of(key):
            if is_stranger(pod.manifest.name, key):
                await self._end_orphan(pod)

    async def _end_orphan(self, pod: ObservedPod) -> None:
        if pod.is_deleting:
            return
        self._ports.meter.orphan_ended()
        await self._ports.children.delete(pod.manifest)


def _asked_bot(bot: TradingBot, now: datetime) -> AskedBot:
    """Ask the ledger about a bot, for its figures only when they are due."""
    due = figures_are_due(bot.status.trading if bot.status else None, now)
    return AskedBot(uid=str(bot.metadata.uid), owner=bot.spec.owner, with_figures=due)


def _seen(manifest: Mapping[str, Any], situation: Situation) -> Seen:
    children = situation.children
    pods = (one.manifest if one else None for one in (children.pod, children.left))
    due = _asked_bot(situation.bot, situation.now).with_figures
    return Seen(
        bot=Manifest(body=manifest),
        children=(children.secret, children.config_map, *pods),
        ledger=situation.ledger,
        with_figures=due,
    )


def _uids(children: Children) -> set[str]:
    return {one.labels[UID_LABEL] for one in children.manifests if UID_LABEL in one.labels}


def _look_again(step: Step, situation: Situation) -> float | None:
    match step:
        case Hold(after_seconds=seconds):
            return seconds
        case Drain() | EndPod():
            return LOOK_AGAIN_SECONDS
        case Serve() | Restrain():
            return _until_grant_ends(situation)
        case _:
            return None


def _until_grant_ends(situation: Situation) -> float | None:
    grant = situation.ledger.grant
    if situation.bot.spec.mode is not BotMode.LIVE or grant is None:
        return None
    left = (grant.expires_at - situation.now).total_seconds()
    return left + LOOK_AGAIN_SECONDS if left > 0 else None
