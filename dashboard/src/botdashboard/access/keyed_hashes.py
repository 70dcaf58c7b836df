"""Hashes under the pepper: what the database holds of them is unreadable without it."""

import hashlib
import hmac
import secrets

__all__ = ["KeyedHashes"]


class KeyedHashes:
    """Makes hashes for one purpose each; one of another purpose is never the same."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    def of(self, purpose: str, text: str) -> bytes:
        """Answer 32 bytes that only this installation can make of the text."""
        return hmac.new(self._pepper, f"{purpose}|{text}".encode(), hashlib.sha256).digest()

    def new_device_mark(self, name: str) -> str:
        """Make what a browser shows that has signed in to this account before (SEC-15)."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._device(name, nonce)}"

    def is_device_of(self, name: str, mark: str) -> bool:
        """Tell whether the mark was made for this account."""
        nonce, _, code = mark.partition(".")
        return hmac.compare_digest(code.encode(), self._device(name, nonce).encode())

    def _device(self, name: str, nonce: str) -> str:
        return self.of("device", f"{name}|{nonce}").hex()
