"""Envelopes: what `seal` makes of a secret, and `unseal` opens for the same context alone.

The base mode of HPKE proves nothing about who sealed. It binds the secret to the context: an
envelope copied to another owner, key, environment or revision does not open there. The opener
rebuilds the context from what it trusts, never from the envelope.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.sealing.keyring import KeyRing, kid_of

__all__ = ["SUITE_ID", "Envelope", "SealingContext", "seal", "unseal"]

SUITE_ID = "hpke-x25519-hkdfsha256-c20p1305"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
FORMAT = 1
INFO_PREFIX = b"kbots/exchange-key/v1\0"
BLOCK = 256  # bytes; the length of a sealed secret says no more than its number of blocks
LENGTH_BYTES = 4
LONGEST = 16 * 1024  # bytes; the longest RSA key in PEM is a quarter of it


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingContext:
    """What a sealed key is bound to.

    Raises:
        InvalidInput: a part is empty, or the revision is below 1.
    """

    installation: str
    owner: str
    key_id: str
    exchange: str
    environment: str
    revision: int

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value or (isinstance(value, int) and value < 1):
                raise InvalidInput.of(name, "a sealed key must be bound to it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A sealed secret, with the key and the suite that open it."""

    kid: str
    suite: str
    ciphertext: bytes = field(repr=False)

    def to_document(self) -> dict[str, str | int]:
        """Write the envelope as it is stored."""
        text = base64.b64encode(self.ciphertext).decode("ascii")
        return {"v": FORMAT, "suite": self.suite, "kid": self.kid, "ct": text}

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> "Envelope":
        """Read a stored envelope.

        Raises:
            InvalidInput: it is not one, or of a format or suite this program does not know.
        """
        if document.get("v") != FORMAT or document.get("suite") != SUITE_ID:
            raise InvalidInput.of("envelope", "its format or suite is not known")
        kid, text = document.get("kid"), document.get("ct")
        if not isinstance(kid, str) or not isinstance(text, str):
            raise InvalidInput.of("envelope", "kid and ct must be strings")
        try:
            ciphertext = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput.of("envelope", "ct must be base64") from None
        return cls(kid=kid, suite=SUITE_ID, ciphertext=ciphertext)


def seal(public_key: X25519PublicKey, plaintext: bytes, context: SealingContext) -> Envelope:
    """Seal a secret for the holder of the private key, bound to the context.

    Raises:
        InvalidInput: the secret is longer than 16 KiB.
    """
    if len(plaintext) > LONGEST:
        raise InvalidInput.of("plaintext", f"must have at most {LONGEST} bytes")
    kid = kid_of(public_key)
    ciphertext = SUITE.encrypt(_padded(plaintext), public_key, info=_info(context, kid))
    return Envelope(kid=kid, suite=SUITE_ID, ciphertext=ciphertext)


def unseal(keyring: KeyRing, envelope: Envelope, context: SealingContext) -> bytes:
    """Open an envelope for the context the caller trusts.

    Raises:
        InvalidInput: the envelope's suite is not known.
        NotFound: the keyring lacks the envelope's key; no other key is tried.
        NotAllowed: it was sealed for another context, or was changed.
    """
    if envelope.suite != SUITE_ID:
        raise InvalidInput.of("envelope", "its suite is not known")
    private_key = keyring.find(envelope.kid)
    info = _info(context, envelope.kid)
    try:
        padded = SUITE.decrypt(envelope.ciphertext, private_key, info=info)
    except InvalidTag:
        raise NotAllowed("the envelope was sealed for another context, or changed") from None
    return _unpadded(padded)


def _info(context: SealingContext, kid: str) -> bytes:
    bound = {**asdict(context), "kid": kid, "suite": SUITE_ID}
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return INFO_PREFIX + text.encode("ascii")


def _padded(plaintext: bytes) -> bytes:
    framed = len(plaintext).to_bytes(LENGTH_BYTES, "big") + plaintext
    return framed + bytes(-len(framed) % BLOCK)


def _unpadded(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    plaintext = padded[LENGTH_BYTES : LENGTH_BYTES + length]
    if len(plaintext) != length or padded != _padded(plaintext):
        raise NotAllowed("the envelope was not made by this program")
    return plaintext
