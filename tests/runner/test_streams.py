"""Both streams against the real paper exchange."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from botcore.domain.market import Candle, Interval
from botcore.domain.orders import OrderStatus
from botrunner.trading.events import CandleClosed, Event, OrderReported, StreamRestored
from tests.exchange.server import Server
from tests.runner.venues import Events, Trader, running, trading

pytestmark = pytest.mark.e2e


@pytest.fixture
async def trader(exchange: Server) -> AsyncIterator[Trader]:
    async with trading(exchange) as made:
        yield made


def is_restored(event: Event) -> bool:
    return isinstance(event, StreamRestored)


def is_filled(event: Event) -> bool:
    return isinstance(event, OrderReported) and event.report.status is OrderStatus.FILLED


async def test_user_stream_tells_an_order_with_the_fills_of_its_answer(trader: Trader) -> None:
    events = Events()

    async with running(trader.venue.user.run(events.deliver)):
        await events.next(is_restored)
        placed = await trader.venue.exchange.place(trader.order())
        reported = await events.next(is_filled)

    told = {"quote_quantity": placed.fills[0].quote_quantity}
    assert [replace(fill, **told) for fill in reported.fills] == list(placed.fills[-1:])
    assert reported.report.client_order_id == placed.report.client_order_id


async def test_user_stream_when_ws_api_drops_resubscribes(trader: Trader) -> None:
    """Defect A, TR-59: the library reconnects without its subscription, and then nothing comes any more."""
    events = Events()

    async with running(trader.venue.user.run(events.deliver)):
        for _ in range(3):
            await events.next(is_restored)
            await trader.venue.exchange.place(trader.order())
            await events.next(is_filled)
            trader.server.admin("POST", "faults", {"kind": "dropWsApi"})
        await events.next(is_restored)


async def test_market_stream_tells_closed_candles_in_order(trader: Trader) -> None:
    events = Events()
    trader.venue.market.want([("BTCUSDT", Interval.M1), ("ETHUSDT", Interval.M1)])

    async with running(trader.venue.market.run(events.deliver)):
        await events.next(is_restored)
        closed = [await events.next(is_candle) for _ in range(4)]

    candles = [one.candle for one in closed if one.candle.symbol == "BTCUSDT"]
    assert len(candles) == 2
    assert candles[0].close_at == candles[1].open_at
    # A query leaves out a candle that, by the doubt of our clock, may not be over at the venue yet.
    async with asyncio.timeout(5):
        read = await read_candles(trader)
        while read[-1].close_at < candles[-1].close_at:
            await asyncio.sleep(0.02)
            read = await read_candles(trader)
    assert set(candles) <= set(read)


async def read_candles(trader: Trader) -> tuple[Candle, ...]:
    return await trader.venue.exchange.candles("BTCUSDT", Interval.M1, 10)


def is_candle(event: Event) -> bool:
    return isinstance(event, CandleClosed)
