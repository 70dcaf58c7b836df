"""Candles of the past by a venue's public REST, which asks for no key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from botcore.domain.errors import InvalidInput, Transient
from botcore.runtime.clock import Clock
from botrunner.adapters.rate_limits import Priority, RateLimits

__all__ = ["PastKlines", "Row", "past_klines"]

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30, sock_connect=10)
_PAGE: Final = 1_000
"""Most candles of one answer (binance.md §1.4)."""
_LONGEST_PAUSE: Final = 120
"""Seconds of silence that are waited for; a longer one is a ban, which is told."""
_SILENCED: Final = {418, 429}

Row = tuple[int, str, str, str, str, str]
"""Opening time in ms, then open, high, low, close and volume as the venue writes them."""


class PastKlines:
    """Reads candles page by page, at half of the venue's request limit at most (TR-52, TR-55)."""

    def __init__(self, url: str, session: aiohttp.ClientSession, clock: Clock) -> None:
        """Read below this address, such as https://data-api.binance.vision."""
        self._url = url.rstrip("/")
        self._session = session
        self._limits = RateLimits(clock)

    async def time_ms(self) -> int:
        """Tell the venue's time.

        Raises:
            Transient: it can't be reached.
        """
        body = await self._get("/api/v3/time", {})
        return int(body["serverTime"])

    async def rows(
        self, symbol: str, interval: str, begin_ms: int, end_ms: int
    ) -> AsyncIterator[Row]:
        """Give the candles that open from one moment on and before another, oldest first.

        Raises:
            InvalidInput: the venue does not know the symbol.
            Transient: the venue can't be reached, or is silent to this address for long.
        """
        while begin_ms < end_ms:
            wanted = {"startTime": begin_ms, "endTime": end_ms - 1, "limit": _PAGE}
            params = {"symbol": symbol, "interval": interval} | {
                name: str(value) for name, value in wanted.items()
            }
            page = await self._get("/api/v3/klines", params)
            for row in page:
                first, high, low, last, volume = map(str, row[1:6])
                yield int(row[0]), first, high, low, last, volume
            if len(page) < _PAGE:
                return
            begin_ms = int(page[-1][6]) + 1

    async def _get(self, path: str, params: dict[str, str]) -> Any:
        while True:
            await self._wait()
            try:
                async with self._session.get(self._url + path, params=params) as answer:
                    self._limits.read(answer.headers)
                    if answer.status in _SILENCED:
                        pause = answer.headers.get("Retry-After", "")
                        seconds = int(pause) if pause.isdigit() else 60
                        self._limits.block(seconds, only_orders=False)
                        continue
                    body = await answer.json(content_type=None)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                raise Transient(
                    f"{self._url} can't be read: {str(error) or type(error).__name__}"
                ) from None
            if answer.status == 200:
                return body
            said = body.get("msg") if isinstance(body, dict) else None
            if said and answer.status == 400:
                raise InvalidInput.of(params.get("symbol", path), f"{self._url} says: {said}")
            raise Transient(f"{self._url}{path} answers HTTP {answer.status}")

    async def _wait(self) -> None:
        try:
            self._limits.admit(Priority.DATA)
        except Transient as refusal:
            pause = refusal.after_seconds or 1
            if pause > _LONGEST_PAUSE:
                raise
            await asyncio.sleep(pause)


@asynccontextmanager
async def past_klines(url: str, clock: Clock) -> AsyncIterator[PastKlines]:
    """Keep the connections open for the block."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        yield PastKlines(url, session, clock)
