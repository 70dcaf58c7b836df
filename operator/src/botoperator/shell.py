"""The shell of both places: hints wake bots, a full look every now and then misses nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from botcore.domain.errors import PlatformError
from botcore.resources.meta import EXCHANGE_KEY_LABEL
from botoperator.plan.manifests import BOT_LABEL, UID_LABEL, Manifest
from botoperator.ports import BotKey, ChildrenPort, KeyStore, Resources
from botoperator.services.reconcile_bot import BotReconciler
from botoperator.services.verify_key import KeyVerifier
from botoperator.services.work_queue import WorkQueue

__all__ = ["CHANNELS", "KeyId", "Shell", "ShellPace", "ShellParts"]

log = structlog.get_logger(__name__)

CHANNELS = ("kbots_resources", "kbots_keys", "kbots_halts", "kbots_bots")
DAY_SECONDS = 86_400.0
RETRY_SECONDS = 60.0
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

    resources: Resources
    children: ChildrenPort
    key_store: KeyStore
    reconciler: BotReconciler
    verifier: KeyVerifier
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
        self._queue: WorkQueue[BotKey | KeyId] = WorkQueue(self._work_until_next)
        self._bots_by_uid: dict[str, BotKey] = {}
        self._look_now = asyncio.Event()
        self._looked_at: float | None = None

    @property
    def overdue_seconds(self) -> float:
        """For how long the last full look that succeeded is older than it should be; 0 while none was due."""
        if self._looked_at is None:
            return 0.0
        since = asyncio.get_running_loop().time() - self._looked_at
        return max(0.0, since - self._pace.resync_seconds)

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

    def on_bot(self, key: BotKey) -> None:
        """Hear of a TradingBot that is there, has changed or is gone."""
        self._queue.add(key)

    def on_child(self, manifest: Manifest) -> None:
        """Hear of an object that is there or has changed."""
        uid = manifest.labels.get(UID_LABEL, "")
        name = manifest.labels.get(BOT_LABEL)
        if EXCHANGE_KEY_LABEL in manifest.labels or not uid:
            self._look_now.set()  # a person's Secret; which bots name it is not known here
            return
        if name is None:
            self._queue.add(KeyId(uid))
            return
        key = BotKey(manifest.namespace, name)
        self._bots_by_uid[uid] = key
        self._queue.add(key)

    def on_notice(self, channel: str, payload: str) -> None:
        """Hear of a change in the database; what is not understood is left to the next full look."""
        match channel:
            case "kbots_resources":
                namespace, _, name = payload.partition("/")
                self.on_bot(BotKey(namespace, name))
            case "kbots_bots":
                self._on_row(*payload.partition(":")[::2])
            case _:
                self._look_now.set()

    def _on_row(self, uid: str, kind: str) -> None:
        key = self._bots_by_uid.get(uid)
        if key is not None and kind == "heartbeat":
            self._queue.add(key)
        elif key is not None and kind == "equity":
            self._queue.add_after(key, FIGURES_AFTER_SECONDS)

    async def _work_until_next(self, key: BotKey | KeyId) -> float | None:
        match key:
            case BotKey():
                return await self._parts.reconciler.run(key)
            case KeyId(id=key_id):
                return await self._parts.verifier.run(key_id)

    async def _listen(self) -> None:
        async for channel, payload in self._parts.notices(self._look_now.set):
            self.on_notice(channel, payload)

    async def _look_regularly(self) -> None:
        while True:
            self._look_now.clear()
            try:
                await self._look_at_all()
            except PlatformError as error:
                log.warning("resync_failed", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), self._pace.resync_seconds)

    async def _look_at_all(self) -> None:
        for key in await self._parts.resources.list():
            self._queue.add(key)
        for manifest in await self._parts.children.list_all():
            self.on_child(manifest)
        for key_id in await self._parts.key_store.pending():
            self._queue.add(KeyId(key_id))
        self._looked_at = asyncio.get_running_loop().time()

    async def _work_daily(self) -> None:
        while True:
            pause = DAY_SECONDS
            try:
                await self._parts.daily()
            except PlatformError as error:
                log.warning("daily_work_failed", error=str(error))
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)
