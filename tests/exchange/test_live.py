"""Paper trading on live prices; a real exchange of our own plays Binance."""

import asyncio

import pytest
from binance.exceptions import BinanceAPIException

from tests.exchange.relays import Listening, Wire, eventually, get
from tests.exchange.server import Server

pytestmark = pytest.mark.e2e
SECONDS = "btcusdt@kline_1s"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "50"}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("upstream"), "--seed=7")
    yield server
    server.kill()


def options(port):
    return (
        "--source=binance",
        "--symbols=BTCUSDT,ETHUSDT",
        f"--upstream-rest=http://127.0.0.1:{port}",
        f"--upstream-stream=ws://127.0.0.1:{port}",
    )


@pytest.fixture(scope="module")
def exchange(upstream, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("live"), *options(upstream.port))
    yield server
    server.kill()


async def test_rules_are_upstreams(upstream, exchange):
    for symbol in ("BTCUSDT", "ETHUSDT"):
        _, _, expected = await get(upstream.port, "/api/v3/exchangeInfo", symbol=symbol)

        _, _, found = await get(exchange.port, "/api/v3/exchangeInfo", symbol=symbol)

        assert found["symbols"] == expected["symbols"]
    refused, _, body = await get(exchange.port, "/api/v3/exchangeInfo", symbol="BNBUSDT")
    assert (refused, body["code"]) == (400, -1121)


async def test_control_port_shows_how_upstream_is(exchange):
    status, _, found = await get(exchange.admin_port, "/healthz")

    assert (status, found["status"], found["upstream"]["state"]) == (200, "ok", "live")
    assert found["upstream"]["age"] < 10_000
    assert found["upstream"]["symbols"] == {"BTCUSDT": "TRADING", "ETHUSDT": "TRADING"}


async def test_venue_is_one_second_behind_and_never_goes_back(upstream, exchange):
    times = []
    for _ in range(20):
        _, _, here = await get(exchange.port, "/api/v3/time")
        _, _, there = await get(upstream.port, "/api/v3/time")
        times.append(here["serverTime"])
        assert 0 < there["serverTime"] - here["serverTime"] < 4_000

    assert times == sorted(times)


async def test_order_fills_at_upstreams_prices(upstream, exchange, client):
    _, _, before = await get(upstream.port, "/api/v3/ticker/24hr", symbol="BTCUSDT")

    order = await client.create_order(**ORDER)

    # The market moves on between the two, further the longer they lie apart.
    since = {"symbol": "BTCUSDT", "interval": "1s", "startTime": before["closeTime"] - 2_000}
    _, _, rows = await get(upstream.port, "/api/v3/klines", **since)
    lowest, highest = min(float(row[3]) for row in rows), max(float(row[2]) for row in rows)
    assert order["status"] == "FILLED"
    assert lowest * 0.998 <= float(order["fills"][0]["price"]) <= highest * 1.002


async def test_resting_order_fills_when_upstream_trades_through_it(upstream, client, exchange):
    _, _, ticker = await get(exchange.port, "/api/v3/ticker/bookTicker", symbol="ETHUSDT")
    order = await client.create_order(
        symbol="ETHUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1",
        price=f"{float(ticker['bidPrice']) * 0.97:.2f}",
    )  # fmt: skip
    upstream.admin("POST", "shock", {"symbol": "ETHUSDT", "percent": "-6"})
    params = {"symbol": "ETHUSDT", "orderId": order["orderId"]}

    async def filled():
        return (await client.get_order(**params))["status"] == "FILLED"

    await eventually(filled)


async def test_candles_close_as_upstream_says_and_equal_their_trades(upstream, exchange):
    url = f"ws://127.0.0.1:{exchange.port}/stream?streams={SECONDS}/btcusdt@trade"
    async with Listening(url) as listening:
        await listening.until(lambda: len(listening.closed(SECONDS)) >= 6)

    times = listening.closed(SECONDS)
    params = {"symbol": "BTCUSDT", "interval": "1s", "startTime": times[0], "limit": "1000"}
    _, _, rows = await get(upstream.port, "/api/v3/klines", **params)
    truth = {row[0]: row for row in rows}
    closed = [data["k"] for data in listening.of(SECONDS) if data["k"]["x"]]
    assert times == list(range(times[0], times[-1] + 1, 1_000))
    for candle in closed:
        row = truth[candle["t"]]
        assert [candle[name] for name in "ohlcvqn"] == [*row[1:6], row[7], row[8]]
    ids = [data["t"] for data in listening.of("btcusdt@trade")]
    assert ids == list(range(ids[0], ids[-1] + 1))


