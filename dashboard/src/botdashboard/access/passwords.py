"""Passwords: bcrypt over a keyed hash (SEC-2, SEC-3, SEC-9, SEC-10, SEC-12).

Stored as `$kb1$<pepper id>$<bcrypt>`. bcrypt takes 72 bytes at most and ends at a NUL; base64 of
HMAC-SHA384 is 64 bytes of text whatever the password is, and useless without the pepper.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets

import bcrypt

__all__ = ["Passwords"]

COST = 12
AT_ONCE = 2  # hashing threads; each holds a core for a quarter of a second (SEC-10)
_SCHEME = "kb1"


class Passwords:
    """Hashes and checks passwords, never more than two at a time, off the event loop."""

    def __init__(self, pepper: bytes, *, cost: int = COST) -> None:
        """Take the pepper; `cost` is bcrypt's, smaller in tests only."""
        self._pepper = pepper
        self._pepper_id = hashlib.sha256(b"kbots-pepper-id" + pepper).hexdigest()[:8]
        self._cost = cost
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._dummy = self._hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """Hash a password."""
        async with self._slots:
            return await asyncio.to_thread(self._hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Check a password; without a stored hash it takes as long and is never right (SEC-12)."""
        async with self._slots:
            right = await asyncio.to_thread(self._verify, password, stored or self._dummy)
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether the hash was made with a smaller cost than is used now (SEC-9)."""
        _, _scheme, _pepper, _version, cost, _rest = stored.split("$")
        return int(cost) < self._cost

    def _hash(self, password: str) -> str:
        made = bcrypt.hashpw(self._keyed(password), bcrypt.gensalt(self._cost))
        return f"${_SCHEME}${self._pepper_id}{made.decode()}"

    def _verify(self, password: str, stored: str) -> bool:
        head = f"${_SCHEME}${self._pepper_id}"
        if not stored.startswith(head + "$"):
            return False
        return bcrypt.checkpw(self._keyed(password), stored.removeprefix(head).encode())

    def _keyed(self, password: str) -> bytes:
        digest = hmac.new(self._pepper, password.encode(), hashlib.sha384).digest()
        return base64.b64encode(digest)
