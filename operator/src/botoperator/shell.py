"""The shell of both places: hints wake bots, a full look every now and then misses nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from botcore.domain.errors import PlatformError
from botcore.resources.meta import EXCHANGE_KEY_LABEL
from botoperator.plan.hints import BotHint
from botoperator.plan.manifests import BOT_LABEL, UID_LABEL, Manifest
from botoperator.ports import BotKey, Halted, Ledger, Meter
from botoperator.services.echoes import Echoes
from botoperator.services.fleet import Fleet
from botoperator.services.reconcile_bot import BotReconciler
from botoperator.services.resync import Resync
from botoperator.services.verify_key import KeyVerifier
from botoperator.services.work_queue import Lane, WorkQueue

__all__ = ["CHANNELS", "KeyId", "Shell", "ShellPace", "ShellParts"]

log = structlog.get_logger(__name__)

CHANNELS = ("kbots_resources", "kbots_keys", "kbots_halts", "kbots_bots")
DAY_SECONDS = 86_400.0
RETRY_SECONDS = 60.0
# After a full look that failed.
LOOK_AGAIN_SECONDS = 10.0
# Equity rows come in close succession; one look shows them all.
FIGURES_AFTER_SECONDS = 5.0

Notices = Callable[[Callable[[], None]], AsyncIterator[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class KeyId:
    """A sealed key in the queue."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellParts:
    """What the shell drives; `notices` yields (channel, payload) and reports every new connection."""

    ledger: Ledger
    reconciler: BotReconciler
    resync: Resync
    fleet: Fleet
    echoes: Echoes
    verifier: KeyVerifier
    meter: Meter
    notices: Notices
    daily: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellPace:
    """How often everything is looked at without a hint, in seconds, and how many bots are worked on at once."""

    resync_seconds: float
    workers: int


class Shell:
    """Turns hints into work; which hint it was makes no difference to what is done."""

    def __init__(self, parts: ShellParts, pace: ShellPace) -> None:
        self._parts = parts
        self._pace = pace
        self._queue: WorkQueue[BotKey | KeyId] = WorkQueue(
            self._work_until_next, parts.meter.reconciled
        )
        self._look_now = asyncio.Event()
        self._looked_at: float | None = None

    @property
    def queue(self) -> WorkQueue[BotKey | KeyId]:
        """What waits to be worked on."""
        return self._queue

    @property
    def look_seconds(self) -> float | None:
        """For how long the last full look that succeeded is ago; before the first, the start; None before that."""
        if self._looked_at is None:
            return None
        return asyncio.get_running_loop().time() - self._looked_at

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        self._looked_at = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._queue.run()) for _ in range(self._pace.workers)]
            tasks.append(group.create_task(self._listen()))
            tasks.append(group.create_task(self._look_regularly()))
            tasks.append(group.create_task(self._work_daily()))
            await stop.wait()
            self._queue.close()
            for task in tasks:
                task.cancel()

    def on_bot(self, key: BotKey, hint: BotHint | None = None) -> None:
        """Hear of a TradingBot that is there, has changed or is gone."""
        if hint is None or hint.is_wanted:
            self._queue.add(key, Lane.PERSON)
        elif hint.is_listed:
            self._queue.add(key, Lane.LOOK)
        else:
            self._queue.add(key, Lane.REPORT, self._own(hint.uid, hint.version))

    def on_child(self, manifest: Manifest) -> None:
        """Hear of an object that is there or has changed."""
        uid = manifest.labels.get(UID_LABEL, "")
        name = manifest.labels.get(BOT_LABEL)
        if EXCHANGE_KEY_LABEL in manifest.labels or not (uid or name):
            # A person's Secret, or one that was.
            named = self._parts.fleet.using_secret(manifest.namespace, manifest.name)
            self._add_all(named, Lane.PERSON)
            return
        if name is None:
            self._queue.add(KeyId(uid))
            return
        beset = self._parts.reconciler.strangers.hear_of(manifest)
        if beset is not None:
            self._queue.add(beset, Lane.REPORT)
            return
        needless = self._own(str(manifest.uid), manifest.version) if manifest.version else None
        self._queue.add(BotKey(manifest.namespace, name), Lane.REPORT, needless)

    async def on_notice(self, channel: str, payload: str) -> None:
        """Hear of a change in the database; what is not understood is left to a full look."""
        match channel:
            case "kbots_resources":
                namespace, _, name = payload.partition("/")
                self.on_bot(BotKey(namespace, name))
            case "kbots_bots":
                self._on_row(*payload.partition(":")[::2])
            case "kbots_keys":
                bots = self._parts.fleet.using_key(payload)
                self._add_all([KeyId(payload), *bots], Lane.PERSON)
            case _:
                await self._on_halt(payload)

    async def _on_halt(self, halt_id: str) -> None:
        try:
            halted = await self._parts.ledger.find_halt(halt_id)
        except PlatformError:
            halted = None
        match halted:
            case Halted(scope="bot", subject=uid) if key := self._parts.fleet.find(uid):
                self._queue.add(key, Lane.PERSON)
            case Halted(scope="owner", subject=owner):
                self._add_all(self._parts.fleet.of_owner(owner), Lane.PERSON)
            case _:
                self._look_now.set()

    def _on_row(self, uid: str, kind: str) -> None:
        key = self._parts.fleet.find(uid)
        if key is not None and kind == "heartbeat":
            self._queue.add(key)
        elif key is not None and kind == "equity":
            self._queue.add_after(key, FIGURES_AFTER_SECONDS)

    def _add_all(self, keys: Iterable[BotKey | KeyId], lane: Lane) -> None:
        for key in keys:
            self._queue.add(key, lane)

    def _own(self, uid: str, version: str) -> Callable[[], bool]:
        # Asked only when the look that may have written it has ended, and so has heard the answer.
        return lambda: self._parts.echoes.is_own(uid, version)

    async def _work_until_next(self, key: BotKey | KeyId) -> float | None:
        match key:
            case BotKey():
                return await self._parts.reconciler.run(key)
            case KeyId(id=key_id):
                return await self._parts.verifier.run(key_id)

    async def _listen(self) -> None:
        async for channel, payload in self._parts.notices(self._look_now.set):
            await self.on_notice(channel, payload)

    async def _look_regularly(self) -> None:
        while True:
            self._look_now.clear()
            pause = self._pace.resync_seconds
            try:
                await self._look_at_all()
            except PlatformError as error:
                log.warning("resync_failed", error=str(error))
                pause = min(pause, LOOK_AGAIN_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), pause)

    async def _look_at_all(self) -> None:
        now = asyncio.get_running_loop().time
        began = now()
        found = await self._parts.resync.run()
        self._add_all([*found.bots, *found.leftovers, *map(KeyId, found.keys)], Lane.LOOK)
        self._looked_at = now()
        repairs = {
            "bot": len(found.bots),
            "leftover": len(found.leftovers),
            "key": len(found.keys),
        }
        self._parts.meter.resynced(self._looked_at - began, repairs)

    async def _work_daily(self) -> None:
        while True:
            pause = DAY_SECONDS
            try:
                await self._parts.daily()
            except PlatformError as error:
                log.warning("daily_work_failed", error=str(error))
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)
