"""One WebSocket connection, spoken to by hand."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import aiohttp
from checks import setup
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

__all__ = ["ED25519", "HMAC", "Wire", "place", "signed"]

place = setup()
HMAC, ED25519 = place["accounts"]["hmac"], place["accounts"]["ed25519"]


def sign(params, account):
    """Sign sorted parameters that are not percent-encoded."""
    rendered = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in params.items()
    }
    payload = "&".join(f"{key}={rendered[key]}" for key in sorted(rendered)).encode()
    if account is ED25519:
        key = ECC.import_key(account["apiSecret"])
        return base64.b64encode(eddsa.new(key, "rfc8032").sign(payload)).decode()
    return hmac.new(account["apiSecret"].encode(), payload, hashlib.sha256).hexdigest()


def signed(account=HMAC, **params):
    """Give parameters with key, time and signature."""
    params = {"apiKey": account["apiKey"], "timestamp": time.time_ns() // 1_000_000, **params}
    return params | {"signature": sign(params, account)}


class Wire:
    """One connection."""

    def __init__(self, session, path):
        self.session, self.path = session, path
        # Stream connections may send 5 messages a second; the WebSocket API counts weight instead.
        self.pause = 0 if path.startswith("/ws-api") else 0.25

    async def __aenter__(self):
        self.socket = await self.session.ws_connect(place["ws"] + self.path, autoping=False)
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def frame(self):
        """Give the next text frame; pings are answered."""
        while True:
            got = await self.socket.receive()
            if got.type is aiohttp.WSMsgType.PING:
                await self.socket.pong(got.data)
            elif got.type is aiohttp.WSMsgType.TEXT:
                return json.loads(got.data)
            else:
                raise AssertionError(f"closed: {got}")

    async def ask(self, request, want=None):
        """Send and give the answer with that id; others are passed over."""
        await asyncio.sleep(self.pause)
        await self.socket.send_str(request if isinstance(request, str) else json.dumps(request))
        while True:
            said = await self.frame()
            if "id" in said or "error" in said:
                assert want is None or want(said), said
                return said

    async def call(self, method, status=200, code=None, id=1, **params):  # noqa: A002 Binance's name
        """Call a method of the WebSocket API; give the answer."""
        said = await self.ask({"id": id, "method": method, "params": params})
        found = said.get("error", {}).get("code")
        assert said["status"] == status and (code is None or found == code) and said["id"] == id, (
            said
        )
        return said
