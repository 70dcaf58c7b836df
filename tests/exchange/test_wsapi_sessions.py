"""Sessions of the WebSocket API: log-on, revoked keys, subscriptions, odd messages, limits."""

import asyncio
import itertools
import json

import aiohttp
import pytest

from tests.exchange.signer import Signer

pytestmark = pytest.mark.e2e
_numbers = itertools.count(1)
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "10"}


class Caller:
    """Sends requests and keeps what is no answer apart."""

    def __init__(self, connection):
        self.socket = connection
        self.events = []

    async def __call__(self, method, params=None):
        number = next(_numbers)
        await self.socket.send_json({"id": number, "method": method, "params": params or {}})
        while "status" not in (frame := await self.receive()):
            self.events.append(frame)
        assert frame["id"] in {number, None}
        return frame

    async def receive(self):
        return json.loads(await asyncio.wait_for(self.socket.receive_str(), 5))


@pytest.fixture
async def connect(exchange):
    """Give a function that opens a connection, with a query behind the address."""
    async with aiohttp.ClientSession() as session:

        async def opened(query="", server=exchange):
            url = f"http://127.0.0.1:{server.port}/ws-api/v3{query}"
            return Caller(await session.ws_connect(url))

        yield opened


@pytest.fixture
async def call(connect):
    return await connect()


@pytest.mark.parametrize("kind", ["HMAC", "RSA"])
async def test_only_ed25519_keys_log_on(exchange, call, kind):
    answer = await call("session.logon", Signer(exchange, kind).sign())

    assert answer["status"] == 400
    assert answer["error"]["code"] == -4056
    assert "not supported" in answer["error"]["msg"]


async def test_status_tells_who_is_logged_on(exchange, call):
    signer = Signer(exchange)
    before = (await call("session.status"))["result"]
    logon = (await call("session.logon", signer.sign()))["result"]
    after = (await call("session.logout"))["result"]

    assert (before["apiKey"], before["authorizedSince"]) == (None, None)
    assert logon["apiKey"] == signer.account["apiKey"]
    assert logon["connectedSince"] == before["connectedSince"] <= logon["authorizedSince"]
    assert logon["returnRateLimits"] is True
    assert after["apiKey"] is None
    assert (await call("account.status"))["status"] == 401


async def test_revoked_key_ends_the_session_and_its_streams(exchange, call):
    signer = Signer(exchange)
    await call("session.logon", signer.sign())
    subscription = (await call("userDataStream.subscribe"))["result"]["subscriptionId"]

    exchange.admin("DELETE", f"keys/{signer.account['apiKey']}")
    ended = await call.receive()
    first = await call("account.status")
    second = await call("ping")
    third = await call("account.status")

    assert ended["subscriptionId"] == subscription
    assert ended["event"]["e"] == "eventStreamTerminated"
    assert (first["id"], first["status"], first["error"]["code"]) == (None, 401, -2015)
    assert second["status"] == 200
    assert third["error"]["code"] == -2014


async def test_subscriptions_of_several_accounts_end_together(exchange, call):
    signers = [Signer(exchange), Signer(exchange, "HMAC"), Signer(exchange, "RSA")]
    opened = [await call("userDataStream.subscribe.signature", one.sign()) for one in signers]

    listed = await call("session.subscriptions")
    ended = await call("userDataStream.unsubscribe")

    assert listed["result"] == [one["result"] for one in opened]
    assert ended["result"] == {}
    assert (await call("session.subscriptions"))["result"] == []
    assert {event["event"]["e"] for event in call.events} == {"eventStreamTerminated"}
    assert len(call.events) == 3


async def test_events_go_to_every_connection_under_its_own_id(exchange, connect):
    signer, other = Signer(exchange), Signer(exchange)
    calls = [await connect(), await connect("?timeUnit=MICROSECOND")]
    await calls[1]("userDataStream.subscribe.signature", other.sign())
    for call in calls:
        await call("userDataStream.subscribe.signature", signer.sign())

    status, _, answer = signer.call("POST", "/api/v3/order", **ORDER)
    frames = [[await call.receive() for _ in range(3)] for call in calls]

    assert status == 200
    assert [frame["subscriptionId"] for frame in frames[0]] == [0, 0, 0]
    assert [frame["subscriptionId"] for frame in frames[1]] == [1, 1, 1]
    for plain, micro in zip(*frames, strict=True):
        assert plain["event"]["e"] == micro["event"]["e"]
        assert plain["event"]["E"] * 1_000 == micro["event"]["E"]
    assert frames[0][0]["event"]["i"] == frames[1][0]["event"]["i"] == answer["orderId"]


async def test_limits_are_left_out_when_asked(connect):
    quiet, loud = await connect("?returnRateLimits=false"), await connect()

    assert "rateLimits" not in await quiet("ping")
    assert "rateLimits" in await quiet("ping", {"returnRateLimits": True})
    assert "rateLimits" not in await loud("ping", {"returnRateLimits": False})
    assert "rateLimits" in await loud("ping")


