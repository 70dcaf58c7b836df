"""Faults of limits, events, frames, clock, book and connections."""

import asyncio
import json
import time

import aiohttp
import pytest

from tests.exchange.signer import Signer

pytestmark = pytest.mark.e2e
ORDER = "/api/v3/order"
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "10"}


@pytest.fixture(autouse=True)
def _no_faults_left(exchange):
    yield
    exchange.admin("DELETE", "faults")


@pytest.fixture
def signer(exchange):
    return Signer(exchange, "HMAC", USDT="100000")


@pytest.fixture
def fault(exchange):
    def switch_on(**body):
        return exchange.admin("POST", "faults", body)

    return switch_on


@pytest.fixture
async def connect(exchange):
    async with aiohttp.ClientSession() as session:

        async def opened(path):
            return await session.ws_connect(f"http://127.0.0.1:{exchange.port}{path}")

        yield opened


async def receive(connection):
    return json.loads(await asyncio.wait_for(connection.receive_str(), 5))


@pytest.fixture
async def user(connect, signer):
    """Give a connection that hears the account's events."""
    connection = await connect("/ws-api/v3")
    request = {"id": 1, "method": "userDataStream.subscribe.signature", "params": signer.sign()}
    await connection.send_json(request)
    assert (await receive(connection))["status"] == 200
    return connection


def executed(exchange, signer):
    return len(exchange.admin("GET", f"orders?name={signer.name}")["orders"])


@pytest.mark.parametrize(("kind", "status"), [("tooManyRequests", 429), ("banned", 418)])
def test_limit_answers_carry_the_time_to_wait(exchange, signer, fault, kind, status):
    fault(kind=kind, retryAfter=17, count=2)

    for _ in range(2):
        got, headers, answer = signer.call("POST", ORDER, **MARKET)
        assert (got, headers["Retry-After"], answer["code"]) == (status, "17", -1003)

    assert executed(exchange, signer) == 0
    assert signer.call("POST", ORDER, **MARKET)[0] == 200


def test_firewall_answers_with_html(exchange, fault):
    fault(kind="waf403", path="/api/v3/time")

    answer = exchange.raw(b"GET /api/v3/time HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"Content-Type: text/html" in answer
    assert b"<html>" in answer


async def test_events_come_before_the_answer(fault, signer, user):
    fault(kind="eventFirst", ms=400)
    began = time.monotonic()
    placing = asyncio.create_task(asyncio.to_thread(signer.call, "POST", ORDER, **MARKET))

    event = await receive(user)
    heard, was_answered = time.monotonic() - began, placing.done()
    await placing

    assert event["event"]["x"] == "NEW"
    assert not was_answered
    assert time.monotonic() - began - heard > 0.3


async def test_events_come_after_the_answer_in_their_order(fault, signer, user):
    fault(kind="eventLate", ms=400)

    _, _, answer = await asyncio.to_thread(signer.call, "POST", ORDER, **MARKET)
    answered = time.monotonic()
    events = [(await receive(user))["event"] for _ in range(3)]

    assert time.monotonic() - answered > 0.3
    assert [event.get("X", event["e"]) for event in events] == [
        "NEW",
        "FILLED",
        "outboundAccountPosition",
    ]
    assert events[0]["i"] == answer["orderId"]


async def test_other_account_hears_at_once_meanwhile(exchange, fault, signer, user):
    other = Signer(exchange, "HMAC", USDT="1000")
    fault(kind="eventLate", ms=60_000)
    await asyncio.to_thread(other.call, "POST", ORDER, **MARKET)
    await asyncio.to_thread(signer.call, "POST", ORDER, **MARKET)

    assert (await receive(user))["event"]["x"] == "NEW"


def test_young_order_is_not_found_for_a_while(fault, signer):
    fault(kind="notFound", ms=1_000, count=0)
    placed = signer.call("POST", ORDER, **MARKET)[2]
    query = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}

    status, _, answer = signer.call("GET", ORDER, **query)
    time.sleep(1.1)

    assert (status, answer) == (400, {"code": -2013, "msg": "Order does not exist."})
    assert signer.call("GET", ORDER, **query)[0] == 200


def test_skewed_clock_is_shown_and_judges(exchange, fault, signer):
    stamp = signer.now()
    fault(kind="clockSkew", ms=-8_000)

    refused = signer.call("GET", "/api/v3/account", timestamp=stamp)[2]
    skewed = signer.now()

    assert refused["code"] == -1021
    assert skewed < stamp - 5_000
    assert signer.call("POST", ORDER, **MARKET)[0] == 200
    exchange.admin("DELETE", "faults")
    assert signer.now() >= stamp


def test_symbol_takes_any_status(exchange, fault, signer):
    fault(kind="haltSymbol", symbol="BTCUSDT", status="CANCEL_ONLY")

    info = exchange.public("/api/v3/exchangeInfo?symbol=BTCUSDT")[2]["symbols"][0]
    refused = signer.call("POST", ORDER, **MARKET)[2]

    assert info["status"] == "CANCEL_ONLY"
    assert refused["code"] == -2010
    assert exchange.admin("GET", "faults")["halted"] == ["BTCUSDT"]


