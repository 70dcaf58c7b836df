"""Faults on request: what a bot must live through."""

import asyncio
import time

import aiohttp
import pytest
from binance.exceptions import BinanceAPIException

pytestmark = pytest.mark.e2e
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "10"}


@pytest.fixture(autouse=True)
def _no_faults_left(exchange):
    yield
    exchange.admin("DELETE", "faults")


async def executed(exchange, account, client_id):
    name = "orders?name=" + account["name"]
    found = exchange.admin("GET", name)["orders"]
    return [order["status"] for order in found if order["clientOrderId"] == client_id]


@pytest.fixture
def account(exchange, request):
    name = f"faults/{request.node.name}"
    return {**exchange.account(name, USDT="1000"), "name": name}


async def test_lost_answer_leaves_an_executed_order(exchange, account, client):
    exchange.admin("POST", "faults", {"kind": "answerLost", "path": "/api/v3/order"})

    with pytest.raises(aiohttp.ClientError):
        await client.create_order(**ORDER, newClientOrderId="lost")

    assert await executed(exchange, account, "lost") == ["FILLED"]
    assert (await client.create_order(**ORDER))["status"] == "FILLED"


async def test_timeout_1007_leaves_an_executed_order(exchange, account, client):
    exchange.admin("POST", "faults", {"kind": "timeout1007", "path": "/api/v3/order"})

    with pytest.raises(BinanceAPIException) as failed:
        await client.create_order(**ORDER, newClientOrderId="unknown")

    assert (failed.value.status_code, failed.value.code) == (504, -1007)
    assert await executed(exchange, account, "unknown") == ["FILLED"]


async def test_error_5xx_executes_nothing_as_often_as_asked(exchange, account, client):
    fault = {"kind": "error5xx", "path": "/api/v3/order", "method": "POST", "count": 2}
    exchange.admin("POST", "faults", fault)

    for _ in range(2):
        with pytest.raises(BinanceAPIException) as failed:
            await client.create_order(**ORDER, newClientOrderId="refused")
        assert failed.value.status_code == 503

    assert await executed(exchange, account, "refused") == []
    await client.create_order(**ORDER, newClientOrderId="refused")


async def test_delay_holds_one_request_and_no_other(exchange, account, client):
    exchange.admin("POST", "faults", {"kind": "delay", "path": "/api/v3/order", "ms": 300})
    began = time.monotonic()

    slow = asyncio.create_task(client.create_order(**ORDER))
    await asyncio.sleep(0)
    await client.get_server_time()
    quick = time.monotonic() - began
    await slow

    assert quick < 0.25
    assert time.monotonic() - began >= 0.3


async def test_halted_symbol_takes_no_orders(exchange, account, client):
    exchange.admin("POST", "faults", {"kind": "haltSymbol", "symbol": "BTCUSDT"})

    with pytest.raises(BinanceAPIException, match="Market is closed"):
        await client.create_order(**ORDER)

    info = await client._get("exchangeInfo", data={"symbol": "BTCUSDT"})
    assert info["symbols"][0]["status"] == "HALT"
    await client.create_order(**{**ORDER, "symbol": "ETHUSDT"})


async def test_dropped_connection_is_seen_at_once(exchange):
    url = f"http://127.0.0.1:{exchange.port}/ws-api/v3"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as connection:
        dropped = exchange.admin("POST", "faults", {"kind": "dropWsApi"})["dropped"]

        message = await connection.receive(5)

    assert dropped == 1
    assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"kind": "earthquake"}),
        ("faults", {"kind": "delay", "ms": "soon"}),
        ("shock", {"symbol": "BTCUSDT", "percent": "-99.5"}),
        ("shock", {"symbol": "BTCUSDT", "percent": "much"}),
        ("shock", {"symbol": "NOPE", "percent": "5"}),
        ("accounts", {"name": "x"}),
        ("accounts", {"name": "x", "balances": {"USDT": 5}}),
        ("accounts", {"name": "x", "balances": {"USDT": "99999999999"}}),
        ("accounts", {"name": "", "balances": {"USDT": "5"}}),
        ("accounts", {"name": "x", "balances": {"USDT": "5"}, "publicKey": "no"}),
        ("accounts", []),
    ],
)
def test_wrong_control_request_is_refused(exchange, path, body):
    with pytest.raises(OSError, match="400"):
        exchange.admin("POST", path, body)


async def test_account_can_be_shown_and_reset(exchange, account, client):
    await client.create_order(**ORDER)
    await client.create_order(
        symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001",
        price="20000",
    )  # fmt: skip
    shown = exchange.admin("GET", f"accounts/{account['name']}")

    reset = exchange.admin("POST", f"accounts/{account['name']}/reset")

    assert (shown["fills"], shown["openOrders"]) == (1, 1)
    assert shown["balances"]["USDT"]["locked"] == "20.00000000"
    assert reset["openOrders"] == 0
    assert reset["balances"]["USDT"] == {"free": "1000.00000000", "locked": "0.00000000"}
    assert reset["balances"]["BTC"]["free"] == "0.00000000"
    with pytest.raises(OSError, match="404"):
        exchange.admin("GET", "accounts/nobody")
