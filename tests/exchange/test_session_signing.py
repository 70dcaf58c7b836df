"""Signed REST requests: where parameters may stand, what is refused."""

import pytest

from tests.exchange.signer import Signer

pytestmark = pytest.mark.e2e
ACCOUNT = "/api/v3/account"
ORDER = "/api/v3/order/test"
LIMIT = "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=20"


@pytest.fixture(params=["HMAC", "ED25519", "RSA"])
def signer(request, exchange):
    return Signer(exchange, request.param)


@pytest.fixture
def hmac(exchange):
    return Signer(exchange, "HMAC")


def test_every_kind_of_key_may_sign(signer):
    status, headers, answer = signer.call("GET", ACCOUNT)

    assert (status, answer["uid"]) == (200, signer.account["uid"])
    assert int(headers["X-MBX-USED-WEIGHT-1M"]) == int(headers["X-MBX-USED-WEIGHT"]) >= 20


def test_another_payload_is_refused(signer):
    query = signer.query().replace("timestamp", "x=1&timestamp")

    assert signer.send("GET", ACCOUNT, query)[2]["code"] == -1022


def test_parameters_may_stand_in_query_and_body(hmac):
    stamp = f"timestamp={hmac.now()}"

    def sent(query, body):
        return hmac.send("POST", ORDER, query, body)[0]

    signature = hmac.signature(f"{LIMIT}&{stamp}")
    assert sent(f"{LIMIT}&{stamp}&signature={signature}", None) == 200
    assert sent("", f"{LIMIT}&{stamp}&signature={signature}") == 200
    assert sent("", f"signature={signature}&{LIMIT}&{stamp}") == 200
    joined = hmac.signature(f"{LIMIT}{stamp}")
    assert sent(LIMIT, f"{stamp}&signature={joined}") == 200
    assert sent(f"{LIMIT}&signature={joined}", stamp) == 200
    assert sent(LIMIT, f"{stamp}&signature={signature}") == 400


def test_payload_must_be_percent_encoded(hmac):
    payload = f'note=["a"]&timestamp={hmac.now()}'
    query = f"{payload}&signature={hmac.signature(payload)}"

    reader_sends = f"GET {ACCOUNT}?{query} HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: "
    answer = hmac.exchange.raw(f"{reader_sends}{hmac.account['apiKey']}\r\n\r\n".encode())

    assert b"-1022" in answer


def test_base64_signature_must_be_percent_encoded(exchange):
    signer = Signer(exchange)
    while "+" not in (signature := signer.signature(payload := f"timestamp={signer.now()}")):
        pass

    assert signer.send("GET", ACCOUNT, f"{payload}&signature={signature}")[2]["code"] == -1022


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"timestamp": 1}, -1021, 400),
        ({"recvWindow": "60001"}, -1131, 400),
        ({"recvWindow": "5000.1234"}, -1100, 400),
        ({"timestamp": "soon"}, -1100, 400),
        ({"timestamp": ""}, -1105, 400),
    ],
)
def test_wrong_times_are_refused(hmac, change, code, status):
    got, _, answer = hmac.call("GET", ACCOUNT, **change)

    assert (answer["code"], got) == (code, status)


def test_times_may_be_in_microseconds_and_windows_have_decimals(hmac):
    assert hmac.call("GET", ACCOUNT, timestamp=hmac.now() * 1_000, recvWindow="4999.125")[0] == 200
    ahead = hmac.call("GET", ACCOUNT, timestamp=hmac.now() + 2_000)[2]
    assert ahead["msg"] == "Timestamp for this request was 1000ms ahead of the server's time."
    late = hmac.call("GET", ACCOUNT, timestamp=hmac.now() - 6_000)[2]
    assert late["msg"] == "Timestamp for this request is outside of the recvWindow."


def test_missing_parts_are_named(hmac):
    assert "'signature'" in hmac.send("GET", ACCOUNT, f"timestamp={hmac.now()}")[2]["msg"]
    assert "'timestamp'" in hmac.send("GET", ACCOUNT)[2]["msg"]
    unknown = {"X-MBX-APIKEY": "0" * 64}
    assert hmac.send("GET", ACCOUNT, hmac.query(), **unknown)[2]["code"] == -2015
    assert hmac.send("GET", ACCOUNT, **{"X-MBX-APIKEY": "no key"})[0::2] == (
        401,
        {"code": -2014, "msg": "API-key format invalid."},
    )


def test_public_paths_take_no_signatures(hmac):
    status, _, refused = hmac.send("GET", "/api/v3/ping", "timestamp=1&signature=x")

    assert (status, refused["code"]) == (400, -1101)


def test_times_are_shown_in_microseconds_when_asked(hmac):
    micro = {"X-MBX-TIME-UNIT": "MICROSECOND"}
    before = hmac.now()

    shown = hmac.send("GET", "/api/v3/time", **micro)[2]["serverTime"]
    (row,) = hmac.send("GET", "/api/v3/klines", "symbol=BTCUSDT&interval=1m&limit=1", **micro)[2]
    wrong = hmac.send("GET", "/api/v3/time", **{"X-MBX-TIME-UNIT": "SECOND"})

    assert before * 1_000 <= shown < (before + 60_000) * 1_000
    assert row[6] - row[0] == 59_999_999
    assert (wrong[0], wrong[2]["code"]) == (400, -1194)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /nowhere", 404),
        ("GET /api/v3/", 404),
        ("PATCH /api/v3/order", 405),
        ("OPTIONS /api/v3/time", 405),
        ("POST /api/v3/userDataStream", 410),
        ("GET /api/v3/klines?symbol=%00&interval=%FF", 400),
        ("GET /api/v3/klines?symbol=BTCUSDT&symbol=BTCUSDT&interval=1m", 400),
        ("GET /ws/btcusdt@trade", 400),
        ("GET /stream", 400),
        ("GET /ws-api/v3", 400),
        ("POST /ws-api/v3", 404),
        ("GET /ws?timeUnit=no", 400),
    ],
)
def test_odd_requests_get_a_client_error(exchange, request_line, status):
    answer = exchange.raw(
        f"{request_line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )

    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer


@pytest.mark.parametrize("size", [64 * 1024 + 1, 3_000_000])
def test_large_body_is_refused(exchange, size):
    head = f"POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"

    assert exchange.raw(head.encode() + b"a" * size).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "nonsense"])
def test_compressed_body_is_refused(exchange, coding):
    head = f"POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Encoding: {coding}\r\n"

    answer = exchange.raw(f"{head}Content-Length: 4\r\n\r\n".encode() + b"\x1f\x8b\x08\x00")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":-1100' in answer


def test_bytes_that_are_no_http_leave_no_trace_in_the_log(exchange):
    logged = len(exchange.lines)

    for data in (
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02",
        b"GET / HTTP/1.1\r\nA\r\n\r\n",
    ):
        assert b" 400 " in exchange.raw(data + b"\r\n\r\n")

    assert exchange.lines[logged:] == []


def test_bad_text_in_a_body_is_refused(exchange):
    body = b"symbol=\xff\xfe&side=BUY"
    head = f"POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"

    assert b'"code":-1100' in exchange.raw(head.encode() + body)
