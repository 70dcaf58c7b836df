"""The WebSocket API: requests, Ed25519 log-on, user data."""

import asyncio
import itertools
import json
import socket

import aiohttp
import pytest

from tests.exchange.signer import Signer

pytestmark = pytest.mark.e2e
_numbers = itertools.count(1)


class Caller:
    """Sends requests and keeps user events apart from answers."""

    def __init__(self, connection):
        self._socket = connection
        self.events = []

    async def __call__(self, method, params=None):
        number = str(next(_numbers))
        await self._socket.send_json({"id": number, "method": method, "params": params or {}})
        while (frame := await self.receive()).get("id") != number:
            self.events.append(frame)
        return frame

    async def receive(self):
        return json.loads(await asyncio.wait_for(self._socket.receive_str(), 5))


@pytest.fixture
async def call(exchange):
    url = f"http://127.0.0.1:{exchange.port}/ws-api/v3"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as connection:
        yield Caller(connection)


@pytest.fixture
def signer(exchange):
    return Signer(exchange)


async def test_logged_on_session_needs_no_more_signatures(call, signer):
    logon = await call("session.logon", signer.sign())
    status = await call("session.status")
    account = await call("v3/account.status", {"omitZeroBalances": True})
    subscribed = await call("userDataStream.subscribe")
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "10"}
    placed = await call("order.place", order)
    found = await call(
        "order.status", {"symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]}
    )

    assert logon["result"]["apiKey"] == status["result"]["apiKey"] == signer.account["apiKey"]
    assert account["result"]["uid"] == signer.account["uid"]
    assert found["result"]["status"] == "FILLED"
    subscription = subscribed["result"]["subscriptionId"]
    assert {event["subscriptionId"] for event in call.events} == {subscription}
    assert [event["event"]["e"] for event in call.events] == [
        "executionReport",
        "executionReport",
        "outboundAccountPosition",
    ]
    limits = [(one["rateLimitType"], one["interval"]) for one in placed["rateLimits"]]
    assert limits == [("ORDERS", "SECOND"), ("ORDERS", "DAY"), ("REQUEST_WEIGHT", "MINUTE")]
    assert placed["rateLimits"][2]["count"] > 0
    assert len(account["rateLimits"]) == 1


async def test_exchange_info_names_the_limit_of_connections(call):
    info = await call("exchangeInfo", {"symbol": "BTCUSDT"})

    limits = info["result"]["rateLimits"]
    assert [one["rateLimitType"] for one in limits] == [
        "REQUEST_WEIGHT",
        "ORDERS",
        "ORDERS",
        "CONNECTIONS",
    ]
    assert (limits[3]["interval"], limits[3]["intervalNum"], limits[3]["limit"]) == (
        "MINUTE",
        5,
        300,
    )


async def test_subscription_ends_when_asked(call, signer):
    first = await call("userDataStream.subscribe.signature", signer.sign())
    again = await call("userDataStream.subscribe.signature", signer.sign())
    listed = await call("session.subscriptions")
    ended = await call("userDataStream.unsubscribe", first["result"])
    unknown = await call("userDataStream.unsubscribe", first["result"])
    second = await call("userDataStream.subscribe.signature", signer.sign())

    assert again["error"]["code"] == -2035
    assert listed["result"] == [first["result"]]
    assert ended["result"] == {}
    assert unknown["error"]["code"] == -2036
    assert second["result"]["subscriptionId"] == first["result"]["subscriptionId"] + 1


@pytest.mark.parametrize(
    ("method", "params", "code", "status"),
    [
        ("nonsense", {}, -1000, 400),
        ("userDataStream.start", {}, -1000, 410),
        ("userDataStream.subscribe", {}, -2014, 401),
        ("account.status", {"apiKey": "unknown"}, -2015, 401),
        ("order.place", {}, -2014, 401),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": "x"}, -1100, 400),
    ],
)
async def test_wrong_request_is_answered_with_its_id(call, method, params, code, status):
    answer = await call(method, params)

    assert (answer["error"]["code"], answer["status"]) == (code, status)


async def test_wrong_signature_and_hmac_logon_are_refused(call, exchange, signer):
    forged = {**signer.sign(), "timestamp": 1}
    hmac = exchange.account(f"hmac/{next(_numbers)}", USDT="1")

    assert (await call("session.logon", forged))["error"]["code"] == -1021
    forged = {**signer.sign(), "extra": "1"}
    assert (await call("session.logon", forged))["error"]["code"] == -1022
    wrong = {**signer.sign(), "apiKey": hmac["apiKey"]}
    assert (await call("session.logon", wrong))["error"]["code"] == -1022


async def test_malformed_frames_are_answered(call):
    for text in ("nonsense", "[]", '{"method": 5}', '{"method": "ping", "params": []}', "{}"):
        await call._socket.send_str(text)
        answer = await call.receive()
        assert answer.get("error", {"code": -1135})["code"] == -1135


async def test_reader_too_slow_is_cut_off_and_harms_nobody(run_exchange):
    server = run_exchange("--speed=600", "--start=2024-01-01T00:00:00Z")
    streams = "/".join(f"{symbol}usdt@trade" for symbol in ("btc", "eth", "bnb", "sol", "ada"))
    url = f"http://127.0.0.1:{server.port}/ws/btcusdt@kline_1m"
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(
            (
                f"GET /stream?streams={streams} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            ).encode()
        )
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as quick:
            async with asyncio.timeout(40):
                while not any("connection_too_slow" in line for line in server.lines):
                    frame = json.loads(await quick.receive_str())
                    assert frame["e"] == "kline"
            assert not quick.closed
