"""Whatever a WebSocket client sends: an answer or a close, and no harm to anybody."""

import json
from contextlib import suppress

from hypothesis import strategies as st

from tests.fuzz.rounds import run_rounds
from tests.fuzz.target import half_close
from tests.fuzz.websocket import BINARY, CLOSE, PING, PONG, TEXT, Frame, Socket
from tests.fuzz.wire import SocketCall, controls, json_values, now_ms, socket_calls

LAST = "the-last-one"
API, STREAMS = (
    "/ws-api/v3",
    ("/ws", "/ws/btcusdt@trade", "/ws/0", "/stream", "/stream?streams=btcusdt@bookTicker/x@y"),
)
ODD_PATHS = (
    "/ws-api/v3?timeUnit=nonsense", "/ws-api/v3?returnRateLimits=x", "/stream?streams=",
    "/stream?streams=%ff/%00@trade",
    "/stream?streams=" + "/".join(f"a{number}@trade" for number in range(300)), "/ws/" + "a" * 5_000, "/ws/%e9@trade",
    "/ws/btcusdt@kline_1m/btcusdt@kline_99z", "/ws//", "/ws?timeUnit=microsecond", "/ws-api/v3/x", "/ws/a@b@c",
)  # fmt: skip


def judge(message):
    """Fail unless a WebSocket API answer is one that Binance could give."""
    if "event" in message:
        return
    status = message["status"]
    assert 200 <= status < 500, message
    if status == 200:
        assert "error" not in message
        return
    assert isinstance(message["error"]["code"], int), message
    assert message["error"]["code"] < 0
    assert message["error"]["msg"], message


def as_json(text):
    """Give what the exchange will read; None if it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def talk(target, path, frames, last):
    """Send frames and then `last`; give the messages up to its answer, and whether that came."""
    with target.connect() as connection:
        socket = Socket(connection, path)
        if socket.status != 101:
            assert 400 <= socket.status < 500, socket.status
            return [], False
        with suppress(ConnectionError):
            for frame in frames:
                socket.send(frame)
            socket.send(Frame(json.dumps(last).encode()))
        return socket.messages(LAST)


def test_every_request_of_the_websocket_api_is_answered(target):
    ping = {"id": LAST, "method": "ping"}
    texts = st.one_of(
        socket_calls, socket_calls, socket_calls, controls, json_values.map(json.dumps), st.text()
    )

    def check(calls):
        sent = [
            call.message(target.accounts[call.account], now_ms())
            if isinstance(call, SocketCall)
            else call
            for call in calls
        ]
        frames = [Frame(text.encode("utf-8", "replace")) for text in sent]
        answers, is_answered = talk(target, API, frames, ping)
        for answer in answers:
            judge(answer)
        if is_answered:
            assert len([one for one in answers if "event" not in one]) == len(sent) + 1, answers

    run_rounds(check, st.lists(texts, min_size=1, max_size=3), share=0.15, examples=150)
    target.check_books()


def test_every_control_message_of_a_stream_is_answered(target):
    listing = {"id": LAST, "method": "LIST_SUBSCRIPTIONS"}
    texts = st.one_of(controls, controls, json_values.map(json.dumps), st.text())

    def check(path, messages):
        frames = [Frame(text.encode("utf-8", "replace")) for text in messages]
        answers, _ = talk(target, path, frames, listing)
        for answer in answers:
            assert isinstance(answer, dict | list), answer
            if "error" in answer:
                assert isinstance(answer["error"]["code"], int), answer

    run_rounds(
        check,
        st.sampled_from(STREAMS + ODD_PATHS),
        st.lists(texts, max_size=2),
        share=0.05,
        examples=60,
    )
    target.check_books()


CLOSES = (b"\x03\xe8", b"\x00\x00", b"\x03\xee", b"\x03", b"\xff\xffbye", b"\x03\xe8\xff\xfe")
units = st.one_of(
    st.sampled_from((b"", b"{", b"\xff\xfe", b"\xed\xa0\x80", b"\x00")),
    st.sampled_from(CLOSES),
    st.binary(max_size=200),
    socket_calls.map(
        lambda call: call.message({"apiKey": "a", "apiSecret": "b"}, 1).encode("utf-8", "replace")
    ),
)
payloads = st.one_of(
    st.tuples(units, st.just(1)),
    st.sampled_from(((b"[", 100_000), (b'{"id":', 20_000), (b'"a', 150_000), (b"\x00", 5_000_000))),
)
odd_frames = st.builds(
    lambda payload, opcode, fin, reserved, masked, length: Frame(
        *payload, opcode, fin, reserved, masked, length
    ),
    payloads,
    st.sampled_from((TEXT, TEXT, BINARY, 0, 3, CLOSE, PING, PONG, 15)),
    st.booleans(),
    st.sampled_from((0, 0, 0, 4, 7)),
    st.integers(0, 5).map(bool),
    st.one_of(
        st.none(), st.none(), st.sampled_from((0, 1, 125, 126, 2**16, 2**31, 2**63, 2**64 - 1))
    ),
)
sound_frames = st.builds(
    lambda payload, opcode: Frame(*payload, opcode),
    payloads,
    st.sampled_from((TEXT, TEXT, PING, PONG)),
)


def test_broken_frames_harm_nobody(target):
    def check(path, frames):
        with target.connect() as connection, suppress(ConnectionError):
            socket = Socket(connection, path)
            for frame in frames:
                socket.send(frame)
            half_close(connection)
            while socket.receive()[0] != CLOSE:
                pass

    frames = st.lists(st.one_of(odd_frames, odd_frames, sound_frames), min_size=1, max_size=4)
    run_rounds(check, st.sampled_from((API, *STREAMS)), frames, share=0.05, examples=80)
    target.check_books()
