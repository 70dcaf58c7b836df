"""What changed, told to open pages as a hint; each reads again through its own user's gate."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog

from botcore.domain.errors import PlatformError
from botdashboard.ports import BotGateway
from botdashboard.views.records import BotKey

__all__ = ["Change", "LiveFeed", "Subscription"]

LEDGER_CHANNELS = ("kbots_bots", "kbots_halts", "kbots_keys")
PAUSE = 1.0  # seconds before a broken watch is begun again

_log = structlog.get_logger(__name__)

Listen = Callable[[tuple[str, ...], Callable[[], None]], AsyncIterator[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something changed: `bot` by uid, `resource` by name, a `halt`, a `key`, or perhaps `all`."""

    kind: str
    subject: str = ""
    detail: str = ""


class Subscription:
    """One page's ear; changes that come while it reads wake it once more."""

    def __init__(self, wants: Callable[[Change], bool]) -> None:
        self._wants = wants
        self._changed = asyncio.Event()

    def tell(self, change: Change) -> None:
        """Wake the page if it wants the change."""
        if change.kind == "all" or self._wants(change):
            self._changed.set()

    async def changed(self, timeout_seconds: float) -> None:
        """Wait for a change, at most so long."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()


class LiveFeed:
    """Listens once for the whole program and tells every page."""

    def __init__(self, bots: BotGateway, listen: Listen) -> None:
        self._bots = bots
        self._listen = listen
        self._subscriptions: set[Subscription] = set()

    def subscribe(self, wants: Callable[[Change], bool]) -> Subscription:
        """Begin to listen for a page."""
        made = Subscription(wants)
        self._subscriptions.add(made)
        return made

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop listening for a page."""
        self._subscriptions.discard(subscription)

    async def run(self) -> None:
        """Pass changes on, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_kept_up(self._watch_bots))
            group.create_task(_kept_up(self._listen_to_ledger))

    async def _watch_bots(self) -> None:
        await self._bots.watch(self._bot_changed)

    async def _listen_to_ledger(self) -> None:
        async for channel, payload in self._listen(LEDGER_CHANNELS, self._may_have_missed):
            subject, _, detail = payload.partition(":")
            kind = {"kbots_bots": "bot", "kbots_halts": "halt", "kbots_keys": "key"}[channel]
            self._tell(Change(kind=kind, subject=subject, detail=detail))

    def _bot_changed(self, key: BotKey | None) -> None:
        if key is None:
            self._may_have_missed()
        else:
            self._tell(Change(kind="resource", subject=str(key)))

    def _may_have_missed(self) -> None:
        self._tell(Change(kind="all"))

    def _tell(self, change: Change) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.tell(change)


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except PlatformError as error:
            _log.warning("watch_broken", reason=str(error))
        await asyncio.sleep(PAUSE)
