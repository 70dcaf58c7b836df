"""The account's own orders, on a supervised connection (TR-57 to TR-60).

Defects of python-binance 1.0.37 that end here (binance.md §2.5): A, by never letting the library reconnect; B, by a
ping that proves the read loop alive; F, by taking the venue's announcement of a shutdown; J, by reading the
library's one bounded queue instead of its unbounded ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botcore.domain.errors import NotAllowed
from botcore.runtime.clock import Clock
from botrunner.adapters.binance_calls import VenueCalls
from botrunner.adapters.binance_errors import CLOCK_CODE, KEY_CODES
from botrunner.adapters.binance_library import BinanceAPIException
from botrunner.adapters.binance_mapping import balance_changed, order_reported
from botrunner.adapters.client_slot import ClientSlot
from botrunner.adapters.market_link import closed
from botrunner.adapters.stream_health import StreamHealth
from botrunner.adapters.stream_supervisor import (
    CONNECT_SECONDS,
    Receiver,
    StreamBroken,
    carry_on,
    supervise,
)
from botrunner.adapters.told_balances import ToldBalances
from botrunner.ports import Deliver
from botrunner.trading.events import Event, TimerFired

__all__ = ["UserStream"]

_PROBE_EVERY: Final = 40.0
"""Rarely, since each of these pings costs weight (TR-56)."""
_PROBE_SECONDS: Final = 5.0
_AWAY_SECONDS: Final = 60.0
"""Without a sign of the stream for so long, orders are asked for."""
_ASK_EVERY: Final = 5.0

_BREAKS: Final = frozenset({"error", "eventStreamTerminated"})


class UserStream:
    """The account's orders and fills. There is no replay: what happened while away is re-read (TR-59)."""

    def __init__(
        self,
        *,
        slot: ClientSlot,
        calls: VenueCalls,
        clock: Clock,
        receiver: Receiver,
        health: StreamHealth,
        balances: ToldBalances,
    ) -> None:
        """Take whose account it is, what mends a refused signature, and what remembers balances."""
        self._slot = slot
        self._calls = calls
        self._clock = clock
        self._receiver = receiver
        self._health = health
        self._balances = balances
        self._link: _UserLink | None = None

    def reconnect(self) -> None:
        """Connect by the key in use now, and only then let go of the old connection."""
        if self._link is not None:
            self._link.due.set()

    async def run(self, deliver: Deliver) -> None:
        """Run until cancelled.

        Raises:
            NotAllowed: the key is rejected.
        """
        asking = asyncio.create_task(self._ask_while_away(deliver))
        try:
            await supervise("user", lambda: self._lives(deliver), self._clock)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _lives(self, deliver: Deliver) -> None:
        def opened(link: _UserLink) -> None:
            self._link = link
            if link.key != self._slot.key:  # replaced while it was connecting
                link.due.set()
            self._health.connections["user"] += 1
            self._heard()
            self._balances.forget()
            self._receiver.restored("user", deliver)

        async def take(event: Mapping[str, Any]) -> None:
            if event.get("e") == "outboundAccountPosition":
                self._balances.told(event)
            await self._receiver.take(event.get("E"), _user_event(event), deliver)

        hooks = _Hooks(opened=opened, heard=self._heard, take=take)
        is_lockstep = self._receiver.idle is not None
        await carry_on(
            "user", lambda: _UserLink(self._slot, self._calls, hooks), overlaps=not is_lockstep
        )

    def _heard(self) -> None:
        self._health.user_heard_at = self._clock.boottime()

    async def _ask_while_away(self, deliver: Deliver) -> None:
        """Have orders read every 5 s while the stream has given no sign of life for a minute (TR-60)."""
        while self._receiver.idle is None:
            await asyncio.sleep(_ASK_EVERY)
            if self._clock.boottime() - self._health.user_heard_at > _AWAY_SECONDS:
                deliver(TimerFired(tick=0))


def _user_event(event: Mapping[str, Any]) -> Event | None:
    match event.get("e"):
        case "executionReport":
            return order_reported(event)
        case "balanceUpdate":
            return balance_changed(event)
        case _:
            return None


def _ending(event: Mapping[str, Any]) -> str:
    """Say how a connection ended; the library tells errors as events."""
    return f"{event.get('type', event['e'])} {event.get('m', '')}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hooks:
    """Who hears of a connection, of its signs of life, and of its events."""

    opened: Callable[["_UserLink"], None]
    heard: Callable[[], None]
    take: Callable[[Mapping[str, Any]], Awaitable[None]]


class _UserLink:
    """One connection that is subscribed to the account's events."""

    def __init__(self, slot: ClientSlot, calls: VenueCalls, hooks: _Hooks) -> None:
        """Take the key that is in use now."""
        self.key = slot.key
        self.due = asyncio.Event()
        self._client = slot.make(slot.key)
        self._calls = calls
        self._hooks = hooks

    async def open(self) -> None:
        """Connect and subscribe.

        Raises:
            NotAllowed: the key is rejected, and no newer one is at hand.
            Transient: the venue wants silence.
        """
        self._calls.keep_silence()
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._client.ws_ping()  # connects: a signature must not grow old meanwhile
            try:
                await self._client.subscribe_user_data()
            except BinanceAPIException as error:
                await self._mend(error)
                raise
        self._hooks.opened(self)

    async def _mend(self, error: BinanceAPIException) -> None:
        """Do what makes the next try succeed, if anything does."""
        if error.code == CLOCK_CODE:
            await self._calls.resync()
        if error.code in KEY_CODES and not await self._calls.renew_key(self.key):
            raise NotAllowed(f"the venue rejects the key: {error.message}") from error

    async def carry(self) -> None:
        """Hand on events until the connection breaks."""
        while True:
            event = await self._next()
            kind = event.get("e")
            if kind in _BREAKS:
                raise StreamBroken(_ending(event))
            if kind == "serverShutdown":
                self.due.set()
            else:
                await self._hooks.take(event)

    async def close(self) -> None:
        """Let go of the connection."""
        await closed(self._client.close())

    async def _next(self) -> Mapping[str, Any]:
        """Wait for an event; in silence a ping proves that the read loop still reads (B)."""
        while True:
            try:
                async with asyncio.timeout(_PROBE_EVERY):
                    event: Mapping[str, Any] = await self._client.user_events.get()
            except TimeoutError:
                async with asyncio.timeout(_PROBE_SECONDS):
                    await self._client.ws_ping()
                self._hooks.heard()
            else:
                self._hooks.heard()
                return event
