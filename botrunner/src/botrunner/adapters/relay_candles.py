"""Candles by the relay's REST, so that many bots' back-fill costs the venue one query."""

from collections.abc import Sequence
from typing import Any, Final

import aiohttp
import structlog

from botcore.domain.market import Interval
from botcore.runtime.clock import Clock
from botrunner.adapters.stream_health import STALE_SECONDS, MarketSource, StreamHealth

__all__ = ["RelayCandles"]

_log = structlog.get_logger(__name__)
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5, sock_connect=2)
_STATE: Final = "X-Kbots-Upstream"
_AGE: Final = "X-Kbots-Upstream-Age"
"""How many ms ago the venue last confirmed what the answer says."""


class RelayCandles:
    """Reads klines from the relay while that is the source in use; a failure is the venue's to answer.

    After one the relay is left alone for ten seconds: recovery reads many series, and exits wait for it (I9).
    """

    def __init__(self, rest_url: str, health: StreamHealth, clock: Clock) -> None:
        """Connect at the first call."""
        self._url = f"{rest_url}/api/v3/klines"
        self._health = health
        self._clock = clock
        self._again_at = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def rows(
        self, symbol: str, interval: Interval, limit: int
    ) -> Sequence[Sequence[Any]] | None:
        """Return the newest rows that are certainly final, oldest first; None: ask the venue itself.

        A row is final once it has a successor. The stream brings the one that is not, also when it closed before
        this listener came.
        """
        is_used = self._health.market_source is MarketSource.RELAY
        if not is_used or self._clock.boottime() < self._again_at:
            return None
        params = {"symbol": symbol, "interval": interval.value, "limit": str(limit)}
        try:
            rows = await self._read(params)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._again_at = self._clock.boottime() + STALE_SECONDS
            _log.warning("relay_candles_not_read", reason=f"{type(error).__name__}: {error}")
            return None
        return rows[:-1]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _read(self, params: dict[str, str]) -> Sequence[Sequence[Any]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        async with self._session.get(self._url, params=params) as answer:
            age = answer.headers.get(_AGE, "")
            is_fresh = age.isdigit() and int(age) <= STALE_SECONDS * 1_000
            if answer.status != 200 or answer.headers.get(_STATE) != "live" or not is_fresh:
                raise ValueError(f"HTTP {answer.status}, upstream {age} ms old")
            rows: Sequence[Sequence[Any]] = await answer.json(content_type=None)
            return rows
