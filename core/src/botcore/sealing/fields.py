"""Small secrets in a row of the database, bound to whose row it is: AES-256-GCM with random nonces."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from botcore.domain.errors import NotAllowed

__all__ = ["open_field", "seal_field"]

NONCE_BYTES = 12


def seal_field(key: bytes, plain: str, bound_to: str) -> bytes:
    """Seal a text under a key of 32 bytes; it opens only with what it is bound to."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain.encode(), bound_to.encode())


def open_field(key: bytes, sealed: bytes, bound_to: str) -> str:
    """Open a text.

    Raises:
        NotAllowed: it was sealed with another key or for something else, or was changed.
    """
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError):
        raise NotAllowed("a sealed field does not open") from None
    return plain.decode()
