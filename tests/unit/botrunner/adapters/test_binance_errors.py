"""The table of failures: what may have happened is never called refused (TR-3, TR-4)."""

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from botrunner.adapters.binance_errors import Meaning, VenueRefusal, classify, refusal_of

KEY = ConnectionKey(
    "h", 1, is_ssl=False, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)


def refusal(status: int, code: int, retry_after: float | None = None) -> VenueRefusal:
    return VenueRefusal(status=status, code=code, message="m", retry_after=retry_after)


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (400, -1000, Meaning.UNKNOWN),
        (400, -1001, Meaning.UNKNOWN),
        (400, -1006, Meaning.UNKNOWN),
        (504, -1007, Meaning.UNKNOWN),
        (400, -1007, Meaning.UNKNOWN),
        (503, -1016, Meaning.UNKNOWN),
        (503, -1008, Meaning.UNKNOWN),
        (500, 0, Meaning.UNKNOWN),
        (502, 0, Meaning.UNKNOWN),
        (200, 0, Meaning.UNKNOWN),  # a success that is no JSON
        (400, -1013, Meaning.REFUSED),
        (400, -2010, Meaning.REFUSED),
        (400, -2011, Meaning.REFUSED),
        (400, -1111, Meaning.REFUSED),
        (403, 0, Meaning.REFUSED),
        (404, 0, Meaning.REFUSED),
        (429, -1003, Meaning.LIMITED),
        (429, -1015, Meaning.LIMITED),
        (418, -1003, Meaning.LIMITED),
        (418, 0, Meaning.LIMITED),
        (400, -1021, Meaning.CLOCK),
        (401, -2014, Meaning.KEY),
        (400, -2015, Meaning.KEY),
        (401, 0, Meaning.KEY),
        (400, -1022, Meaning.KEY),
    ],
)
def test_answer_is_understood_by_status_and_code(status: int, code: int, meaning: Meaning) -> None:
    assert classify(refusal(status, code)).meaning is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError()), Meaning.NOT_SENT),
        (aiohttp.ClientConnectorDNSError(KEY, OSError()), Meaning.NOT_SENT),
        (aiohttp.ConnectionTimeoutError(), Meaning.NOT_SENT),
        (aiohttp.ServerDisconnectedError(), Meaning.UNKNOWN),
        (aiohttp.ClientOSError(104, "reset"), Meaning.UNKNOWN),
        (aiohttp.SocketTimeoutError(), Meaning.UNKNOWN),
        (aiohttp.ClientPayloadError(), Meaning.UNKNOWN),
        (TimeoutError(), Meaning.UNKNOWN),
        (ConnectionResetError(), Meaning.UNKNOWN),
    ],
)
def test_silence_is_unknown_unless_no_byte_left(error: Exception, meaning: Meaning) -> None:
    assert classify(error).meaning is meaning


def test_limit_waits_as_long_as_the_venue_says_or_a_minute() -> None:
    assert classify(refusal(429, -1003, 7.0)).pause == 7
    assert classify(refusal(418, -1003)).pause == 60
    assert classify(refusal(403, 0)).pause == 60
    assert classify(refusal(400, -1013)).pause == 1


@pytest.mark.parametrize("body", ["<html>blocked</html>", "", "[1]", '"text"', '{"code":"x"}'])
def test_body_that_is_no_error_of_binance_keeps_its_status(body: str) -> None:
    error = refusal_of(403, {"Retry-After": "soon"}, body)

    assert (error.status, error.code, error.message) == (403, 0, "HTTP 403")
    assert error.retry_after is None


def test_error_of_binance_is_read() -> None:
    error = refusal_of(429, {"Retry-After": "12"}, '{"code":-1003,"msg":"Too much"}')

    assert (error.code, error.message, error.retry_after) == (-1003, "Too much", 12)
