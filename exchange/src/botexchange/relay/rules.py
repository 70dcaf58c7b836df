"""exchangeInfo, kept for an hour and answered in parts."""

import asyncio
from typing import Final

import orjson
import structlog

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botcore.runtime.clock import Clock
from botexchange.upstream.rest import UpstreamRest

__all__ = ["Rules"]

_log = structlog.get_logger(__name__)
PATH: Final = "/api/v3/exchangeInfo"
FRESH_SECONDS: Final = 3_600.0
RETRY_SECONDS: Final = 5.0


class Rules:
    """The symbols' rules as upstream wrote them."""

    def __init__(self, rest: UpstreamRest, clock: Clock) -> None:
        """Start knowing nothing."""
        self._rest = rest
        self._clock = clock
        self._symbols: dict[str, slice] = {}
        self._text = b"]}"
        self._head: dict[str, object] = {}
        self._read_at: float | None = None

    @property
    def symbols(self) -> dict[str, slice]:
        """Give the known symbols; empty before the first answer."""
        return self._symbols

    @property
    def age_seconds(self) -> float | None:
        """Give the time since upstream said so; None before the first answer."""
        return None if self._read_at is None else self._clock.boottime() - self._read_at

    async def run(self) -> None:
        """Read the rules now and every hour until cancelled."""
        while True:
            try:
                await self.read()
                await asyncio.sleep(FRESH_SECONDS)
            except (Transient, VenueError) as error:
                _log.warning("upstream_rules_unknown", cause=str(error))
                await asyncio.sleep(max(RETRY_SECONDS, getattr(error, "after_seconds", 0)))

    async def read(self) -> None:
        """Ask once; Transient or VenueError if that fails."""
        value = (await self._rest.get(PATH)).value
        listed = value.get("symbols") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(listed, list) or not listed:
            raise Transient("upstream's rules make no sense")
        text, symbols = _joined(listed)
        if not symbols:
            raise Transient("upstream's rules make no sense")
        self._text, self._symbols = text, symbols
        self._head = {key: part for key, part in value.items() if key not in {"symbols", "sors"}}
        self._read_at = self._clock.boottime()

    def answer(self, names: list[str] | None, now_ms: int) -> tuple[bytes, bytes]:
        """Write exchangeInfo for these symbols, which must be known, or for all.

        The second part of the text is the same object for all who ask for all: it has megabytes.
        """
        head = orjson.dumps({**self._head, "serverTime": now_ms})[:-1] + b',"symbols":['
        if not names:
            return head, self._text
        parts = [self._text[self._symbols[name]] for name in dict.fromkeys(names)]
        return head, b",".join(parts) + b"]}"


def _joined(listed: list[object]) -> tuple[bytes, dict[str, slice]]:
    """Write the symbols' rules as the end of a JSON text; say where each one lies."""
    text, found = bytearray(), dict[str, slice]()
    for item in listed:
        if isinstance(item, dict) and isinstance(item.get("symbol"), str):
            text += b"," if text else b""
            begin = len(text)
            text += orjson.dumps(item)
            found[item["symbol"]] = slice(begin, len(text))
    return bytes(text + b"]}"), found
