"""What arrives on a stream connection, told apart without touching a number."""

import re
from dataclasses import dataclass
from typing import Final

import orjson

__all__ = ["Frame", "Reply", "Shutdown", "control", "read_message"]

# Binance writes combined frames exactly so; the payload is passed on as it was sent.
_HEAD: Final = re.compile(rb'^\{"stream":"([^"\\]{1,200})","data":')


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of one stream."""

    stream: str
    payload: bytes
    """The JSON text of `data`, byte for byte."""
    data: object
    received_ms: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a control message."""

    id: int
    is_refused: bool


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Upstream will close this connection soon."""


def read_message(raw: bytes, received_ms: int) -> Frame | Reply | Shutdown | None:
    """Read a message; None if it makes no sense."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    stream, data = value.get("stream"), value.get("data")
    if stream == "!serverShutdown" or value.get("e") == "serverShutdown":
        return Shutdown()
    if isinstance(stream, str) and isinstance(data, dict | list) and data != {}:
        head = _HEAD.match(raw)
        payload = (
            raw.rstrip()[head.end() : -1].rstrip()
            if head and len(value) == 2
            else orjson.dumps(data)
        )
        return Frame(stream, payload, data, received_ms)
    if isinstance(value.get("id"), int):
        return Reply(value["id"], is_refused="result" not in value)
    return None


def control(method: str, streams: list[str], number: int) -> str:
    """Write a control message."""
    return orjson.dumps({"method": method, "params": streams, "id": number}).decode()