async def test_numbers_and_booleans_are_signed_as_they_were_written(exchange, connect):
    signer, call = Signer(exchange, "HMAC"), await connect()
    stamp = signer.now()
    values = {"apiKey": f'"{signer.account["apiKey"]}"', "omitZeroBalances": "true",
              "recvWindow": "5000.50", "timestamp": str(stamp)}  # fmt: skip
    payload = "&".join(f"{name}={text.strip(chr(34))}" for name, text in sorted(values.items()))
    members = [*values.items(), ("signature", f'"{signer.signature(payload)}"')]
    params = ",".join(f'"{name}":{text}' for name, text in members)

    await call.socket.send_str(f'{{"id":1,"method":"account.status","params":{{{params}}}}}')

    assert (await call.receive())["status"] == 200


@pytest.mark.parametrize("number", [5, -1, "abc-DEF_9", None, 2**63 - 1])
async def test_ids_are_echoed(call, number):
    await call.socket.send_json({"id": number, "method": "ping"})

    assert (await call.receive())["id"] == number


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1.5, "method": "ping"}',
        '{"id": true, "method": "ping"}',
        '{"id": [], "method": "ping"}',
        '{"id": "a b", "method": "ping"}',
        '{"id": 99999999999999999999, "method": "ping"}',
        '{"id": 1, "method": "ping", "params": 5}',
        '{"id": 1, "params": {}}',
        '{"id": 1, "method": "time", "params": {"a": "\\ud800"}}',
        "[" * 5_000,
        '{"a":' * 900 + "1" + "}" * 900,
        "\x00",
        "",
    ],
)
async def test_odd_messages_are_refused_and_the_session_goes_on(call, text):
    await call.socket.send_str(text)

    refused = await call.receive()

    assert refused["status"] == 400
    assert refused["error"]["code"] in {-1100, -1135}
    assert (await call("ping"))["status"] == 200


async def test_binary_frame_closes_the_connection(call):
    await call.socket.send_bytes(b'{"id": 7, "method": "ping"}')
    closed = await call.socket.receive(5)

    assert closed.type is aiohttp.WSMsgType.CLOSE
    assert closed.data == aiohttp.WSCloseCode.UNSUPPORTED_DATA


def masked(first, payload):
    """Write a client's frame; a mask of zeros changes nothing."""
    return bytes((first, 0x80 | len(payload), 0, 0, 0, 0)) + payload


def test_fragments_are_joined_with_a_ping_between_them(exchange):
    head = (
        "GET /ws-api/v3 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    frames = [masked(0x01, b'{"id":7,"met'), masked(0x89, b"hello"), masked(0x80, b'hod":"ping"}')]

    answer = exchange.raw(head.encode() + b"".join(frames))

    assert b"\x8a\x05hello" in answer
    assert b'{"id":7,"status":200,"result":{}' in answer


async def test_oversize_message_closes_only_its_connection(call, connect):
    other = await connect()
    await call.socket.send_str("a" * 70_000)

    assert (await call.socket.receive(5)).type is aiohttp.WSMsgType.CLOSE
    assert (await other("ping"))["status"] == 200


async def test_late_request_of_a_session_is_refused(exchange, call):
    signer = Signer(exchange)
    await call("session.logon", signer.sign())

    late = await call("order.place", {**ORDER, "timestamp": signer.now() - 6_000})
    wrong = await call("order.place", {**ORDER, "timestamp": 1, "recvWindow": 70_000})

    assert late["error"]["code"] == -1021
    assert wrong["error"]["code"] == -1131


async def test_bound_key_is_refused_from_elsewhere(exchange, call):
    signer = Signer(exchange)
    change = {"permissions": {"addresses": ["10.1.2.3"]}}
    exchange.admin("PATCH", f"keys/{signer.account['apiKey']}", change)

    assert (await call("account.status", signer.sign()))["error"]["code"] == -2015
    assert signer.call("GET", "/api/v3/account")[2]["code"] == -2015
    change["permissions"]["addresses"] = ["127.0.0.1"]
    exchange.admin("PATCH", f"keys/{signer.account['apiKey']}", change)
    assert (await call("account.status", signer.sign()))["status"] == 200


async def test_used_up_weight_tells_when_to_come_back(run_exchange, connect):
    server = run_exchange("--weight-limit=30")
    call = await connect(server=server)
    while (answer := await call("time"))["status"] == 200:
        pass

    data = answer["error"]["data"]
    assert (answer["status"], answer["error"]["code"]) == (429, -1003)
    assert data["retryAfter"] % 60_000 == 0
    assert 0 < data["retryAfter"] - data["serverTime"] <= 60_000