def test_thin_book_fills_orders_worse(exchange, fault, signer):
    def offered():
        depth = exchange.public("/api/v3/depth?symbol=BTCUSDT&limit=5")[2]
        return sum(float(quantity) for _, quantity in depth["asks"])

    before = offered()
    fault(kind="thinBook", symbol="BTCUSDT", factor=1_000)

    assert exchange.admin("GET", "faults")["thin"] == {"BTCUSDT": 1_000}
    assert offered() < before / 5
    status, _, answer = signer.call("POST", ORDER, **{**MARKET, "quoteOrderQty": "90000"})
    assert status == 200
    assert answer["status"] == "EXPIRED" or len(answer["fills"]) > 1


async def test_frames_come_twice_or_in_the_wrong_order(connect, fault):
    connection = await connect("/ws/btcusdt@depth@100ms")
    await receive(connection)
    fault(kind="duplicate", path="@depth@100ms")
    updates = [(await receive(connection))["u"] for _ in range(4)]
    fault(kind="reorder", path="btcusdt@depth@100ms")
    mixed = [(await receive(connection))["u"] for _ in range(4)]

    assert len(set(updates)) == 3
    assert updates == sorted(updates)
    assert len(set(mixed)) == 4
    assert mixed != sorted(mixed)


@pytest.mark.parametrize(("target", "open_after"), [("wsApi", [0, 1]), ("streams", [1, 0])])
async def test_one_kind_of_connection_can_be_dropped(connect, fault, target, open_after):
    connections = [await connect("/ws-api/v3"), await connect("/ws")]

    assert fault(kind="drop", target=target)["dropped"] == 1

    dropped = open_after.index(0)
    assert (await connections[dropped].receive(5)).type in {
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.CLOSE,
    }
    with pytest.raises(TimeoutError):
        await connections[1 - dropped].receive(0.2)


async def test_storm_drops_every_connection_again_and_again(exchange, connect, fault):
    fault(kind="reconnectStorm", ms=200, count=3)
    drops = 0
    began = time.monotonic()
    while time.monotonic() - began < 1.5:
        connection = await connect("/ws")
        try:
            await connection.receive(0.6)
        except TimeoutError:
            break
        drops += 1

    assert 2 <= drops <= 3
    assert exchange.admin("GET", "faults")["storms"] == 0


async def test_announced_shutdown_is_heard_everywhere(connect, fault):
    connections = [await connect(path) for path in ("/ws", "/stream", "/ws-api/v3")]

    assert fault(kind="serverShutdown", ms=300)["announced"] == 3

    for connection in connections:
        assert "serverShutdown" in (await connection.receive_str())
        assert (await connection.receive(5)).type is not aiohttp.WSMsgType.TEXT


@pytest.mark.parametrize("kind", ["error5xx", "tooManyRequests", "banned", "waf403", "timeout1007"])
async def test_websocket_requests_fail_as_well(connect, exchange, signer, fault, kind):
    fault(kind=kind, path="order.place")
    connection = await connect("/ws-api/v3")
    statuses = []
    for _ in range(2):
        await connection.send_json(
            {"id": 1, "method": "order.place", "params": signer.sign(**MARKET)}
        )
        statuses.append((await receive(connection))["status"])

    expected = {"error5xx": 503, "tooManyRequests": 429, "banned": 418, "waf403": 403}
    assert statuses == [expected.get(kind, 504), 200]
    assert executed(exchange, signer) == (2 if kind == "timeout1007" else 1)


async def test_lost_websocket_answer_leaves_an_executed_order(connect, exchange, signer, fault):
    fault(kind="answerLost", path="order.place")
    connection = await connect("/ws-api/v3")
    await connection.send_json({"id": 1, "method": "order.place", "params": signer.sign(**MARKET)})

    assert (await connection.receive(5)).type is not aiohttp.WSMsgType.TEXT
    assert executed(exchange, signer) == 1


def test_faults_are_listed_and_cleared(exchange, fault):
    fault(kind="delay", path="*", ms=1, count=0)
    fault(kind="reorder")

    listed = exchange.admin("GET", "faults")["faults"]
    exchange.admin("DELETE", "faults")

    assert [(one["kind"], one["path"]) for one in listed] == [("delay", "*"), ("reorder", "@depth")]
    assert exchange.admin("GET", "faults")["faults"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": 5},
        {"kind": "delay", "ms": -1},
        {"kind": "delay", "ms": 10**9},
        {"kind": "delay", "count": True},
        {"kind": "delay", "path": ""},
        {"kind": "drop", "target": "all"},
        {"kind": "haltSymbol", "symbol": "NOPE"},
        {"kind": "haltSymbol", "symbol": "BTCUSDT", "status": "ASLEEP"},
        {"kind": "thinBook", "symbol": "BTCUSDT", "factor": "x"},
        {"kind": "clockSkew", "ms": "x"},
        {"kind": "clockSkew", "ms": 10**12},
        {"kind": "reconnectStorm", "count": -5},
        {"kind": "serverShutdown", "ms": []},
    ],
)
def test_wrong_fault_is_refused(exchange, body):
    with pytest.raises(OSError, match="400"):
        exchange.admin("POST", "faults", body)
