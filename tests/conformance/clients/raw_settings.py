"""Signs by hand, and sends exactly the bytes it is given."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import quote, urlencode

from checks import setup
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.Signature import eddsa, pkcs1_15
from yarl import URL

__all__ = ["Http", "headers", "place", "sign", "signed", "stamp"]

place = setup()


def sign(payload, account="hmac"):
    """Sign as Binance's documents say: HMAC in hex, RSA and Ed25519 in base64."""
    secret = place["accounts"][account]["apiSecret"]
    if account == "ed25519":
        return base64.b64encode(
            eddsa.new(ECC.import_key(secret), "rfc8032").sign(payload.encode())
        ).decode()
    if account == "rsa":
        return base64.b64encode(
            pkcs1_15.new(RSA.import_key(secret)).sign(SHA256.new(payload.encode()))
        ).decode()
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def headers(account="hmac", **more):
    """Give the header with the key."""
    return {"X-MBX-APIKEY": place["accounts"][account]["apiKey"], **more}


def stamp():
    """Give the time in milliseconds."""
    return time.time_ns() // 1_000_000


def signed(account="hmac", **params):
    """Give a signed query string."""
    query = urlencode({"timestamp": stamp(), **params})
    return f"{query}&signature={quote(sign(query, account), safe='')}"


class Http:
    """Sends exactly the bytes it is given."""

    def __init__(self, session):
        self.session = session

    async def ask(self, method, path, body=None, **more):
        """Give status, headers and JSON; an answer that is not JSON is an error."""

        url = URL(place["http"] + path, encoded=True)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        sent = kind | more.pop("headers", {})
        async with self.session.request(method, url, data=body, headers=sent, **more) as answer:
            text = await answer.text()
            return answer.status, answer.headers, json.loads(text)

    async def want(self, method, path, status, code=None, body=None, **more):
        """Ask and compare; give the JSON."""
        got, _, said = await self.ask(method, path, body, **more)
        found = said.get("code") if isinstance(said, dict) else None
        assert got == status and (code is None or found == code), f"{got} {said}"
        return said
