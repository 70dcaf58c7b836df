"""Binance's candle intervals and where each candle begins."""

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["DAY_MS", "INTERVALS", "MINUTE_MS", "open_after", "open_of"]

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
_HOUR: Final = 3_600_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY_MS: Final = 4 * DAY_MS  # 1970-01-05, the first Monday

INTERVALS: Final = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": _HOUR,
    "2h": 2 * _HOUR,
    "4h": 4 * _HOUR,
    "6h": 6 * _HOUR,
    "8h": 8 * _HOUR,
    "12h": 12 * _HOUR,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": 7 * DAY_MS,
    "1M": 31 * DAY_MS,
}
"""Length in ms; the month's is its longest."""


def open_of(interval: str, time_ms: int) -> int:
    """Give the opening time of the candle that holds this moment."""
    if interval == "1M":
        moment = _EPOCH + timedelta(milliseconds=time_ms)
        return _to_ms(datetime(moment.year, moment.month, 1, tzinfo=UTC))
    length = INTERVALS[interval]
    if interval == "1w":
        return (time_ms - _MONDAY_MS) // length * length + _MONDAY_MS
    return time_ms // length * length


def open_after(interval: str, open_ms: int) -> int:
    """Give the opening time of the next candle."""
    if interval != "1M":
        return open_ms + INTERVALS[interval]
    return open_of(interval, open_ms + INTERVALS["1M"])


def _to_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
