"""A fresh exchange for one client, with the accounts it trades on."""

import contextlib
import json
import tempfile
from urllib.error import HTTPError

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tests.exchange.server import Server

__all__ = ["complaints", "fresh_exchange"]

_BALANCES = {"USDT": "1000000", "BTC": "20", "ETH": "200", "BNB": "500"}
_POOR = {"USDT": "10"}


@contextlib.contextmanager
def fresh_exchange(*options):
    """Start a server of our own; give what a client has to know of it, and the server's log."""
    with tempfile.TemporaryDirectory(prefix="kbots-conformance-") as folder:
        server = Server(folder, "--source=synthetic", "--seed=7", *options)
        try:
            yield (
                {
                    "http": f"http://127.0.0.1:{server.port}",
                    "ws": f"ws://127.0.0.1:{server.port}",
                    "admin": f"http://127.0.0.1:{server.admin_port}/admin/v1",
                    "accounts": _accounts(server),
                },
                server.lines,
            )
        finally:
            if server.process.poll() is None:
                server.kill()


def _accounts(server):
    return {
        "hmac": _open(server, "hmac", _BALANCES),
        "other": _open(server, "other", _BALANCES),
        "poor": _open(server, "poor", _POOR),
        "ed25519": _open(server, "ed25519", _BALANCES, ed25519.Ed25519PrivateKey.generate()),
        "rsa": _open(server, "rsa", _BALANCES, rsa.generate_private_key(65537, 2048)),
    }


def _open(server, name, balances, private=None):
    body = {"name": f"conformance/{name}", "balances": balances}
    if private is not None:
        body["publicKey"] = (
            private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )
    try:
        answer = server.admin("POST", "accounts", body)
    except HTTPError as error:
        with error:
            print(f"  server: no account {name}: {error.read().decode()}", flush=True)
        return None
    return {
        "apiKey": answer["apiKey"],
        "apiSecret": answer["apiSecret"] if private is None else _pem(private),
        "uid": answer["uid"],
    }


def _pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def complaints(lines):
    """Give what the server took for its own fault: no client may bring it there."""
    found = {}
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            said = {"level": "error", "event": line}
        if said.get("level") in ("error", "critical"):
            text = str(said.get("exception", "")).strip().splitlines()
            found[f"{said.get('event')}: {' / '.join(text[-3:])}"] = None
    return list(found)
