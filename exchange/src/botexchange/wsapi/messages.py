"""Requests and answers of the WebSocket API as JSON."""

import json
import re
from typing import Final

import orjson

from botcore.matching.refusals import VenueError
from botexchange.api.call import DetailedError
from botexchange.limits import LimitError

__all__ = ["Arguments", "Request", "failure"]

Arguments = dict[str, object]
_ID: Final = re.compile(r"^[a-zA-Z0-9\-_]{1,36}$")
_INTEGERS: Final = 1 << 63


class Request:
    """One message of a client; `number` is its id as it is echoed."""

    def __init__(self) -> None:
        """Start with a message that could not be read."""
        self.number: object = None
        self.method = ""
        self.arguments: Arguments = {}

    def read(self, text: str) -> None:
        """Read a message; as much as makes sense is kept when the rest is refused (-1135, -1100)."""
        try:
            orjson.loads(text)  # stricter than the standard library about depth and encoding
            # Numbers keep their own text, because that is what the client signed.
            message = json.loads(text, parse_float=str)
        except (ValueError, RecursionError):
            raise _malformed("Invalid JSON Request") from None
        if not isinstance(message, dict):
            raise _malformed("Invalid JSON Request")
        self.number = _number(message.get("id"))
        method, arguments = message.get("method"), message.get("params")
        if not isinstance(method, str):
            raise _malformed("Invalid JSON Request: JSON sent for parameter 'method' is not valid")
        if arguments is not None and not isinstance(arguments, dict):
            raise _malformed("Invalid JSON Request: JSON sent for parameter 'params' is not valid")
        self.method = method.removeprefix("v3/")
        self.arguments = arguments or {}


def failure(error: VenueError) -> Arguments:
    """Write status and error of an answer."""
    answer: Arguments = {"code": error.code, "msg": error.message}
    if isinstance(error, LimitError):
        answer["data"] = {"serverTime": error.now_ms, "retryAfter": error.retry_ms}
    if isinstance(error, DetailedError):
        answer["data"] = error.data
    return {"status": int(error.status), "error": answer}


def _number(given: object) -> object:
    if given is None or (isinstance(given, str) and _ID.fullmatch(given)):
        return given
    if isinstance(given, int) and not isinstance(given, bool) and -_INTEGERS <= given < _INTEGERS:
        return given
    raise VenueError(
        -1100,
        "Illegal characters found in parameter 'id'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
    )


def _malformed(message: str) -> VenueError:
    return VenueError(-1135, message)
