"""Who sends a request: API keys, signatures and timestamps."""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from botexchange.matching.refusals import VenueError
from botexchange.ports import ApiKey, KeyKind

__all__ = [
    "check_signature",
    "check_time",
    "find_key",
    "is_ed25519",
    "rest_payload",
    "ws_payload",
]

LONGEST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
_MICROSECONDS: Final = 10**14  # a timestamp above this is in microseconds
_KEY: Final = re.compile(r"^[A-Za-z0-9]{1,128}$")


def find_key(keys: Mapping[str, ApiKey], name: str | None) -> ApiKey:
    """Find a key; refuses with -2014 or -2015, both 401."""
    if name is None or not _KEY.match(name):
        raise VenueError(-2014, "API-key format invalid.", status=401)
    key = keys.get(name)
    if key is None:
        raise VenueError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
    return key


def check_signature(key: ApiKey, payload: str, signature: str) -> None:
    """Refuse (-1022) a payload that the key did not sign."""
    data = payload.encode()
    if key.kind is KeyKind.HMAC:
        expected = hmac.new(key.secret.encode(), data, "sha256").hexdigest()
        is_valid = hmac.compare_digest(expected.encode(), signature.lower().encode())
    else:
        is_valid = _verify(key.secret, signature, data)
    if not is_valid:
        raise VenueError(-1022, "Signature for this request is not valid.")


def check_time(timestamp: int, window_ms: float, now_ms: int) -> None:
    """Refuse (-1021) a request that is too old or from the future, in venue time."""
    if window_ms > LONGEST_WINDOW_MS:
        raise VenueError(-1131, "recvWindow must be less than 60000.")
    moment = timestamp / 1_000 if timestamp > _MICROSECONDS else timestamp
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


def is_ed25519(pem: str) -> bool:
    """Tell whether a text is the PEM of an Ed25519 public key."""
    try:
        return isinstance(load_pem_public_key(pem.encode()), Ed25519PublicKey)
    except ValueError:
        return False


def _verify(pem: str, signature: str, data: bytes) -> bool:
    public = load_pem_public_key(pem.encode())
    if not isinstance(public, Ed25519PublicKey):
        return False
    try:
        public.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _unsigned(raw: str) -> str:
    return "&".join(part for part in raw.split("&") if not part.startswith("signature="))
