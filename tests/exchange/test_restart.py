"""What was answered or told survives a kill of the process."""

import asyncio
import subprocess
import time
from decimal import Decimal

import pytest

from tests.exchange.storm import Storm
from tests.exchange.test_process import RUN

pytestmark = pytest.mark.e2e


async def place_some(client):
    price = Decimal((await client.get_symbol_ticker(symbol="BTCUSDT"))["price"])
    low = str((price * Decimal("0.5")).quantize(Decimal("0.01")))
    for number in range(5):
        await client.create_order(symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="20")
        await client.create_order(
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="0.001",
            price=low,
            newClientOrderId=f"rests-{number}",
        )


async def everything(client):
    return {
        "orders": await client.get_all_orders(symbol="BTCUSDT"),
        "open": await client.get_open_orders(symbol="BTCUSDT"),
        "trades": await client.get_my_trades(symbol="BTCUSDT"),
        "balances": (await client.get_account())["balances"],
    }


async def test_kill_loses_nothing(run_lasting):
    server = run_lasting("--seed=7")
    account = server.account("kbots-bots/alice", USDT="1000")
    client = await server.client(account)
    await place_some(client)
    before = await everything(client)
    truth = server.admin("GET", "orders?name=kbots-bots/alice")

    server.kill()
    server.start()

    again = await server.client(account)
    assert await everything(again) == before
    assert server.admin("GET", "orders?name=kbots-bots/alice") == truth
    assert server.account("kbots-bots/alice", USDT="1") == {**account, "created": False}
    for order in before["open"]:
        await again.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
    fresh = await again.create_order(
        symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="20"
    )
    assert fresh["orderId"] > max(order["orderId"] for order in before["orders"])
    assert fresh["fills"][0]["tradeId"] > max(trade["id"] for trade in before["trades"])
    for one in (client, again):
        await one.close_connection()


async def test_kill_during_a_storm_keeps_everything_that_was_answered(run_lasting):
    server = run_lasting("--seed=7")
    storm = await Storm.begin(server, "storm")

    await storm.answers(60)
    server.kill()
    await storm.end()
    server.start()

    storm.check(server)


def test_clock_and_market_go_on_after_a_kill(run_lasting):
    server = run_lasting("--speed=600", "--start=2024-01-01T00:00:00Z")
    calm = Decimal(server.public("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1")[2][0][4])
    server.admin("POST", "shock", {"symbol": "BTCUSDT", "percent": "-5"})
    shocked = server.public("/api/v3/time")[2]["serverTime"] // 60_000 * 60_000
    path = f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={shocked}&limit=6"
    wait_until(lambda: len(server.public(path)[2]) == 6)
    *candles, _ = server.public(path)[2]
    before = server.public("/api/v3/time")[2]["serverTime"]

    server.kill()
    server.start()

    after = server.public("/api/v3/time")[2]["serverTime"]
    assert after >= before
    assert server.public(path)[2][:-1] == candles
    assert Decimal(candles[-1][4]) < calm * Decimal("0.97"), "the shock is kept"


def wait_until(is_true):
    deadline = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


async def test_start_without_a_symbol_that_has_open_orders_names_it(run_exchange, tmp_path):
    upstream = await asyncio.to_thread(run_exchange, "--seed=7", data=None)
    live = (
        "--source=binance",
        f"--upstream-rest=http://127.0.0.1:{upstream.port}",
        f"--upstream-stream=ws://127.0.0.1:{upstream.port}",
    )
    server = await asyncio.to_thread(run_exchange, *live, "--symbols=BTCUSDT,ETHUSDT")
    client = await server.client(server.account("somebody", USDT="1000"))
    await client.create_order(
        symbol="ETHUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price="2000"
    )
    await client.close_connection()
    await asyncio.to_thread(server.kill)

    options = ("--port=0", "--admin-port=0", f"--data={tmp_path / 'data'}", *live)
    done = await asyncio.to_thread(
        subprocess.run,
        [*RUN, "paper", *options, "--symbols=BTCUSDT"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 2, done.stderr
    assert "kbots-exchange: --symbols: orders are open on ETHUSDT" in done.stderr
