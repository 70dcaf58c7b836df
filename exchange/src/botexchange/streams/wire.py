"""Text frames of a WebSocket server as bytes, so that one encoding serves every listener."""

from struct import Struct
from typing import Final

__all__ = ["ping_frame", "pong_frame", "text_frame"]

_TEXT: Final = 0x81
_PING: Final = 0x89
_PONG: Final = 0x8A
_MEDIUM: Final = Struct("!BBH")
_LONG: Final = Struct("!BBQ")


def text_frame(payload: bytes) -> bytes:
    """Frame a text (RFC 6455: final, unmasked, uncompressed)."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 65_536:
        return _MEDIUM.pack(_TEXT, 126, size) + payload
    return _LONG.pack(_TEXT, 127, size) + payload


def ping_frame(payload: bytes) -> bytes:
    """Frame a ping of at most 125 bytes."""
    return bytes((_PING, len(payload))) + payload


def pong_frame(payload: bytes) -> bytes:
    """Frame the answer to a ping."""
    return bytes((_PONG, len(payload))) + payload
