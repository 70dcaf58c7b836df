"""Who sends a request: API keys, signatures and timestamps."""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from botcore.candles.intervals import MICROSECONDS
from botcore.matching.refusals import VenueError
from botexchange.ports import ApiKey, KeyKind

__all__ = [
    "check_encoding",
    "check_signature",
    "check_time",
    "find_key",
    "key_kind",
    "rest_payload",
    "ws_payload",
]

LONGEST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
RSA_BITS: Final = range(2_048, 4_097)
_KEY: Final = re.compile(r"^[A-Za-z0-9]{1,128}$")
# Runs are taken whole and never given back, which is several times as fast.
_ENCODED: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]++|%[0-9A-Fa-f]{2})*+")
_CACHED_KEYS: Final = 4_096


def find_key(keys: Mapping[str, ApiKey], name: str | None, address: str = "") -> ApiKey:
    """Find the key of a request that came from an address; refuses with -2014 or -2015, both 401."""
    if name is None or not _KEY.fullmatch(name):
        raise VenueError(-2014, "API-key format invalid.", status=401)
    key = keys.get(name)
    if key is None or (key.permissions.addresses and address not in key.permissions.addresses):
        raise VenueError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
    return key


def check_signature(key: ApiKey, payload: str, signature: str) -> None:
    """Refuse (-1022) a payload that the key did not sign."""
    data = payload.encode()
    if key.kind is KeyKind.HMAC:
        expected = hmac.digest(key.secret.encode(), data, "sha256").hex()
        is_valid = hmac.compare_digest(expected.encode(), signature.lower().encode())
    else:
        is_valid = _verify(key.secret, signature, data)
    if not is_valid:
        raise _unsigned_error()


def check_encoding(payload: str) -> None:
    """Refuse (-1022) a REST payload that was not percent-encoded (rule of 2026-01-15)."""
    if not _ENCODED.fullmatch(payload):
        raise _unsigned_error()


def check_time(timestamp: int, window_ms: float, now_ms: int) -> None:
    """Refuse (-1021) a request that is too old or from the future, in venue time."""
    if window_ms > LONGEST_WINDOW_MS:
        raise VenueError(-1131, "recvWindow must be less than 60000.")
    moment = timestamp / 1_000 if timestamp > MICROSECONDS else timestamp
    if moment >= now_ms + AHEAD_MS:
        raise VenueError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - moment > window_ms:
        raise VenueError(-1021, "Timestamp for this request is outside of the recvWindow.")


def rest_payload(query: str, body: str) -> str:
    """Give what a REST request signs: raw query and raw body without the signature."""
    return _unsigned(query) + _unsigned(body)


def ws_payload(params: Mapping[str, object]) -> str:
    """Give what a WebSocket request signs: its parameters sorted by name, not encoded."""
    return "&".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in sorted(params.items())
        if name != "signature"
    )


def key_kind(pem: str) -> KeyKind | None:
    """Say what a PEM of a public key is for; None if this exchange takes no such key."""
    public = _public_key(pem)
    if isinstance(public, Ed25519PublicKey):
        return KeyKind.ED25519
    if isinstance(public, RSAPublicKey) and public.key_size in RSA_BITS:
        return KeyKind.RSA
    return None


@lru_cache(maxsize=_CACHED_KEYS)
def _public_key(pem: str) -> object:
    try:
        return load_pem_public_key(pem.encode())
    except ValueError:
        return None


def _verify(pem: str, signature: str, data: bytes) -> bool:
    public = _public_key(pem)
    try:
        proof = base64.b64decode(signature, validate=True)
        if isinstance(public, Ed25519PublicKey):
            public.verify(proof, data)
        elif isinstance(public, RSAPublicKey):
            public.verify(proof, data, PKCS1v15(), SHA256())
        else:
            return False
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _unsigned(raw: str) -> str:
    if "signature=" not in raw:
        return raw
    return "&".join(part for part in raw.split("&") if not part.startswith("signature="))


def _unsigned_error() -> VenueError:
    return VenueError(-1022, "Signature for this request is not valid.")
