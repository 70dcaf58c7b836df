"""Sealing keys: the private halves the operator holds, each under the id of its public half."""

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from botcore.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound

__all__ = [
    "KeyRing",
    "is_private",
    "key_file",
    "kid_of",
    "load_keyring",
    "new_private_key",
    "parse_public_key",
    "public_key_text",
    "write_key",
]

SUFFIX = ".key"


class KeyRing:
    """Private keys by id; old ones stay until nothing sealed for them is left."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[X25519PrivateKey]) -> None:
        self._keys = {kid_of(key.public_key()): key for key in keys}

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.kids)})"

    @property
    def kids(self) -> tuple[str, ...]:
        """The ids of the keys, sorted."""
        return tuple(sorted(self._keys))

    def find(self, kid: str) -> X25519PrivateKey:
        """Find the key of an id.

        Raises:
            NotFound: it is not in the ring.
        """
        try:
            return self._keys[kid]
        except KeyError:
            raise NotFound("the keyring lacks the sealing key of this id") from None


def new_private_key() -> X25519PrivateKey:
    """Make a sealing key."""
    return X25519PrivateKey.generate()


def kid_of(public_key: X25519PublicKey) -> str:
    """Derive the id of a key from its public half: 16 hexadecimal digits."""
    material = b"kbots-sealing-key-v1" + public_key.public_bytes_raw()
    return hashlib.sha256(material).hexdigest()[:16]


def public_key_text(public_key: X25519PublicKey) -> str:
    """Write a public key for a program that seals: base64 of its 32 bytes."""
    return base64.b64encode(public_key.public_bytes_raw()).decode("ascii")


def parse_public_key(text: str) -> X25519PublicKey:
    """Read what `public_key_text` wrote.

    Raises:
        InvalidInput: it is no public key.
    """
    try:
        return X25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise InvalidInput.of("publicKey", "must be base64 of an X25519 public key") from None


def key_file(key: X25519PrivateKey) -> tuple[str, str]:
    """Write a key as a file of a folder for `load_keyring`: its name and its text."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return f"{kid_of(key.public_key())}{SUFFIX}", pem.decode("ascii")


def load_keyring(folder: Path) -> KeyRing:
    """Read every `<kid>.key` of a folder.

    Raises:
        NotFound: there is no such folder.
        NotAllowed: a file can't be read, or others than its reader may read it.
        InvalidInput: a file holds no sealing key, or another than its name says.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder} of sealing keys")
    return KeyRing(_read(path) for path in sorted(folder.glob(f"*{SUFFIX}")))


def write_key(folder: Path, key: X25519PrivateKey) -> Path:
    """Write a key to `<kid>.key`, whole or not at all, for the owner's eyes only.

    Raises:
        Conflict: the file is there already; it is left as it is.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name, pem = key_file(key)
    path = folder / name
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem.encode())
            file.flush()
            os.fsync(descriptor)
        path.hardlink_to(draft)
    except FileExistsError:
        raise Conflict(f"{path} exists already") from None
    finally:
        draft.unlink()
    return path


def is_private(mode: int, *, own: bool, in_group: bool = True) -> bool:
    """Tell whether only the reader can read a file of this mode.

    A file of our own must be 0600 or tighter. A Secret in a volume belongs to root, and a program
    that is not root reads it through the pod's group: then that group, if it is ours, may read, and
    no more.
    """
    return not mode & (0o037 if in_group and not own else 0o077)


def _read(path: Path) -> X25519PrivateKey:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            pem = file.read()
    except OSError:
        raise NotAllowed(f"{path} can't be read") from None
    own = status.st_uid == os.geteuid()
    in_group = status.st_gid in {os.getegid(), *os.getgroups()}
    if not is_private(stat.S_IMODE(status.st_mode), own=own, in_group=in_group):
        raise NotAllowed(f"{path} may be read by others: set its mode to 0600")
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput.of(str(path), "holds no sealing key") from None
    if not isinstance(key, X25519PrivateKey) or kid_of(key.public_key()) != path.stem:
        raise InvalidInput.of(str(path), "holds another key than its name says")
    return key
