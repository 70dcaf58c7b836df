"""Binance's candle intervals and where each candle begins."""

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = [
    "DAY_MS",
    "INTERVALS",
    "MICROSECONDS",
    "MINUTE_MS",
    "SECOND_MS",
    "open_after",
    "open_of",
    "to_ms",
]

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
_HOUR: Final = 3_600_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS: Final = 10**14
"""A time since 1970 beyond this is in microseconds, below in ms (Binance: general info)."""
_SECONDS: Final = 10**11
"""A time since 1970 below this is in seconds."""
_MONDAY_MS: Final = 4 * DAY_MS  # 1970-01-05, the first Monday

INTERVALS: Final = {
    "1s": SECOND_MS,
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


def to_ms(since_1970: int) -> int:
    """Give a file's time in ms; it may be in seconds, ms or microseconds."""
    if since_1970 < _SECONDS:
        return since_1970 * 1_000
    return since_1970 // 1_000 if since_1970 > MICROSECONDS else since_1970


def open_of(interval: str, time_ms: int, offset_ms: int = 0) -> int:
    """Give the opening time of the candle that holds this moment.

    With an offset the days of that time zone count; the answer is UTC as ever.
    """
    local = time_ms + offset_ms
    if interval == "1M":
        moment = _EPOCH + timedelta(milliseconds=local)
        return _ms_of(datetime(moment.year, moment.month, 1, tzinfo=UTC)) - offset_ms
    length = INTERVALS[interval]
    begin = _MONDAY_MS if interval == "1w" else 0
    return (local - begin) // length * length + begin - offset_ms


def open_after(interval: str, open_ms: int, offset_ms: int = 0) -> int:
    """Give the opening time of the next candle."""
    if interval != "1M":
        return open_ms + INTERVALS[interval]
    return open_of(interval, open_ms + INTERVALS["1M"], offset_ms)


def _ms_of(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
