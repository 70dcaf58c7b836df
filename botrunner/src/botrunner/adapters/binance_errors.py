"""What a failed call to Binance means, as one table (TR-3, TR-4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import aiohttp

__all__ = [
    "CALL_ERRORS",
    "CLOCK_CODE",
    "KEY_CODES",
    "Failure",
    "Meaning",
    "VenueRefusal",
    "classify",
    "refusal_of",
]

CALL_ERRORS: Final = (aiohttp.ClientError, OSError, TimeoutError)
"""What a call raises besides VenueRefusal."""

_UNKNOWN_CODES: Final = frozenset({-1000, -1001, -1006, -1007, -1016})
KEY_CODES: Final = frozenset({-1002, -1022, -2014, -2015})
CLOCK_CODE: Final = -1021
_LIMIT_CODES: Final = frozenset({-1003, -1015, -1034})
_LIMIT_STATUSES: Final = frozenset({418, 429})
_LIMIT_PAUSE: Final = 60.0
"""Seconds to keep silent when a limit's answer does not tell how long."""
_NOT_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


class Meaning(StrEnum):
    """What the caller may conclude."""

    NOT_SENT = "NotSent"
    """No byte of the request left."""
    REFUSED = "Refused"
    """It certainly did not happen."""
    LIMITED = "Limited"
    """It did not happen; keep silent for a while."""
    CLOCK = "Clock"
    """It did not happen; the signature's time was off."""
    KEY = "Key"
    """It did not happen; the key is not accepted."""
    UNKNOWN = "Unknown"
    """It may have happened: settle by query (I3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed call, understood; `code` is Binance's, 0 where it gave none."""

    meaning: Meaning
    code: int
    reason: str
    pause: float = 1.0
    """Seconds of real time before the next try."""


class VenueRefusal(Exception):
    """An answer that is no success."""

    def __init__(self, *, status: int, code: int, message: str, retry_after: float | None) -> None:
        """Keep what Binance said."""
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        super().__init__(f"HTTP {status}, code {code}: {message}")


def refusal_of(status: int, headers: Mapping[str, str], text: str) -> VenueRefusal:
    """Read an answer's error; a firewall answers in HTML and a proxy with whatever it likes."""
    code, message = 0, f"HTTP {status}"
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("code"), int):
        code, message = body["code"], str(body.get("msg", ""))
    wait = headers.get("Retry-After", "")
    return VenueRefusal(
        status=status,
        code=code,
        message=message,
        retry_after=float(wait) if wait.isdigit() else None,
    )


def classify(error: Exception) -> Failure:
    """Tell what a failed call means."""
    if isinstance(error, VenueRefusal):
        return Failure(
            meaning=_meaning(error.status, error.code),
            code=error.code,
            reason=error.message,
            pause=_pause(error),
        )
    meaning = Meaning.NOT_SENT if isinstance(error, _NOT_SENT) else Meaning.UNKNOWN
    return Failure(meaning=meaning, code=0, reason=f"{type(error).__name__}: {error}")


def _meaning(status: int, code: int) -> Meaning:
    table = (
        (status in _LIMIT_STATUSES or code in _LIMIT_CODES, Meaning.LIMITED),
        (code == CLOCK_CODE, Meaning.CLOCK),
        (code in KEY_CODES or status == 401, Meaning.KEY),
        (status >= 500 or status < 300 or code in _UNKNOWN_CODES, Meaning.UNKNOWN),
    )
    return next((meaning for holds, meaning in table if holds), Meaning.REFUSED)


def _pause(error: VenueRefusal) -> float:
    if error.retry_after is not None:
        return error.retry_after
    is_limit = _meaning(error.status, error.code) is Meaning.LIMITED
    return _LIMIT_PAUSE if is_limit or error.status == 403 else 1.0
