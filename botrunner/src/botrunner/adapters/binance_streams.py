"""Closed candles and the account's own orders, each on a supervised connection (TR-57 to TR-60).

Defects of python-binance 1.0.37 that end here (binance.md §2.5): A and C, by never letting the library reconnect;
B, by a ping that proves the read loop alive; E, by an own queue size and reading the queue past the library's
recv(); F, by taking the venue's announcement of a shutdown as the end of the connection.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from websockets.exceptions import WebSocketException

from botcore.domain.errors import NotAllowed
from botcore.domain.market import Interval
from botcore.runtime.clock import Clock
from botrunner.adapters.binance_client import Endpoints, MakeClient, VenueClient
from botrunner.adapters.binance_errors import CLOCK_CODE, KEY_CODES
from botrunner.adapters.binance_library import (
    BinanceAPIException,
    ReconnectingWebsocket,
    WSListenerState,
)
from botrunner.adapters.binance_mapping import balance_changed, candle_closed, order_reported
from botrunner.adapters.stream_supervisor import (
    CONNECT_SECONDS,
    Receiver,
    StreamBroken,
    supervise,
)
from botrunner.ports import Deliver
from botrunner.trading.events import Event

__all__ = ["MarketStream", "UserStream"]

_QUEUE_SIZE: Final = 10_000
_SILENCE_SECONDS: Final = 60.0
_PROBE_EVERY: Final = 20.0
_PROBE_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 3.0
_WANTED_CHANGED: Final = "wantedChanged"
_ENDINGS: Final = frozenset({"error", "serverShutdown", "eventStreamTerminated"})

Pair = tuple[str, Interval]


class _MarketSocket(ReconnectingWebsocket):  # type: ignore[misc]  # python-binance ships no types
    """The library's socket without its own reconnect, which gives up after some attempts (C)."""

    MAX_RECONNECTS = 0


class MarketStream:
    """Closed candles of the wanted pairs, on a connection that knows no key."""

    def __init__(self, *, endpoints: Endpoints, clock: Clock, receiver: Receiver) -> None:
        """Want nothing yet."""
        self._endpoints = endpoints
        self._clock = clock
        self._receiver = receiver
        self._wanted: frozenset[Pair] = frozenset()
        self._is_wanted = asyncio.Event()
        self._socket: ReconnectingWebsocket | None = None

    def want(self, pairs: Iterable[Pair]) -> None:
        """Say which (symbol, interval) pairs to deliver from now on; new ones need a new connection."""
        self._wanted = frozenset(pairs)
        if self._wanted:
            self._is_wanted.set()
        else:
            self._is_wanted.clear()
        if self._socket is not None:
            self._socket._queue.put_nowait({"e": _WANTED_CHANGED})  # noqa: SLF001 recv() hides timeouts

    @property
    def is_live(self) -> bool:
        """Whether it is connected; a silent connection is given up (TR-60)."""
        return self._socket is not None

    async def run(self, deliver: Deliver) -> None:
        """Run until cancelled."""
        await supervise("market", lambda: self._connection(deliver), self._clock)

    async def _connection(self, deliver: Deliver) -> None:
        """Live through one connection; returns when new pairs are wanted."""
        await self._is_wanted.wait()
        connected = self._wanted
        socket = self._open(connected)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await socket.connect()
            self._socket = socket
            self._receiver.restored("market", deliver)
            while self._wanted and self._wanted <= connected:
                await self._take(await self._next(socket), deliver)
        finally:
            self._socket = None
            await _closed(_close_socket(socket))

    def _open(self, pairs: frozenset[Pair]) -> _MarketSocket:
        names = [f"{symbol.lower()}@kline_{interval.value}" for symbol, interval in sorted(pairs)]
        query = self._endpoints.lockstep_query
        return _MarketSocket(
            url=f"{self._endpoints.stream_url}/",
            prefix="stream?streams=",
            path="/".join(names) + (f"&{query}" if query else ""),
            max_queue_size=_QUEUE_SIZE,
        )

    async def _next(self, socket: _MarketSocket) -> Mapping[str, Any]:
        """Wait for a frame; a silent connection is a dead one (TR-60)."""
        async with asyncio.timeout(self._reconnect_after()):
            frame: Mapping[str, Any] = await socket._queue.get()  # noqa: SLF001 recv() hides timeouts
        return frame

    async def _take(self, frame: Mapping[str, Any], deliver: Deliver) -> None:
        data = frame.get("data", frame)
        kind = data.get("e")
        if kind in _ENDINGS:
            raise StreamBroken(_ending(data))
        if kind != "kline":
            return
        event = candle_closed(data)
        if event is not None and (event.candle.symbol, event.candle.interval) not in self._wanted:
            event = None
        await self._receiver.take(data["E"], event, deliver)

    def _reconnect_after(self) -> float | None:
        """Return after how many seconds of real time silence is suspect; a lockstep replay may pause for ever."""
        if self._endpoints.participant is not None:
            return None
        shortest = min((pair[1].length for pair in self._wanted), default=None)
        if shortest is None:
            return _SILENCE_SECONDS
        rate = max(self._receiver.venue_clock.rate, 1.0)
        return max(_SILENCE_SECONDS, 2 * shortest.total_seconds() / rate)


class UserStream:
    """The account's orders and fills. There is no replay: what happened while away is re-read (TR-59)."""

    def __init__(
        self,
        *,
        make_client: MakeClient,
        resync: Callable[[], Awaitable[None]],
        clock: Clock,
        receiver: Receiver,
    ) -> None:
        """Take what makes clients, and what measures the venue's clock after a refused signature."""
        self._make_client = make_client
        self._resync = resync
        self._clock = clock
        self._receiver = receiver

    async def run(self, deliver: Deliver) -> None:
        """Run until cancelled.

        Raises:
            NotAllowed: the key is rejected.
        """
        await supervise("user", lambda: self._connection(deliver), self._clock)

    async def _connection(self, deliver: Deliver) -> None:
        client = self._make_client()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._subscribe(client)
            self._receiver.restored("user", deliver)
            while True:
                await self._take(await self._next(client), deliver)
        finally:
            await _closed(client.close())

    async def _subscribe(self, client: VenueClient) -> None:
        await client.ws_ping()  # connects first: a signature must not grow old while connecting
        try:
            await client.subscribe_user_data()
        except BinanceAPIException as error:
            if error.code == CLOCK_CODE:
                await self._resync()
            if error.code in KEY_CODES:
                raise NotAllowed(f"the venue rejects the key: {error.message}") from error
            raise

    async def _next(self, client: VenueClient) -> Mapping[str, Any]:
        """Wait for an event; in silence a ping proves that the read loop still reads (B)."""
        while True:
            try:
                async with asyncio.timeout(_PROBE_EVERY):
                    event: Mapping[str, Any] = await client.user_events.get()
                    return event
            except TimeoutError:
                async with asyncio.timeout(_PROBE_SECONDS):
                    await client.ws_ping()

    async def _take(self, event: Mapping[str, Any], deliver: Deliver) -> None:
        kind = event.get("e")
        if kind in _ENDINGS:
            raise StreamBroken(_ending(event))
        await self._receiver.take(event.get("E"), _user_event(event), deliver)


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


async def _close_socket(socket: ReconnectingWebsocket) -> None:
    socket.ws_state = WSListenerState.EXITING
    if socket.ws is not None:
        await socket.ws.close()


async def _closed(closing: Awaitable[None]) -> None:
    """Wait for a clean end, but not for long."""
    with contextlib.suppress(TimeoutError, OSError, WebSocketException):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await closing
