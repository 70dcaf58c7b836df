"""One look at all bots with a few lists: whoever needs a write, or a closer look, is named; nobody is written to."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botcore.domain.errors import InvalidInput
from botcore.resources.meta import HALT_ANNOTATION
from botcore.resources.trading_bot import TradingBot
from botcore.runtime.clock import Clock
from botoperator.plan.conditions import Assessment
from botoperator.plan.credentials import StoredKey
from botoperator.plan.inputs import identity_of
from botoperator.plan.lifecycle import (
    CleanUp,
    Hold,
    Serve,
    Situation,
    Step,
    live_terms,
    needs_no_key,
    next_step,
)
from botoperator.plan.manifests import BOT_LABEL, UID_LABEL
from botoperator.plan.observed import LedgerView, Survey
from botoperator.plan.status import derive_status
from botoperator.plan.stored import parse_stored
from botoperator.ports import BotKey, BotPorts
from botoperator.services.credentials import sealed_key_of
from botoperator.services.fleet import Fleet
from botoperator.services.reconcile_bot import BotReconciler, asked_bot, child_keys

__all__ = ["Found", "Resync"]

# Bots after which others get their turn: probes and the Lease can't wait for a thousand.
TURN = 10
Bots = Mapping[BotKey, TradingBot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who wants to be worked on: bots, bots of which only children are left, and keys."""

    bots: Sequence[BotKey]
    leftovers: Sequence[BotKey]
    keys: Sequence[str]


class Resync:
    """Asks of every bot whether a look at it would write; what was listed only decides who is looked at (I1)."""

    def __init__(
        self, ports: BotPorts, reconciler: BotReconciler, clock: Clock, fleet: Fleet
    ) -> None:
        self._ports = ports
        self._planner = reconciler.planner
        self._credentials = reconciler.credentials
        self._modes = reconciler.modes
        self._live_caps = reconciler.live_caps
        self._clock = clock
        self._fleet = fleet

    async def run(self) -> Found:
        """List everything and find who is not as wanted.

        Raises:
            PlatformError: a list could not be had; nothing is known then.
        """
        self._fleet.begin_list()
        # The bots first: one made in between has children that belong to nobody yet, which costs a look.
        manifests = {_key(one): one for one in await self._ports.resources.list()}
        survey = await self._ports.children.survey()
        parsed = await self._parse(manifests)
        views = await self._views(parsed)
        stored = await self._stored_keys(parsed)
        wanting = [key for key in manifests if key not in parsed]
        for number, (key, bot) in enumerate(parsed.items(), start=1):
            situation = self._situation(key, bot, survey, views[str(bot.metadata.uid)])
            if not self._is_settled(situation, stored):
                wanting.append(key)
            if number % TURN == 0:
                await asyncio.sleep(0)
        self._fleet.end_list(manifests)
        leftovers, keys = _left_over(survey, manifests.keys())
        pending = await self._ports.key_store.pending()
        return Found(bots=wanting, leftovers=leftovers, keys=[*keys, *pending])

    async def _parse(self, manifests: Mapping[BotKey, Mapping[str, Any]]) -> Bots:
        found = {}
        for number, (key, manifest) in enumerate(manifests.items(), start=1):
            try:
                found[key] = parse_stored(manifest)
            except InvalidInput:
                continue  # a look tells its owner
            if number % TURN == 0:
                await asyncio.sleep(0)
        return found

    async def _views(self, bots: Bots) -> Mapping[str, LedgerView]:
        now = self._clock.now()
        asked = [asked_bot(bot, now) for bot in bots.values()]
        return await self._ports.ledger.observe(asked)

    async def _stored_keys(self, bots: Bots) -> Mapping[str, StoredKey]:
        named = {sealed_key_of(bot) for bot in bots.values()} - {None}
        return await self._ports.key_store.find(sorted(map(str, named))) if named else {}

    def _situation(
        self, key: BotKey, bot: TradingBot, survey: Survey, view: LedgerView
    ) -> Situation:
        names = child_keys(key)
        return Situation(
            bot=bot,
            children=survey.children(
                names.namespace, secret=names.secret, config_map=names.config_map, pod=names.pod
            ),
            ledger=view,
            now=self._clock.now(),
            modes=self._modes,
            live_caps=self._live_caps,
        )

    def _is_settled(self, situation: Situation, stored: Mapping[str, StoredKey]) -> bool:
        bot, ledger = situation.bot, situation.ledger
        if HALT_ANNOTATION in (bot.metadata.annotations or {}):
            return False
        if ledger.owner_is_disabled and all(halt.scope != "owner" for halt in ledger.halts):
            return False
        if not needs_no_key(situation):
            terms = live_terms(situation)
            found = self._credentials.recall(bot, situation.children, stored, terms)
            if found is None:
                return False
            situation = replace(situation, credentials=found)
        step = next_step(situation)
        pending = self._pending(situation, step)
        if pending is None or bot.status is None:
            return False
        seen = Assessment(situation=situation, step=step, pending_update=pending)
        return derive_status(seen) == bot.status.to_manifest()

    def _pending(self, situation: Situation, step: Step) -> str | None:
        """Say what an update strategy holds back; None where the step writes, or comes back by itself."""
        match step:
            case Serve():
                return self._served(situation)
            case CleanUp(reason=reason) if (
                reason != "Deleted"
                and not situation.children.manifests
                and situation.ledger.login is None
            ):
                return ""
            case Hold(after_seconds=None):
                return ""
            case _:
                return None

    def _served(self, situation: Situation) -> str | None:
        identity = identity_of(situation.bot)
        update = self._planner.update(identity, situation)
        if update.needs_new_pod or not self._planner.is_held(situation):
            return None
        database = self._planner.database_in_force(situation)
        if database is None:
            return None
        plan = self._planner.plan(identity, situation, update, database)
        return None if plan.writes else plan.pending


def _key(manifest: Mapping[str, Any]) -> BotKey:
    metadata = manifest["metadata"]
    return BotKey(metadata["namespace"], metadata["name"])


def _left_over(survey: Survey, bots: Collection[BotKey]) -> tuple[list[BotKey], list[str]]:
    """Find the bots that are gone and have children, and the keys whose check has objects."""
    leftovers, keys = dict[BotKey, None](), dict[str, None]()
    for manifest in survey.manifests:
        name = manifest.labels.get(BOT_LABEL)
        if name is None:
            keys[manifest.labels.get(UID_LABEL, "")] = None
        elif (key := BotKey(manifest.namespace, name)) not in bots:
            leftovers[key] = None
    return list(leftovers), list(keys)
