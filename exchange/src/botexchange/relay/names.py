"""Names of market streams: which may be asked for, and what is behind each."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from botcore.candles.intervals import INTERVALS

__all__ = ["StreamKind", "StreamName", "parse_stream"]

_STREAM: Final = re.compile(r'^([^@!/\s"\\]{1,30})@([A-Za-z0-9_@:+-]{1,40})$')
_ALL: Final = re.compile(r"^!(?:miniTicker@arr(?:@(?:1000|3000)ms)?|ticker_(1h|4h|1d)@arr)$")
_STATE: Final = re.compile(
    r"^(bookTicker|miniTicker|ticker|ticker_(1h|4h|1d)|avgPrice|referencePrice"
    rf"|depth(5|10|20)(@1000?ms)?|kline_({'|'.join(INTERVALS)})@\+08:00)$"
)


class StreamKind(Enum):
    """How a stream's frames are treated."""

    KLINE = auto()
    TRADE = auto()
    AGGREGATE = auto()
    DEPTH = auto()
    STATE = auto()
    PLAIN = auto()


@dataclass(frozen=True, slots=True)
class StreamName:
    """A stream that exists upstream."""

    kind: StreamKind
    symbol: str = ""
    interval: str = ""


def parse_stream(name: str, symbols: AbstractSet[str]) -> StreamName | None:
    """Read a name; None if upstream has no such stream. Without `symbols` any symbol is taken."""
    if _ALL.match(name):
        return StreamName(StreamKind.STATE)
    found = _STREAM.match(name)
    if found is None or found[1] != found[1].lower():
        return None
    symbol, what = found[1].upper(), found[2]
    if symbols and symbol not in symbols:
        return None
    if what.startswith("kline_") and what[6:] in INTERVALS:
        return StreamName(StreamKind.KLINE, symbol, what[6:])
    kinds = {
        "trade": StreamKind.TRADE,
        "aggTrade": StreamKind.AGGREGATE,
        "blockTrade": StreamKind.PLAIN,
        "depth": StreamKind.DEPTH,
        "depth@100ms": StreamKind.DEPTH,
        "depth@1000ms": StreamKind.DEPTH,
    }
    kind = StreamKind.STATE if _STATE.match(what) else kinds.get(what)
    return StreamName(kind, symbol) if kind is not None else None
