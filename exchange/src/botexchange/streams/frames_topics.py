"""What the name of a market stream asks for (Binance: WebSocket Streams)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["Topic", "TopicKind", "parse_topic"]

_KLINE: Final = re.compile(r"^kline_([0-9]+[smhdwM])(?:@([+-])(1[0-4]|0[0-9]):([0-5][0-9]))?$")
_LEVELS: Final = re.compile(r"^depth(5|10|20)(?:@(100|1000)ms)?$")
_DIFF: Final = re.compile(r"^depth(?:@(100|1000)ms)?$")
_WINDOW: Final = re.compile(r"^ticker_(1h|4h|1d)$")
WINDOWS: Final = {"1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000}


class TopicKind(StrEnum):
    """What a stream carries."""

    TRADE = "trade"
    AGG_TRADE = "aggTrade"
    KLINE = "kline"
    BOOK_TICKER = "bookTicker"
    DEPTH = "depth"
    LEVELS = "levels"
    MINI_TICKER = "miniTicker"
    TICKER = "ticker"
    WINDOW = "window"
    AVERAGE = "avgPrice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One stream."""

    stream: str
    kind: TopicKind
    symbol: str
    """In capitals; "" for all symbols in one frame."""
    every_ms: int
    """Real time between two frames; 0 for as it happens."""
    interval: str = ""
    """Of a kline, or of a window ("1h")."""
    span_ms: int = 0
    """Zone of a kline, length of a window."""
    levels: int = 0


_PLAIN: Final = {
    "trade": (TopicKind.TRADE, 0),
    "aggTrade": (TopicKind.AGG_TRADE, 0),
    "bookTicker": (TopicKind.BOOK_TICKER, 0),
    "miniTicker": (TopicKind.MINI_TICKER, 1_000),
    "ticker": (TopicKind.TICKER, 1_000),
    "avgPrice": (TopicKind.AVERAGE, 1_000),
}


def parse_topic(stream: str) -> Topic | None:
    """Read a stream's name; None if no such stream exists."""
    if stream.startswith("!"):
        return _of_all(stream)
    name, _, rest = stream.partition("@")
    if name != name.lower():
        return None
    symbol = name.upper()
    if rest in _PLAIN:
        kind, every = _PLAIN[rest]
        return Topic(stream=stream, kind=kind, symbol=symbol, every_ms=every)
    return (
        _kline(stream, symbol, rest)
        or _depth(stream, symbol, rest)
        or _window(stream, symbol, rest)
    )


_SPEEDS: Final = {"arr": 1_000, "arr@1000ms": 1_000, "arr@3000ms": 3_000}
"""Of !miniTicker; those with a speed are not in the documents, but served and asked for."""


def _of_all(stream: str) -> Topic | None:
    name, _, rest = stream[1:].partition("@")
    if name == "miniTicker" and rest in _SPEEDS:
        every = _SPEEDS[rest]
        return Topic(stream=stream, kind=TopicKind.MINI_TICKER, symbol="", every_ms=every)
    return _window(stream, "", name) if rest == "arr" else None


def _kline(stream: str, symbol: str, rest: str) -> Topic | None:
    found = _KLINE.fullmatch(rest)
    if found is None:
        return None
    interval, sign, hours, minutes = found.groups()
    zone = (int(hours) * 60 + int(minutes)) * 60_000 if hours else 0
    return Topic(
        stream=stream,
        kind=TopicKind.KLINE,
        symbol=symbol,
        every_ms=1_000 if interval == "1s" else 2_000,
        interval=interval,
        span_ms=-zone if sign == "-" else zone,
    )


def _depth(stream: str, symbol: str, rest: str) -> Topic | None:
    levels = _LEVELS.fullmatch(rest)
    found = levels or _DIFF.fullmatch(rest)
    if found is None:
        return None
    return Topic(
        stream=stream,
        kind=TopicKind.LEVELS if levels else TopicKind.DEPTH,
        symbol=symbol,
        every_ms=int(found[found.re.groups] or 1_000),
        levels=int(levels[1]) if levels else 0,
    )


def _window(stream: str, symbol: str, rest: str) -> Topic | None:
    found = _WINDOW.fullmatch(rest)
    if found is None:
        return None
    return Topic(
        stream=stream,
        kind=TopicKind.WINDOW,
        symbol=symbol,
        every_ms=1_000,
        interval=found[1],
        span_ms=WINDOWS[found[1]],
    )
