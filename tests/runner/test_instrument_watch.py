"""Filters are read again in time, and at once when an order shows that they have changed (TR-29)."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

import pytest
from aiohttp import web

from botcore.domain.instruments import Instrument
from botcore.domain.orders import OrderType
from botrunner.adapters import instrument_watch
from botrunner.adapters.binance_rest import BinanceExchange
from botrunner.adapters.instrument_watch import watch_instruments
from botrunner.ports import Refused
from tests.exchange.server import Server
from tests.runner.scripted_venue import ScriptedVenue
from tests.runner.test_rest_refusals import an_order
from tests.runner.venues import running, trading, wait_until


def exchange_info(tick: str, orders: int = 100) -> web.Response:
    symbol = {
        "symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "status": "TRADING",
        "filters": [{"filterType": "PRICE_FILTER", "tickSize": tick}],
    }  # fmt: skip
    limit = {
        "rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": orders,
    }  # fmt: skip
    return web.json_response({"symbols": [symbol], "rateLimits": [limit]})


def filter_failure() -> web.Response:
    return web.json_response({"code": -1013, "msg": "Filter failure: PRICE_FILTER"}, status=400)


class Taken:
    def __init__(self) -> None:
        self.ticks: list[Decimal] = []

    def take(self, found: Mapping[str, Instrument]) -> None:
        self.ticks.append(found["BTCUSDT"].tick_size)


async def test_filter_failure_has_the_filters_read_at_once_but_not_again_and_again(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    scripted.answers = [filter_failure(), exchange_info("0.5"), filter_failure()]
    taken = Taken()

    async with running(watch_instruments(venue, lambda: {"BTCUSDT"}, taken.take)):
        assert isinstance(await venue.place(an_order()), Refused)
        await wait_until(lambda: taken.ticks == [Decimal("0.5")])
        await venue.place(an_order())
        await asyncio.sleep(0.3)

    assert scripted.answers == []
    assert venue._limits.order_limits == {"10S": 100}


async def test_filters_are_read_in_time_and_again_after_a_failure(
    scripted: ScriptedVenue, venue: BinanceExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instrument_watch, "_EVERY", 0.05)
    monkeypatch.setattr(instrument_watch, "_AGAIN", 0.01)
    away = web.Response(status=503)
    scripted.answers = [exchange_info("1"), away, exchange_info("2"), exchange_info("3")]
    taken = Taken()

    async with running(watch_instruments(venue, lambda: {"BTCUSDT"}, taken.take)):
        await wait_until(lambda: len(taken.ticks) == 3)

    assert taken.ticks == [Decimal(1), Decimal(2), Decimal(3)]


@pytest.mark.e2e
async def test_paper_exchange_refuses_a_price_off_the_tick_by_its_filter(exchange: Server) -> None:
    async with trading(exchange) as trader:
        order = trader.order(type=OrderType.LIMIT, price=Decimal("100.001"))

        answer = await trader.venue.exchange.place(order)

        assert isinstance(answer, Refused)
        assert answer.code == -1013
        assert trader.venue.exchange.filters_doubted.is_set()
