"""Whatever is sent to the HTTP port: Binance's error, no 5xx, no harm to anybody."""

import json
import re
from contextlib import closing, suppress

from hypothesis import strategies as st

from tests.fuzz.rounds import run_rounds
from tests.fuzz.target import half_close, read_answer
from tests.fuzz.wire import now_ms, rest_calls

API_PATHS = ("/api/", "/sapi/")  # elsewhere a refusal need not be JSON


def judge(call, status, body):
    """Fail unless the answer is one that Binance could give."""
    assert 200 <= status < 500, (status, body[:300])
    is_http_matter = status == 417 or (status >= 400 and not call.path.startswith(API_PATHS))
    if is_http_matter or call.method == "HEAD":
        return
    answer = json.loads(body)
    if status >= 400:
        assert isinstance(answer["code"], int), answer
        assert answer["code"] < 0
        assert isinstance(answer["msg"], str), answer
        assert answer["msg"]


class Line:
    """One connection that is opened anew when the exchange has closed it."""

    def __init__(self, target):
        self._target, self._connection = target, None

    def ask(self, message, method):
        """Send a request and read its answer; a connection that had gone stale gets a second try."""
        if self._connection is not None:
            with suppress(OSError, ValueError):
                return self._once(message, method)
        self.close()
        self._connection = self._target.connect()
        return self._once(message, method)

    def _once(self, message, method):
        self._connection.sendall(message)
        status, headers, body = read_answer(self._connection, method)
        if headers.get("Connection", "").lower() == "close" or status >= 400:
            self.close()
        return status, body

    def close(self):
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def test_every_request_is_answered_as_binance_would(target):
    with closing(Line(target)) as line:

        def check(call):
            account = target.accounts[call.account]
            status, body = line.ask(call.message(account, now_ms()), call.method)
            judge(call, status, body)

        run_rounds(check, rest_calls, share=0.3, examples=300)
    target.check_books()


ODD_LINES = (
    b"", b"\r\n", b"GET", b"GET /", b"GET / HTTP/9.9", b"GET  / HTTP/1.1", b"PRI * HTTP/2.0",
    b"get /api/v3/ping HTTP/1.1",
    b"GET http://x/api/v3/ping HTTP/1.1", b"GET /api/v3/ping HTTP/1.0", b"CONNECT a:1 HTTP/1.1",
    b"\x16\x03\x01\x02\x00",
    b"GET /api/v3/ping\xff HTTP/1.1", b"GET " + b"/a" * 9_000 + b" HTTP/1.1", b"GET /api/v3/order?a=%zz&b=%ff HTTP/1.1",
    b"POST /api/v3/order HTTP/1.1", b"GET /ws HTTP/1.1", b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET ? HTTP/1.1",
    b"GET //[::1 HTTP/1.1", b"GET http://[ HTTP/1.1", b"POST /ws-api/v3 HTTP/1.1",
)  # fmt: skip
ODD_HEADERS = (
    b"Host: a", b"Host: a\r\nHost: b", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 1e3",
    b"Content-Length: 99999999999999999999", b"Content-Length: 3\r\nContent-Length: 4", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 3", b"Transfer-Encoding: gzip", b"Content-Encoding: deflate",
    b"X: " + b"y" * 20_000, b"bad header", b": empty", b"X\x00Y: 1", b" folded: 1", b"Expect: 100-continue",
    b"Connection: upgrade\r\nUpgrade: websocket", b"Sec-WebSocket-Key: x", b"Connection: close", b"Upgrade: h2c",
)  # fmt: skip
ODD_BODIES = (
    b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"ffffffffffffffff\r\n", b"5;x=\xff\r\nhello\r\n0\r\n\r\n",
    b"\x00" * 50, b"\xff\xfe" * 50, b"a=1&a=2", b"symbol=BTCUSDT&" * 3_000, b"GET /api/v3/ping HTTP/1.1\r\n\r\n",
)  # fmt: skip
odd_messages = st.builds(
    lambda first, headers, end, body: b"\r\n".join([first, *headers]) + end + body,
    st.sampled_from(ODD_LINES),
    st.lists(st.sampled_from(ODD_HEADERS), max_size=4),
    st.sampled_from((b"\r\n\r\n", b"\r\n\r\n", b"\n\n", b"\r\n", b"")),
    st.one_of(st.sampled_from(ODD_BODIES), st.binary(max_size=60)),
)
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=3)), max_size=3)


def spoil(message, changes, length):
    """Put bytes in or take bytes out at some places, and cut the end off."""
    data = bytearray(message)
    for place, removed, added in changes:
        start = int(place * len(data))
        data[start : start + removed] = added
    return bytes(data[: int(length * len(data)) + 1])


def test_broken_bytes_harm_nobody(target):
    pieces = st.lists(st.one_of(rest_calls, odd_messages, odd_messages), min_size=1, max_size=3)

    def check(pieces, changes, length):
        message = b"".join(
            piece
            if isinstance(piece, bytes)
            else piece.message(target.accounts[piece.account], now_ms())
            for piece in pieces
        )
        answered = exchange_bytes(target, spoil(message, changes, 1 if length > 0.7 else length))
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answered)]
        assert not [status for status in statuses if status >= 500], answered[:300]

    run_rounds(check, pieces, edits, st.floats(0, 1), share=0.15, examples=100)
    target.check_books()


def exchange_bytes(target, message):
    """Send bytes, half-close, and read to the end."""
    found = b""
    with target.connect() as connection, suppress(ConnectionError):
        connection.sendall(message)
        half_close(connection)
        while part := connection.recv(65_536):
            found += part
    return found
