"""Market stream connections: addresses, control messages, pings, the end of a session."""

import asyncio
import contextlib
import json
import time

import aiohttp
import pytest
from yarl import URL

pytestmark = pytest.mark.e2e
TICKER = "btcusdt@bookTicker"


@pytest.fixture
async def connect(exchange):
    """Give a function that opens a market stream connection."""
    async with aiohttp.ClientSession() as session:

        async def opened(path, server=exchange, **options):
            address = URL(f"http://127.0.0.1:{server.port}{path}", encoded=True)
            return await session.ws_connect(address, **options)

        yield opened


async def receive(connection):
    return json.loads(await asyncio.wait_for(connection.receive_str(), 5))


async def ask(connection, **message):
    """Send a control message; give its answer, passing over frames."""
    await connection.send_str(json.dumps(message))
    while True:
        frame = await receive(connection)
        if "result" in frame or "error" in frame:
            return frame


async def frame_of(connection):
    while True:
        frame = await receive(connection)
        if "result" not in frame and "error" not in frame:
            return frame


async def test_addresses_choose_streams_and_their_wrapping(connect):
    raw = await connect(f"/ws/{TICKER}")
    several = await connect(f"/ws/{TICKER}/ethusdt@bookTicker")
    combined = await connect(f"/stream?streams={TICKER}/ethusdt@bookTicker")

    assert (await frame_of(raw))["s"] == "BTCUSDT"
    assert "b" in await frame_of(several)
    frame = await frame_of(combined)
    assert set(frame) == {"stream", "data"}
    assert frame["stream"] == f"{frame['data']['s'].lower()}@bookTicker"


@pytest.mark.parametrize(
    "path",
    [
        *("/stream?streams=btcusdt@kline_1d@+08:00", "/stream/?streams=btcusdt@kline_1d@%2B08:00"),
        "/stream?streams=%62tcusdt%40kline_1d%40%2B08%3A00/&timeUnit=millisecond",
    ],
)
async def test_stream_of_a_time_zone_can_stand_in_the_address(connect, path):
    connection = await connect(path)

    assert (await ask(connection, method="LIST_SUBSCRIPTIONS", id=1))["result"] == [
        "btcusdt@kline_1d@+08:00"
    ]
    assert (await frame_of(connection))["stream"] == "btcusdt@kline_1d@+08:00"


@pytest.mark.parametrize(
    "path", ["/ws", "/ws/0", "/ws/7", "/stream", "/stream/", "/stream?streams="]
)
async def test_connection_may_start_without_streams(connect, path):
    connection = await connect(path)

    assert await ask(connection, method="LIST_SUBSCRIPTIONS", id=1) == {"result": [], "id": 1}
    assert await ask(connection, method="SUBSCRIBE", params=[TICKER], id="x") == {
        "result": None,
        "id": "x",
    }
    frame = await frame_of(connection)
    assert ("data" in frame) == path.startswith("/stream")
    assert (await ask(connection, method="LIST_SUBSCRIPTIONS", id=None))["result"] == [TICKER]
    assert (await ask(connection, method="UNSUBSCRIBE", params=[TICKER], id=3))["result"] is None


async def test_wrapping_can_be_changed(connect):
    connection = await connect(f"/ws/{TICKER}")

    assert (await ask(connection, method="GET_PROPERTY", params=["combined"], id=1))[
        "result"
    ] is False
    await ask(connection, method="SET_PROPERTY", params=["combined", True], id=2)
    assert (await frame_of(connection))["stream"] == TICKER
    await ask(connection, method="SET_PROPERTY", params=["combined", False], id=3)
    assert (await frame_of(connection))["s"] == "BTCUSDT"


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        ({"method": "NONSENSE", "id": 1}, 2, "unknown variant `NONSENSE`, expected one of"),
        ({"id": 1}, 2, "missing field `method`"),
        ({"method": "SUBSCRIBE", "id": 1}, 2, "missing field `params`"),
        ({"method": "SUBSCRIBE", "params": ["a b@trade"], "id": 1}, 2, "Invalid request"),
        ({"method": "SUBSCRIBE", "params": [5], "id": 1}, 2, "Invalid request"),
        ({"method": "SUBSCRIBE", "params": [f"a{n}@trade" for n in range(1_025)], "id": 1},
         2, "too many parameters"),
        ({"method": "LIST_SUBSCRIPTIONS", "id": 1.5}, 2, "request ID must be"),
        ({"method": "LIST_SUBSCRIPTIONS", "id": "x" * 37}, 2, "request ID must be"),
        ({"method": "SET_PROPERTY", "params": ["combined", 1], "id": 1}, 1, "expected Boolean"),
        ({"method": "SET_PROPERTY", "params": [1, True], "id": 1}, 2, "must be a string"),
        ({"method": "GET_PROPERTY", "params": ["colour"], "id": 1}, 0, "Unknown property"),
        ({"method": "GET_PROPERTY", "params": ["combined", 1], "id": 1}, 2, "too many parameters"),
        ([], 2, "Invalid request"),
    ],
)  # fmt: skip
async def test_wrong_control_message_is_refused(connect, message, code, text):
    connection = await connect("/ws")
    await connection.send_str(json.dumps(message))

    answer = await receive(connection)

    assert answer["error"]["code"] == code
    assert text in answer["error"]["msg"]
    assert (await ask(connection, method="LIST_SUBSCRIPTIONS", id=2))["result"] == []


