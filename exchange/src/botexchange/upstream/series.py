"""Candles of one symbol and interval, kept whole from REST rows and stream frames.

Rows stay the text that upstream sent, so nothing is lost between what it says and what is passed on.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

import orjson

__all__ = ["KEPT", "Row", "Series", "Taken", "rest_rows", "row_of_frame"]

KEPT: Final = 1_000  # as many as one REST answer can hold
_FIELDS: Final = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
_NUMBERS: Final = (0, 6, 8)


class Row(NamedTuple):
    """One candle."""

    open_ms: int
    close_ms: int
    trades: int
    """Rises while the candle lives: of two rows, the one with more trades is newer."""
    is_final: bool
    text: bytes
    """The 12 elements as REST shows them."""
    first_trade: int | None = None
    """Id of its first trade; None if unknown, as in REST's rows."""


class Taken(Enum):
    """What a frame was to the series."""

    NEWS = auto()
    OLD = auto()
    GAP = auto()
    """Candles before it are missing."""


def row_of_frame(data: object) -> Row | None:
    """Read the candle of a kline frame; None if it makes no sense."""
    candle = data.get("k") if isinstance(data, dict) else None
    if not isinstance(candle, dict) or not isinstance(candle.get("x"), bool):
        return None
    row = _row([candle.get(name) for name in _FIELDS], is_final=candle["x"])
    first = candle.get("f")
    return row._replace(first_trade=first) if row and isinstance(first, int) else row


def rest_rows(value: object, final_before_ms: int = 0) -> list[Row] | None:
    """Read a REST answer; None if it makes no sense.

    Rows are final if they have a successor, or ended before `final_before_ms`.
    """
    if not isinstance(value, list):
        return None
    rows = [_row(item, is_final=False) if isinstance(item, list) else None for item in value]
    found = [row for row in rows if row is not None]
    if len(found) != len(value) or _follow(found) != len(found):
        return None
    last_ms = max(final_before_ms, found[-1].open_ms if found else 0)
    return [row._replace(is_final=row.close_ms < last_ms) for row in found]


def _row(items: list[object], *, is_final: bool) -> Row | None:
    if len(items) != len(_FIELDS):
        return None
    opens, closes, trades = (items[index] for index in _NUMBERS)
    if not (isinstance(opens, int) and isinstance(closes, int) and isinstance(trades, int)):
        return None
    texts = [item for index, item in enumerate(items) if index not in _NUMBERS]
    if closes < opens or not all(isinstance(text, str) for text in texts):
        return None
    # A copy, as orjson's own bytes keep a buffer of 4 KB each: a thousand rows of many series.
    return Row(opens, closes, trades, is_final, bytes(memoryview(orjson.dumps(items))))


def _follow(rows: list[Row]) -> int:
    """Count the rows at the end that follow each other without a gap."""
    for index in range(len(rows) - 1, 0, -1):
        if rows[index - 1].close_ms + 1 != rows[index].open_ms:
            return len(rows) - index
    return len(rows)


class Series:
    """Rows that follow each other, oldest first; all but the last are final or waiting to be repaired."""

    def __init__(self, kept: int = KEPT) -> None:
        """Start empty; keep this many rows."""
        self._kept = kept
        self.rows: list[Row] = []
        self.begin_ms: int | None = None
        """Where the symbol's very first candle opens, if upstream has said so."""

    def take(self, row: Row) -> Taken:
        """Take a frame's candle unless it is old news or leaves a gap."""
        if not self.rows:
            self.rows.append(row)
            return Taken.NEWS
        last = self.rows[-1]
        if row.open_ms < last.open_ms:
            return Taken.OLD
        if row.open_ms == last.open_ms:
            if last.is_final or row.trades < last.trades:
                return Taken.OLD
            self.rows[-1] = row
            return Taken.NEWS
        if not last.is_final or row.open_ms != last.close_ms + 1:
            return Taken.GAP
        self.rows.append(row)
        del self.rows[: -self._kept]
        return Taken.NEWS

    def merge(self, rows: Iterable[Row]) -> None:
        """Take REST's rows; a gap that they leave cuts off what lies before it."""
        known: dict[int, Row] = {row.open_ms: row for row in self.rows}
        for row in rows:
            known[row.open_ms] = _newer(known, row)
        merged = [known[open_ms] for open_ms in sorted(known)]
        self.rows = merged[-_follow(merged) :][-self._kept :] if merged else []

    def repair_from(self) -> int | None:
        """Give the opening time of the first row that is not final; None if there is no row.

        If the last row is final this is where its successor opens.
        """
        if not self.rows:
            return None
        found = next((row.open_ms for row in self.rows if not row.is_final), None)
        return self.rows[-1].close_ms + 1 if found is None else found

    def final_from(self, open_ms: int) -> list[Row]:
        """List the final rows from an opening time on."""
        return [row for row in self.rows if row.open_ms >= open_ms and row.is_final]

    def select(self, first_ms: int | None, last_ms: int | None, limit: int) -> list[Row] | None:
        """Select as REST would: from a start the oldest, otherwise the newest; None if rows are missing."""
        rows = self.rows
        end = len(rows)
        if last_ms is not None:
            end = bisect_left(rows, last_ms + 1, key=_opening)
        is_whole = bool(rows) and rows[0].open_ms == self.begin_ms
        if first_ms is None:
            return rows[max(0, end - limit) : end] if end >= limit or is_whole else None
        begin = bisect_left(rows, first_ms, key=_opening)
        if begin == 0 and not is_whole and (not rows or rows[0].open_ms > first_ms):
            return None
        return rows[begin : max(begin, min(end, begin + limit))]


def _opening(row: Row) -> int:
    return row.open_ms


def _newer(known: Mapping[int, Row], row: Row) -> Row:
    """Give the newer one of two rows of one candle."""
    old = known.get(row.open_ms)
    if old is None:
        return row
    if old.is_final or row.trades < old.trades:
        return old._replace(is_final=old.is_final or (row.is_final and row.trades == old.trades))
    return row._replace(first_trade=old.first_trade)
