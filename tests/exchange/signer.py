"""Signs requests as Binance's clients do, with any kind of key."""

import base64
import hmac
import itertools
import json
import urllib.error
import urllib.parse
import urllib.request

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_numbers = itertools.count(1)


class Signer:
    """An account with one key."""

    def __init__(self, exchange, kind="ED25519", **balances):
        self.exchange = exchange
        self._private = {
            "ED25519": Ed25519PrivateKey.generate,
            "RSA": lambda: rsa.generate_private_key(65537, 2048),
            "HMAC": lambda: None,
        }[kind]()
        self.name = f"{kind.lower()}/{next(_numbers)}"
        body = {"name": self.name, "balances": balances or {"USDT": "1000"}}
        if self._private is not None:
            public = self._private.public_key()
            pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            body["publicKey"] = pem.decode()
        self.account = exchange.admin("POST", "accounts", body)

    def now(self):
        return self.exchange.public("/api/v3/time")[2]["serverTime"]

    def signature(self, payload):
        data = payload.encode()
        if isinstance(self._private, Ed25519PrivateKey):
            return base64.b64encode(self._private.sign(data)).decode()
        if self._private is not None:
            return base64.b64encode(self._private.sign(data, PKCS1v15(), SHA256())).decode()
        return hmac.new(self.account["apiSecret"].encode(), data, "sha256").hexdigest()

    def sign(self, **params):
        """Give the parameters of a WebSocket request, signed."""
        params = {"apiKey": self.account["apiKey"], "timestamp": self.now(), **params}
        pairs = sorted(params.items())
        payload = "&".join(
            f"{name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in pairs
        )
        return {**params, "signature": self.signature(payload)}

    def query(self, **params):
        """Give a signed query string."""
        payload = urllib.parse.urlencode({"timestamp": self.now(), **params})
        return f"{payload}&signature={urllib.parse.quote(self.signature(payload), safe='')}"

    def send(self, method, path, query="", body=None, **headers):
        """Send a request; give status, headers and JSON."""
        url = f"http://127.0.0.1:{self.exchange.port}{path}{'?' if query else ''}{query}"
        headers = {"X-MBX-APIKEY": self.account["apiKey"], **headers}
        data = None if body is None else body.encode()
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, json.load(error)

    def call(self, method, path, **params):
        return self.send(method, path, self.query(**params))