@pytest.mark.parametrize("interval", ["1m", "1h", "1d", "1w"])
async def test_history_is_upstreams(upstream, exchange, interval):
    _, _, here = await get(exchange.port, "/api/v3/time")
    end = here["serverTime"] // 86_400_000 * 86_400_000 - 1
    ranges = ({"endTime": end}, {"startTime": end - 86_400_000, "endTime": end}, {"startTime": 0})
    for extra in ranges:
        params = {"symbol": "BTCUSDT", "interval": interval, "limit": "700", **extra}
        # The candle that is not finished may move between two questions: ask before and after.
        for _ in range(10):
            _, _, before = await get(upstream.port, "/api/v3/klines", **params)
            _, _, found = await get(exchange.port, "/api/v3/klines", **params)
            _, _, after = await get(upstream.port, "/api/v3/klines", **params)
            if found in (before, after):
                break

        assert found in (before, after)


async def test_day_statistics_are_upstreams(upstream, exchange):
    async def agree():
        found = [
            (await get(server.port, "/api/v3/ticker/24hr", symbol="BTCUSDT"))[2]
            for server in (exchange, upstream)
        ]
        names = ("openPrice", "highPrice", "lowPrice", "openTime", "firstId")
        here, there = ([one[name] for name in names] for one in found)
        return here == there

    await eventually(agree, seconds=20)


async def test_lost_upstream_stands_still_and_comes_back(upstream, run_exchange):
    async with Wire(upstream.port) as wire:
        server = await asyncio.to_thread(run_exchange, *options(wire.port), data="cut")
        url = f"ws://127.0.0.1:{server.port}/stream?streams={SECONDS}/btcusdt@trade"
        account = server.account("test/cut", USDT="1000")
        client = await server.client(account)
        async with Listening(url) as listening:
            await listening.until(lambda: len(listening.of("btcusdt@trade")) >= 2)
            wire.is_open = False
            wire.cut()
            await asyncio.sleep(3)
            _, _, health = await get(server.admin_port, "/healthz")
            order = await client.create_order(**ORDER)
            wire.is_open = True
            seen = len(listening.of("btcusdt@trade"))
            await listening.until(lambda: len(listening.of("btcusdt@trade")) >= seen + 8)
        await client.close_connection()

    ids = [data["t"] for data in listening.of("btcusdt@trade")]
    assert order["status"] == "FILLED"
    assert health["upstream"]["state"] == "stale"
    assert health["upstream"]["age"] > 2_000
    assert ids == list(range(ids[0], ids[-1] + 1))


async def test_restart_keeps_the_open_orders_of_a_live_market(upstream, run_exchange):
    server = await asyncio.to_thread(run_exchange, *options(upstream.port))
    account = server.account("test/restart", USDT="1000")
    client = await server.client(account)
    await client.create_order(
        symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001",
        price="30000",
    )  # fmt: skip
    await client.close_connection()
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    client = await server.client(account)

    found = await client.get_open_orders(symbol="BTCUSDT")
    await client.cancel_order(symbol="BTCUSDT", orderId=found[0]["orderId"])
    with pytest.raises(BinanceAPIException, match="insufficient balance"):
        await client.create_order(**{**ORDER, "quoteOrderQty": "5000"})
    await client.close_connection()

    assert [order["price"] for order in found] == ["30000.00000000"]


def test_live_market_can_be_neither_shocked_nor_pushed(exchange):
    with pytest.raises(OSError, match="400"):
        exchange.admin("POST", "shock", {"symbol": "BTCUSDT", "percent": "5"})