async def test_malformed_json_is_refused(connect):
    connection = await connect("/ws")
    await connection.send_str("{nonsense")

    assert (await receive(connection))["error"]["code"] == 3


async def test_unknown_streams_are_accepted_silently(connect):
    connection = await connect("/stream?streams=nope@trade/btcusdt@unknown")

    listed = await ask(connection, method="LIST_SUBSCRIPTIONS", id=1)

    assert listed["result"] == ["nope@trade", "btcusdt@unknown"]


async def test_flood_of_messages_closes_the_connection(connect):
    connection = await connect("/ws")
    for number in range(10):
        assert (await ask(connection, method="LIST_SUBSCRIPTIONS", id=number))["id"] == number
    for number in range(10):
        with contextlib.suppress(ConnectionError):
            await connection.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
    while (message := await connection.receive(5)).type is aiohttp.WSMsgType.TEXT:
        pass

    assert message.data == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_times_of_frames_are_in_microseconds_when_asked(connect):
    plain = await connect("/ws/btcusdt@kline_1m")
    micro = await connect("/stream?streams=btcusdt@kline_1m&timeUnit=MICROSECOND")

    one, other = await frame_of(plain), (await frame_of(micro))["data"]

    assert other["k"]["T"] - other["k"]["t"] == 59_999_999
    assert abs(other["E"] - one["E"] * 1_000) < 60_000_000
    assert one["k"]["i"] == other["k"]["i"] == "1m"


async def test_server_pings_and_cuts_who_stays_silent(run_exchange, connect):
    server = run_exchange("--ping-seconds=1")
    paths = ("/ws", "/ws-api/v3")
    began = time.monotonic()
    silent = [answer_wrongly(await connect(path, server, autoping=False)) for path in paths]
    answering = [answer(await connect(path, server, autoping=False), 6) for path in paths]

    first, second, *pings = await asyncio.gather(*silent, *answering)

    for cut in (first, second):
        assert 3.5 <= cut - began <= 6
    for payloads in pings:
        assert 3 <= len(payloads) <= 7
        assert payloads == sorted(set(payloads))


async def answer(connection, seconds):
    """Answer pings; give their payloads."""
    pings, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        message = await connection.receive(5)
        assert message.type is aiohttp.WSMsgType.PING
        pings.append(int(message.data))
        await connection.pong(message.data)
    return pings


async def answer_wrongly(connection):
    """Send pongs that answer nothing until the server cuts the connection; say when."""
    while (await connection.receive(10)).type is aiohttp.WSMsgType.PING:
        with contextlib.suppress(ConnectionError):
            await connection.pong(b"0")
    return time.monotonic()


async def test_session_ends_when_its_time_is_over(run_exchange, connect):
    server = run_exchange("--session-seconds=2")
    connections = [await connect(path, server) for path in ("/ws", "/ws-api/v3")]
    began = time.monotonic()

    ends = [await connection.receive(5) for connection in connections]

    assert 1.5 <= time.monotonic() - began <= 3.5
    assert {end.data for end in ends} == {aiohttp.WSCloseCode.GOING_AWAY}


async def test_stopping_process_says_so_in_three_shapes(run_exchange, connect):
    server = run_exchange()
    raw, combined, ws_api = [
        await connect(path, server) for path in ("/ws", "/stream", "/ws-api/v3")
    ]
    stopping = asyncio.create_task(asyncio.to_thread(server.stop))

    events = [await receive(one) for one in (raw, combined, ws_api)]
    code, _ = await stopping

    assert code == 0
    assert events[0]["e"] == "serverShutdown"
    assert events[1]["stream"] == "!serverShutdown"
    assert events[1]["data"]["e"] == events[2]["event"]["e"] == "serverShutdown"
    assert set(events[2]) == {"event"}


async def test_connection_attempts_are_limited(run_exchange, connect):
    server = run_exchange("--connection-limit=3")
    for path in ("/ws", "/stream", "/ws-api/v3"):
        await connect(path, server)

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect("/ws", server)

    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) <= 301
