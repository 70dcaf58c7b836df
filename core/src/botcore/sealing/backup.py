"""A backup of the sealing keys with the installation they belong to, under a passphrase.

Argon2id with the parameters of RFC 9106 for little memory (section 4, second choice): it fits into the operator's pod.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.sealing.keyring import KeyRing

__all__ = ["RingBackup", "pack", "unpack"]

FORMAT = "kbots-sealing-backup/v1"
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
ITERATIONS, LANES, MEMORY_KIB = 3, 4, 64 * 1024
SHORTEST_PASSPHRASE = 12  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class RingBackup:
    """What opens the sealed keys of an installation: its ring, and the id its envelopes are bound to."""

    installation: UUID
    ring: KeyRing


def pack(backup: RingBackup, passphrase: str) -> str:
    """Write a backup as one line of JSON.

    Raises:
        InvalidInput: the passphrase is shorter than 12 characters, or the ring is empty.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise InvalidInput.of("passphrase", f"must have at least {SHORTEST_PASSPHRASE} characters")
    if not backup.ring.kids:
        raise InvalidInput.of("keyring", "holds no sealing key")
    keys = {kid: _text(backup.ring.find(kid).private_bytes_raw()) for kid in backup.ring.kids}
    plain = json.dumps({"installation": str(backup.installation), "keys": keys}).encode()
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    sealed = ChaCha20Poly1305(_key(passphrase, salt)).encrypt(nonce, plain, FORMAT.encode())
    return json.dumps(
        {"format": FORMAT, "salt": _text(salt), "nonce": _text(nonce), "ct": _text(sealed)}
    )


def unpack(text: str, passphrase: str) -> RingBackup:
    """Read a backup.

    Raises:
        InvalidInput: it is none, or of a format this program does not know.
        NotAllowed: the passphrase is another, or the backup was changed.
    """
    salt, nonce, sealed = _parts(text)
    try:
        plain = ChaCha20Poly1305(_key(passphrase, salt)).decrypt(nonce, sealed, FORMAT.encode())
    except InvalidTag:
        raise NotAllowed("the passphrase is another, or the backup was changed") from None
    content = json.loads(plain)
    keys = (base64.b64decode(one) for one in content["keys"].values())
    return RingBackup(
        installation=UUID(content["installation"]),
        ring=KeyRing(X25519PrivateKey.from_private_bytes(one) for one in keys),
    )


def _parts(text: str) -> tuple[bytes, bytes, bytes]:
    try:
        document: Mapping[str, str] = json.loads(text)
        if document["format"] != FORMAT:
            raise InvalidInput.of("backup", "its format is not known")
        salt, nonce, sealed = (
            base64.b64decode(document[name], validate=True) for name in ("salt", "nonce", "ct")
        )
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise InvalidInput.of("backup", "is no backup of sealing keys") from None
    if len(salt) != SALT_BYTES or len(nonce) != NONCE_BYTES:
        raise InvalidInput.of("backup", "is no backup of sealing keys")
    return salt, nonce, sealed


def _key(passphrase: str, salt: bytes) -> bytes:
    kdf = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB
    )
    return kdf.derive(passphrase.encode())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
