"""Times in microseconds for who asks for them: converts a finished answer or frame.

The venue counts milliseconds; Binance's `MICROSECOND` unit only changes how they are shown.
"""

from typing import Final

import orjson

from botcore.matching.refusals import VenueError

__all__ = ["frame_in_micros", "in_micros", "is_micro"]

_TIMES: Final = frozenset(
    {
        *("time", "updateTime", "workingTime", "transactTime", "transactionTime", "serverTime"),
        *("openTime", "closeTime", "trailingTime", "connectedSince", "authorizedSince"),
        *("E", "T", "O", "C", "W", "D"),
    }
)
"""Names whose whole numbers are times. Frames use O, C, W and D for texts elsewhere."""
_SMALLEST: Final = 10**11
"""Below this a number is no time in milliseconds: -1 means "none"."""
_ROW: Final = 12


def is_micro(value: str | None) -> bool:
    """Read X-MBX-TIME-UNIT or `timeUnit`; refuses (-1194) what is no unit."""
    unit = (value or "MILLISECOND").upper()
    if unit not in {"MICROSECOND", "MILLISECOND"}:
        raise VenueError(
            -1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
        )
    return unit == "MICROSECOND"


def in_micros(answer: object) -> object:
    """Give an answer with every time in microseconds."""
    if isinstance(answer, dict):
        return {name: _value(name, value, answer) for name, value in answer.items()}
    if isinstance(answer, list | tuple):
        if len(answer) == _ROW and isinstance(answer[0], int) and isinstance(answer[6], int):
            return [answer[0] * 1_000, *answer[1:6], _end(answer[6]), *answer[7:]]
        return [in_micros(value) for value in answer]
    return answer


def frame_in_micros(payload: bytes) -> bytes:
    """Give a frame's payload with every time in microseconds."""
    return orjson.dumps(in_micros(orjson.loads(payload)))


def _value(name: str, value: object, parent: dict[str, object]) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        return in_micros(value)
    if value < _SMALLEST:
        return value
    if name == "T" and _is_candle(parent):
        return _end(value)
    if name in _TIMES or _is_special(name, parent):
        return value * 1_000
    return value


def _is_candle(parent: dict[str, object]) -> bool:
    """Tell the candle inside a kline event from the events that use its names otherwise."""
    return "t" in parent and "x" in parent and "e" not in parent


def _is_special(name: str, parent: dict[str, object]) -> bool:
    """Tell names that are times in one frame and numbers in another."""
    if name == "t":
        return _is_candle(parent) or parent.get("e") == "referencePrice"
    return name == "u" and parent.get("e") == "outboundAccountPosition"


def _end(milliseconds: int) -> int:
    return (milliseconds + 1) * 1_000 - 1
