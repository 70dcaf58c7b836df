"""The live source: rules, order of trades, what happens while upstream is lost."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest

from botcore.domain.errors import Transient
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import to_units
from botcore.matching.quotes import SymbolStatus
from botexchange.market.source import PublicTrade
from botexchange.upstream import live
from botexchange.upstream.listing import instruments_of
from botexchange.upstream.live import LiveSource
from botexchange.upstream.live_tape import LiveTape, trade_of_stream

INFO = {
    "symbol": "ETHBTC",
    "status": "TRADING",
    "baseAsset": "ETH",
    "quoteAsset": "BTC",
    "filters": [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.00001000",
            "maxPrice": "922327.00000000",
            "tickSize": "0.00001000",
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": "0.00010000",
            "maxQty": "100000.00000000",
            "stepSize": "0.00010000",
        },
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": "3127.58",
            "stepSize": "0",
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 11,
            "maxTrailingBelowDelta": 2001,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "4",
            "askMultiplierDown": "0.3",
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": "0.00010000",
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "SOMETHING_NEW", "limit": 1},
    ],
}


def instrument() -> Instrument:
    (found,) = instruments_of({"symbols": [INFO, {"symbol": "X"}]}, {"ETHBTC": to_units("0.05")})
    return found


def test_every_filter_of_upstream_is_read_and_a_missing_one_is_off():
    found = instrument()

    assert (found.base, found.quote, found.reference) == ("ETH", "BTC", to_units("0.05"))
    assert (found.tick, found.min_price, found.max_price) == (
        to_units("0.00001"),
        to_units("0.00001"),
        to_units("922327"),
    )
    assert (found.step, found.min_quantity, found.max_quantity) == (
        to_units("0.0001"),
        to_units("0.0001"),
        to_units("100000"),
    )
    assert (found.market_max_quantity, found.market_step) == (to_units("3127.58"), 0)
    assert (found.bid_multiplier_up, found.ask_multiplier_down) == (to_units("5"), to_units("0.3"))
    assert (found.min_notional, found.max_notional) == (to_units("0.0001"), to_units("9000000"))
    assert (found.max_orders, found.max_algo_orders, found.iceberg_parts) == (200, 5, 100)
    assert (found.trailing_above, found.trailing_below) == ((10, 2_000), (11, 2_001))
    assert (found.max_position, found.max_order_lists, found.max_iceberg_orders) == (0, 0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        None, {}, {"symbols": 5}, {"symbols": [5]}, {"symbols": [{**INFO, "filters": 5}]},
        {"symbols": [{**INFO, "filters": []}]},
        {"symbols": [{**INFO, "filters": [{"filterType": "LOT_SIZE", "minQty": "x"}]}]},
    ],
)  # fmt: skip
def test_senseless_rules_are_refused(answer):
    with pytest.raises(Transient):
        instruments_of(answer, {"ETHBTC": 1})


def a_trade(number, time_ms):
    return PublicTrade(id=number, time_ms=time_ms, price=5, quantity=7, is_buyer_maker=False)


@pytest.fixture
def tape():
    tape = LiveTape()
    tape.begin("A", [a_trade(1, 500)])
    tape.begin("B", [a_trade(9, 600)])
    return tape


def test_trades_happen_once_in_the_order_of_their_times(tape):
    tape.add("A", a_trade(2, 1_200))
    tape.add("B", a_trade(10, 1_100))
    tape.add("A", a_trade(3, 1_300))

    first = list(tape.ticks(1_000, 1_200))
    again = list(tape.ticks(1_000, 1_200))
    rest = list(tape.ticks(1_200, 2_000))

    assert [(tick.symbol, tick.time_ms) for tick in first] == [("B", 1_100), ("A", 1_200)]
    assert again == first
    assert [tick.time_ms for tick in rest] == [1_300]
    assert [tick.is_jump for tick in (*first, *rest)] == [True, True, False]


def test_late_trade_happens_when_it_comes(tape):
    assert list(tape.ticks(1_000, 5_000)) == []

    tape.add("A", a_trade(2, 3_000))

    assert tape.next_ms(5_000) == 5_001
    assert [tick.time_ms for tick in tape.ticks(5_000, 6_000)] == [5_001]
    assert [one.id for one in tape.trades("A", 1, 10, 5_000)] == [1]
    assert [one.id for one in tape.trades("A", 1, 10, 5_001)] == [1, 2]
    assert (tape.trade_id("A", 501), tape.trade_id("A", 9_000)) == (2, 3)
    assert tape.last("A", 5_000).time_ms == 500


def test_market_that_counts_anew_is_followed(tape):
    tape.add("B", a_trade(3, 1_100))

    assert [one.id for one in tape.trades("B", 0, 10, 2_000)] == [3]


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"t": 1, "T": 2, "p": "1", "q": "x"}, {"t": 1, "T": 2, "p": "1", "q": "0"},
        {"t": "1", "T": 2, "p": "1", "q": "1"}, {"t": 1, "T": 2, "p": "-1", "q": "1"},
        {"t": 1, "T": 2, "p": "0.000000001", "q": "1"},
    ],
)  # fmt: skip
def test_senseless_trade_is_none(data):
    assert trade_of_stream(data) is None


class Streams:
    is_up = True
    silent = 0

    def is_live(self):
        return self.is_up

    def silent_ms(self, _stream=None):
        return self.silent

    def want(self, _stream):
        return True


class Rest:
    value: object = None

    async def get(self, _path, _params=None):
        if self.value is None:
            raise Transient("lost")
        return SimpleNamespace(value=self.value)


async def test_market_breaks_after_a_minute_without_upstream_and_comes_back(monkeypatch):
    monkeypatch.setattr(live, "WATCH_SECONDS", 0.001)
    streams, one = Streams(), instrument()
    market = SimpleNamespace(status=SymbolStatus.TRADING, instrument=one)
    source = LiveSource("test", [one])
    clock = SimpleNamespace(boottime=lambda: 1.0)
    source.start(SimpleNamespace(streams=streams, rest=Rest(), clock=clock), {})
    seen = []
    task = asyncio.create_task(source.watch({"ETHBTC": market}))
    for is_up, silent in ((True, 0), (False, 59_000), (False, 61_000), (True, 0)):
        streams.is_up, streams.silent = is_up, silent
        await asyncio.sleep(0.02)
        seen.append(market.status)
    market.status = SymbolStatus.HALT  # the operator's choice lasts
    await asyncio.sleep(0.02)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    trading, broken = SymbolStatus.TRADING, SymbolStatus.BREAK
    assert seen == [trading, trading, broken, trading]
    assert market.status is SymbolStatus.HALT


async def test_symbol_that_upstream_halts_is_halted(monkeypatch):
    monkeypatch.setattr(live, "WATCH_SECONDS", 0.001)
    one, rest = instrument(), Rest()
    rest.value = {"symbols": [{**INFO, "status": "HALT"}, {"symbol": []}, 5]}
    market = SimpleNamespace(status=SymbolStatus.TRADING, instrument=one)
    source = LiveSource("test", [one])
    clock = SimpleNamespace(boottime=lambda: 1.0)
    source.start(SimpleNamespace(streams=Streams(), rest=rest, clock=clock), {})

    task = asyncio.create_task(source.watch({"ETHBTC": market}))
    await asyncio.sleep(0.02)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert market.status is SymbolStatus.HALT
