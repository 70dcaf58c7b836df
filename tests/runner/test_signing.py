"""What leaves the client: venue time in every signature, by HMAC and by Ed25519."""

import base64
import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from botcore.runtime.clock import SystemClock
from botrunner.adapters.binance_client import ExchangeKey
from botrunner.adapters.binance_venue import binance_venue
from botrunner.adapters.venue_clock import Sample
from botrunner.ports import Placed
from tests.runner.scripted_venue import ScriptedVenue, scripted_venue
from tests.runner.test_rest_refusals import TAKEN, an_order

ELSEWHEN = timedelta(days=400)


async def sent_order(secret: str) -> dict[str, str]:
    """Place an order at a venue that lives 400 days ahead; return the parameters it got."""
    async with scripted_venue() as scripted:
        scripted.answers = [web.json_response(TAKEN)]
        return await _place(scripted, ExchangeKey(api_key="k", secret=secret))


async def _place(scripted: ScriptedVenue, key: ExchangeKey) -> dict[str, str]:
    venue = binance_venue(scripted.endpoints, key, SystemClock(), may_send=lambda: True).exchange
    there = SystemClock().now() + ELSEWHEN
    sample = Sample(
        at=SystemClock().boottime(), venue_ms=round(there.timestamp() * 1_000), half_trip=0.0
    )
    venue._venue_clock.add(sample)
    assert isinstance(await venue.place(an_order()), Placed)
    await venue.close()
    (request,) = scripted.requests
    assert request.pop("path") == "/api/v3/order"
    return request


def payload_of(request: dict[str, str]) -> bytes:
    return urlencode({k: v for k, v in request.items() if k != "signature"}).encode()


async def test_order_is_signed_with_hmac_at_the_venues_time() -> None:
    request = await sent_order("secret")

    expected = hmac.new(b"secret", payload_of(request), hashlib.sha256).hexdigest()
    assert request["signature"] == expected
    there = (SystemClock().now() + ELSEWHEN).timestamp() * 1_000
    assert 0 <= there - int(request["timestamp"]) < 1_500
    assert request["recvWindow"] == "3000"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_order_is_signed_with_ed25519_whatever_the_line_ends(line_end: str) -> None:
    """With CRLF the library takes an Ed25519 key for RSA and fails (binance.md §2.3)."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    request = await sent_order(pem.replace("\n", line_end))

    signature = base64.b64decode(request["signature"])
    key.public_key().verify(signature, payload_of(request))


def test_secret_is_not_shown() -> None:
    assert "hush" not in repr(ExchangeKey(api_key="k", secret="hush"))
