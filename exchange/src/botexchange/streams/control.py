"""What a client of a market stream connection asks: SUBSCRIBE and its kind."""

import re
from dataclasses import dataclass
from typing import Final

import orjson

from botexchange.streams.connection import Connection
from botexchange.streams.hub import MarketHub

__all__ = ["Control", "is_stream"]

_METHODS: Final = (
    *("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"),
)
_STREAM: Final = re.compile(r'^[^\s\x00-\x1f"\\/<>{}\[\]]{1,64}$')
_ID: Final = re.compile(r"^[A-Za-z0-9_\-]{1,36}$")
_INTEGERS: Final = 1 << 63


class _RefusedError(Exception):
    """The control message makes no sense; code and text are Binance's."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Answers the control messages of one connection (Binance: WebSocket streams)."""

    hub: MarketHub
    connection: Connection
    most_streams: int

    async def receive(self, text: str) -> None:
        """Answer one message."""
        number: object = None
        try:
            message = _parse(text)
            number = message.get("id")
            _check_id(number)
            answer = {"result": self._perform(message), "id": number}
        except _RefusedError as error:
            answer = {"error": {"code": error.code, "msg": str(error)}, "id": _shown(number)}
        self.connection.reply(orjson.dumps(answer))

    def _perform(self, message: dict[str, object]) -> object:
        method = message.get("method")
        if "method" not in message:
            raise _RefusedError(2, "Invalid request: missing field `method`")
        match method:
            case "SUBSCRIBE":
                self._subscribe(_streams(message))
            case "UNSUBSCRIBE":
                for stream in _streams(message):
                    self.hub.unsubscribe(self.connection, stream)
            case "LIST_SUBSCRIPTIONS":
                return self.hub.streams_of(self.connection)
            case "SET_PROPERTY" | "GET_PROPERTY":
                return self._property(str(method), message.get("params"))
            case _:
                expected = ", ".join(f"`{name}`" for name in _METHODS)
                raise _RefusedError(
                    2, f"Invalid request: unknown variant `{method}`, expected one of {expected}"
                )
        return None

    def _subscribe(self, streams: list[str]) -> None:
        wanted = dict.fromkeys([*self.hub.streams_of(self.connection), *streams])
        if len(wanted) > self.most_streams:
            raise _RefusedError(2, "Invalid request: too many parameters")
        for stream in streams:
            self.hub.subscribe(self.connection, stream)

    def _property(self, method: str, params: object) -> object:
        given = params if isinstance(params, list) else []
        if not given or not isinstance(given[0], str):
            raise _RefusedError(2, "Invalid request: property name must be a string")
        if len(given) > (2 if method == "SET_PROPERTY" else 1):
            raise _RefusedError(2, "Invalid request: too many parameters")
        if given[0] != "combined":
            raise _RefusedError(0, "Unknown property")
        if method == "GET_PROPERTY":
            return self.connection.is_combined
        if len(given) < 2 or not isinstance(given[1], bool):
            raise _RefusedError(1, "Invalid value type: expected Boolean")
        self.hub.set_combined(self.connection, is_combined=given[1])
        return None


def is_stream(name: str) -> bool:
    """Tell whether a text can be a stream's name; whether it exists is not asked."""
    return _STREAM.fullmatch(name) is not None


def _parse(text: str) -> dict[str, object]:
    try:
        message = orjson.loads(text)
    except ValueError as error:
        where = re.search(r"line \d+ column \d+", str(error))
        at = where[0] if where else "line 1 column 1"
        raise _RefusedError(3, f"Invalid JSON: expected value at {at}") from None
    if not isinstance(message, dict):
        raise _RefusedError(2, "Invalid request: expected an object")
    return message


def _streams(message: dict[str, object]) -> list[str]:
    params = message.get("params")
    if not isinstance(params, list):
        raise _RefusedError(2, "Invalid request: missing field `params`")
    for name in params:
        if not isinstance(name, str) or not is_stream(name):
            raise _RefusedError(2, "Invalid request: stream names must be texts without spaces")
    return params


def _check_id(number: object) -> None:
    if number is None or _shown(number) is not None:
        return
    raise _RefusedError(
        2,
        "Invalid request: request ID must be a 64-bit integer, a text of at most 36 letters and"
        " digits or null",
    )


def _shown(number: object) -> object:
    """Give an id that may be echoed, else None."""
    if isinstance(number, str):
        return number if _ID.fullmatch(number) else None
    is_integer = isinstance(number, int) and not isinstance(number, bool)
    return number if is_integer and -_INTEGERS <= int(str(number)) < _INTEGERS else None
