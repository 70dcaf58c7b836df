"""Filters change: they are read again every hour, and at once after the venue refused an order by one (TR-29)."""

import asyncio
import random
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final

import structlog

from botcore.domain.errors import InvalidInput, Transient
from botcore.domain.instruments import Instrument
from botrunner.adapters.binance_rest import BinanceExchange

__all__ = ["watch_instruments"]

_log = structlog.get_logger(__name__)
_EVERY: Final = 3_600.0
_JITTER: Final = 0.1
_AGAIN: Final = 60.0
"""Seconds between two readings at least, however many orders are refused, and before one that failed."""


async def watch_instruments(
    exchange: BinanceExchange,
    symbols: Callable[[], AbstractSet[str]],
    take: Callable[[Mapping[str, Instrument]], None],
) -> None:
    """Hand on the filters of these symbols whenever they are read, until cancelled."""
    pause = _EVERY
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause * random.uniform(1 - _JITTER, 1.0)):  # noqa: S311 jitter
                await exchange.filters_doubted.wait()
        exchange.filters_doubted.clear()
        try:
            take(await exchange.instruments(sorted(symbols())))
            pause = _EVERY
        except (Transient, InvalidInput) as error:
            _log.warning("filters_not_read", reason=str(error))
            pause = _AGAIN
        await asyncio.sleep(_AGAIN)
