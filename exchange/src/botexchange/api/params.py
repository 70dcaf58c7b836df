"""Read request parameters with Binance's refusals."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from botcore.candles.intervals import MICROSECONDS
from botcore.matching.numbers import to_units
from botcore.matching.refusals import VenueError

__all__ = ["Params", "invalid", "missing", "parse_form", "surplus"]

_DECIMAL: Final = re.compile(r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
_INTEGER: Final = re.compile(r"^[0-9]{1,20}$")
_WINDOW: Final = re.compile(r"^[0-9]{1,10}(\.[0-9]{1,3})?$")
_LARGEST: Final = (1 << 63) - 1
_CLIENT_ID: Final = re.compile(r"^[a-zA-Z0-9-_]{1,36}$")
_NAME: Final = r"(?:(?![a-z])[\w\-.]){1,50}"
_NAME_RANGE: Final = r"[\w\-._&&[^a-z]]{1,50}"  # Binance writes it as Java does
_SYMBOL: Final = re.compile(rf"^{_NAME}$")
_SYMBOLS: Final = re.compile(rf'^\[(?:"{_NAME}"(?:,"{_NAME}")*)?\]$')
_SYMBOLS_RANGE: Final = rf'^\[("{_NAME_RANGE}"(,"{_NAME_RANGE}"){{0,}}){{0,1}}\]$'
E = TypeVar("E", bound=StrEnum)


def parse_form(query: str, body: str) -> dict[str, str]:
    """Read query and body; a name in both has the query's value.

    Refuses a name that comes twice in one of them (-1101).
    """
    found: dict[str, str] = {}
    for raw in (body, query):
        pairs = _pairs(raw)
        once = dict(pairs)
        if len(once) != len(pairs):
            raise VenueError(-1101, "Duplicate values for a parameter detected.")
        found.update(once)
    return found


def _pairs(raw: str) -> list[tuple[str, str]]:
    """Split a form; one without escapes, as orders are, needs none of the library's care."""
    if not raw:
        return []
    if "%" in raw or "+" in raw:
        return parse_qsl(raw, keep_blank_values=True)
    parts = (part.partition("=") for part in raw.split("&") if part)
    return [(name, value) for name, _, value in parts]


class Params:
    """The parameters of one request; every value is text, as on the wire."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """Wrap parsed parameters."""
        self._values = values

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "Params":
        """Take the parameters of a WebSocket request; null counts as not sent."""
        return cls(
            {
                name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
                for name, value in values.items()
                if value is not None
            }
        )

    def has(self, name: str) -> bool:
        """Tell whether a parameter was sent."""
        return name in self._values

    def check_names(self, known: frozenset[str], also: frozenset[str]) -> None:
        """Refuse what nothing would read: more than there can be (-1101), other names (-1104)."""
        unread = self._values.keys() - known - also
        if not unread:
            return
        sent, most = len(self._values), len(known | also)
        if sent > most:
            raise VenueError(
                -1101, f"Too many parameters; expected '{most}' and received '{sent}'."
            )
        raise VenueError(
            -1104,
            f"Not all sent parameters were read; read '{sent - len(unread)}' parameter(s) but was"
            f" sent '{sent}'.",
        )

    def text(self, name: str) -> str | None:
        """Give a parameter; one that is sent empty is refused (-1105)."""
        value = self._values.get(name)
        if value == "":
            raise VenueError(-1105, f"Parameter '{name}' was empty.")
        return value

    def required(self, name: str) -> str:
        """Give a parameter that must be there (-1102)."""
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def symbol(self) -> str:
        """Give the mandatory `symbol`: letters may be of any script, but not small Latin ones."""
        value = self.required("symbol")
        if not _SYMBOL.fullmatch(value):
            raise _illegal("symbol", f"^{_NAME_RANGE}$")
        return value

    def decimal(self, name: str) -> int:
        """Give a decimal in 1e-8 units, 0 if it was not sent."""
        value = self.text(name)
        if value is None:
            return 0
        if not _DECIMAL.fullmatch(value):
            raise _illegal(name, _DECIMAL.pattern)
        try:
            units = to_units(value)
        except ValueError:
            raise VenueError(-1111, f"Parameter '{name}' has too much precision.") from None
        if units > _LARGEST:
            raise VenueError(-1108, f"Parameter '{name}' overflowed.")
        return units

    def integer(self, name: str) -> int | None:
        """Give a whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise _illegal(name, _INTEGER.pattern)
        number = int(value)
        if number > _LARGEST:
            raise VenueError(-1108, f"Parameter '{name}' overflowed.")
        return number

    def instant(self, name: str) -> int | None:
        """Give a time in ms; it may be sent in microseconds, which its size shows."""
        value = self.integer(name)
        return value if value is None or value < MICROSECONDS else value // 1_000

    def limit(self, default: int, most: int) -> int:
        """Give `limit`, cut to the most the endpoint gives."""
        value = self.integer("limit")
        if value == 0:
            raise invalid("limit")
        return min(default if value is None else value, most)

    def window(self) -> float:
        """Give `recvWindow` in ms."""
        value = self.text("recvWindow") or "5000"
        if not _WINDOW.fullmatch(value):
            raise _illegal("recvWindow", _WINDOW.pattern)
        return float(value)

    def flag(self, name: str) -> bool:
        """Give a boolean, false if it was not sent."""
        value = self.text(name) or "false"
        if value not in {"true", "false"}:
            raise _illegal(name, "^(true|false)$")
        return value == "true"

    def choice(self, name: str, kind: type[E], refusal: VenueError) -> E:
        """Give one of an enumeration's values."""
        try:
            return kind(self.required(name))
        except ValueError:
            raise refusal from None

    def client_id(self, name: str) -> str:
        """Give a client id, "" if it was not sent."""
        value = self.text(name) or ""
        if value and not _CLIENT_ID.fullmatch(value):
            raise _illegal(name, _CLIENT_ID.pattern)
        return value

    def symbols(self) -> list[str] | None:
        """Give `symbol` or the JSON list `symbols`, without blanks; None if neither was sent."""
        one = self.symbol() if self.has("symbol") else None
        many = self.text("symbols")
        if one is not None and many is not None:
            raise VenueError(-1128, "Combination of optional parameters invalid.")
        if many is None:
            return None if one is None else [one]
        if not _SYMBOLS.fullmatch(many):
            raise _illegal("symbols", _SYMBOLS_RANGE)
        names: list[str] = json.loads(many)
        if len(set(names)) < len(names):
            raise VenueError(-1151, "Symbol is present multiple times in the list.")
        return names


def missing(name: str, other: str = "") -> VenueError:
    """Say that a mandatory parameter, or one of two, is missing."""
    if other:
        return VenueError(
            -1102, f"Param '{name}' or '{other}' must be sent, but both were empty/null!"
        )
    return VenueError(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def surplus(name: str) -> VenueError:
    """Say that a parameter may not be sent with these others."""
    return VenueError(-1106, f"Parameter '{name}' sent when not required.")


def invalid(name: str) -> VenueError:
    """Say that a parameter's value makes no sense."""
    return VenueError(-1130, f"Data sent for parameter '{name}' is not valid.")


def _illegal(name: str, pattern: str) -> VenueError:
    return VenueError(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'."
    )
