"""Candles and the intervals Binance offers."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from botcore.domain.records import record

__all__ = ["Candle", "Interval"]


class Interval(StrEnum):
    """A candle's length, in Binance's words."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"

    @property
    def length(self) -> timedelta:
        """Return the interval as a time span."""
        return _LENGTHS[self]


_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_LENGTHS: Final = {
    one: timedelta(**{_UNITS[one.value[-1]]: int(one.value[:-1])}) for one in Interval
}


@record
class Candle:
    """One closed candle: prices in quote asset, volume in base asset, times in venue time."""

    symbol: str
    interval: Interval
    open_at: datetime
    close_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
