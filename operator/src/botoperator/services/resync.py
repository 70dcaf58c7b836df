"""One look at all bots with a few lists: whoever is not as the last look left it is named; nobody is written to."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botcore.runtime.clock import Clock
from botoperator.plan.credentials import StoredKey
from botoperator.plan.manifests import BOT_LABEL, UID_LABEL, Manifest
from botoperator.plan.observed import LedgerView, Survey
from botoperator.plan.status import figures_are_due_since
from botoperator.ports import AskedBot, BotKey, BotPorts, child_keys
from botoperator.services.fleet import Fleet
from botoperator.services.reconcile_bot import BotReconciler
from botoperator.services.settled import Seen

__all__ = ["Found", "Resync"]

# Bots after which others get their turn: probes and the Lease can't wait for a thousand.
TURN = 25
Bots = Mapping[BotKey, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who wants to be worked on: bots, bots of which only children are left, and keys."""

    bots: Sequence[BotKey]
    leftovers: Sequence[BotKey]
    keys: Sequence[str]


class Resync:
    """Asks of every bot whether anything is new since a look at it had nothing to do; only a look decides (I1).

    A key that lies in a Secret of its owner's is read by nobody else, so that its bot is looked at every time.
    """

    def __init__(
        self, ports: BotPorts, reconciler: BotReconciler, clock: Clock, fleet: Fleet
    ) -> None:
        self._ports = ports
        self._settled = reconciler.settled
        self._strangers = reconciler.strangers
        self._clock = clock
        self._fleet = fleet
        self._keys: Mapping[str, StoredKey] = {}
        """The sealed keys that bots name, as the last full look found them."""

    async def run(self) -> Found:
        """List everything and find who is not as it was.

        Raises:
            PlatformError: a list could not be had; nothing is known then.
        """
        self._fleet.begin_list()
        # The bots first: one made in between has children that belong to nobody yet, which costs a look.
        bots = {_key(one): one for one in await self._ports.resources.list()}
        survey = await self._ports.children.survey()
        asked = {key: _asked(bot, self._clock.now()) for key, bot in bots.items()}
        views = await self._ports.ledger.observe(list(asked.values()))
        changed = await self._changed_keys(bots)
        beset = {self._strangers.hear_of(one) for one in survey.manifests}
        wanting = []
        for number, (key, bot) in enumerate(bots.items(), start=1):
            seen = _seen(key, bot, survey, views[asked[key].uid], asked[key])
            credentials = bot["spec"].get("credentials") or {}
            is_known = not credentials.get("secretName")
            is_known = is_known and credentials.get("sealedKey") not in changed
            if not is_known or key in beset or not self._settled.holds(key, seen):
                wanting.append(key)
            if number % TURN == 0:
                await asyncio.sleep(0)
        self._fleet.end_list(bots)
        self._settled.keep_only(bots)
        leftovers, keys = _left_over(survey, bots.keys())
        pending = await self._ports.key_store.pending()
        self._ports.meter.keys_wrapped(await self._ports.key_store.wrapped())
        return Found(bots=wanting, leftovers=leftovers, keys=[*keys, *pending])

    async def _changed_keys(self, bots: Bots) -> set[str]:
        """Find the sealed keys that are not as they were a full look ago."""
        named = {(bot["spec"].get("credentials") or {}).get("sealedKey") for bot in bots.values()}
        wanted = sorted(one for one in named if one)
        before = self._keys
        self._keys = await self._ports.key_store.find(wanted) if wanted else {}
        return {one for one in wanted if one not in before or before[one] != self._keys.get(one)}


def _asked(bot: Mapping[str, Any], now: datetime) -> AskedBot:
    told = ((bot.get("status") or {}).get("trading") or {}).get("asOf")
    as_of = datetime.fromisoformat(told) if told else None
    return AskedBot(
        uid=str(bot["metadata"]["uid"]),
        owner=str(bot["spec"].get("owner", "")),
        with_figures=figures_are_due_since(as_of, now),
    )


def _seen(
    key: BotKey, bot: Mapping[str, Any], survey: Survey, view: LedgerView, asked: AskedBot
) -> Seen:
    names = child_keys(key)
    children = survey.children(
        names.namespace, secret=names.secret, config_map=names.config_map, pods=names.pods
    )
    return Seen(
        bot=Manifest(body=bot),
        children=children,
        ledger=view,
        with_figures=asked.with_figures,
    )


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
