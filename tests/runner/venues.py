"""The runner's adapters connected to a real paper exchange."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from botcore.domain.orders import Order, OrderType, Purpose, Side
from botcore.runtime.clock import SystemClock
from botrunner.adapters.binance_client import Endpoints, ExchangeKey
from botrunner.adapters.binance_venue import BinanceVenue, binance_venue
from botrunner.trading.events import Event
from tests.exchange.server import Server

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """An account of the exchange with the adapters that use it."""

    server: Server
    name: str
    venue: BinanceVenue

    def truth(self, client_order_id: str) -> list[str]:
        """Return the statuses of the orders the exchange has under an id."""
        found = self.server.admin("GET", f"orders?name={self.name}")["orders"]
        return [one["status"] for one in found if one["clientOrderId"] == client_order_id]

    def order(self, **given: object) -> Order:
        """Make an order with an id of its own."""
        values: dict[str, object] = {
            "strategy": "s",
            "symbol": "BTCUSDT",
            "client_order_id": f"kb-t-{next(_numbers)}",
            "epoch": 1,
            "purpose": Purpose.ENTRY,
            "side": Side.BUY,
            "type": OrderType.MARKET,
            "quantity": Decimal("0.001"),
            "venue_time": self.venue.exchange.venue_now(),
        }
        return Order(**(values | given))


def endpoints(server: Server, participant: str | None = None) -> Endpoints:
    return Endpoints(
        rest_url=f"http://127.0.0.1:{server.port}",
        ws_api_url=f"ws://127.0.0.1:{server.port}/ws-api/v3",
        stream_url=f"ws://127.0.0.1:{server.port}",
        participant=participant,
    )


@asynccontextmanager
async def trading(
    server: Server, participant: str | None = None, may_send: Callable[[], bool] = lambda: True
) -> AsyncIterator[Trader]:
    """Open an account and the adapters, measured and ready."""
    name = f"test/runner-{next(_numbers)}"
    account = server.account(name, USDT="10000", BTC="1")
    key = ExchangeKey(api_key=account["apiKey"], secret=account["apiSecret"])
    venue = binance_venue(endpoints(server, participant), key, SystemClock(), may_send=may_send)
    try:
        await venue.exchange.open()
        yield Trader(server=server, name=name, venue=venue)
    finally:
        await venue.exchange.close()


class Events:
    """What a stream delivered; a test takes what it waits for."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self._arrived = asyncio.Event()

    def deliver(self, event: Event) -> None:
        self.seen.append(event)
        self._arrived.set()

    async def next(self, wanted: Callable[[Event], bool], seconds: float = 10) -> Event:
        """Wait for an event and forget everything up to it."""
        async with asyncio.timeout(seconds):
            while True:
                self._arrived.clear()
                for number, event in enumerate(self.seen):
                    if wanted(event):
                        del self.seen[: number + 1]
                        return event
                await self._arrived.wait()


@asynccontextmanager
async def running(*work: Awaitable[object]) -> AsyncIterator[None]:
    """Run in the background for the block; a failure fails the test."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that no event announces."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 it is not ours to signal
            await asyncio.sleep(0.01)
