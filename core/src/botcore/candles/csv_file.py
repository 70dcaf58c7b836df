"""Read candles from a CSV or Parquet file; whatever is wrong is named by line and column."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from operator import sub
from pathlib import Path
from typing import Final, NamedTuple

from botcore.candles.bars import Bar
from botcore.candles.columns import plain_candles, rounded
from botcore.candles.intervals import INTERVALS, open_of, to_ms
from botcore.candles.parquet_file import parquet_rows
from botcore.domain.errors import InvalidInput

__all__ = ["Series", "read_series"]

MOST_CANDLES: Final = 3_000_000
_COLUMNS: Final = {
    "time": {"time", "timestamp", "date", "datetime", "opentime", "unix", "open_time"},
    "open": {"open", "o"},
    "high": {"high", "h"},
    "low": {"low", "l"},
    "close": {"close", "c"},
    "volume": {"volume", "vol", "v", "basevolume"},
}
_NAME: Final = re.compile(r"^([A-Z0-9]{5,20})(?:[-_]([0-9]+[mhdwM]))?")
_BATCH: Final = 10_000
"""Lines taken at once: enough that a line costs little, few enough that they weigh little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Candles of one symbol without gaps, oldest first."""

    symbol: str
    interval: str
    begin_ms: int
    bars: list[Bar]
    filled: int = 0
    """How many of them the file lacked: flat ones without volume (TR-35)."""


class _Row(NamedTuple):
    line: int
    time_ms: int
    bar: Bar


@dataclass(frozen=True, slots=True)
class _Rows:
    """Candles as a file has them: line, opening time and figures, side by side."""

    lines: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)


def read_series(path: Path, symbol: str | None, interval: str | None) -> Series:
    """Read a file; symbol and interval come from its name and time step unless given.

    Missing candles are filled with flat ones without volume, as Binance does.

    Raises:
        InvalidInput: the file can't be used; the message names line and column.
    """
    rows = _read(path)
    if len(rows.times) < 2:
        raise InvalidInput.of(str(path), "needs at least two candles")
    guess = _NAME.match(path.stem)
    symbol = symbol or (guess[1] if guess else None)
    if symbol is None:
        raise InvalidInput.of("--symbol", f"can't be guessed from {path.name}")
    interval = interval or _interval_of(path, rows)
    bars = _without_gaps(path, rows, interval)
    return Series(
        symbol=symbol,
        interval=interval,
        begin_ms=rows.times[0],
        bars=bars,
        filled=len(bars) - len(rows.bars),
    )


def _read(path: Path) -> _Rows:
    if path.suffix == ".parquet":
        return _rows(path, parquet_rows(path))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _rows(path, csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput.of(str(path), f"can't be read: {error}") from None


def _rows(path: Path, reader: Iterator[list[str]]) -> _Rows:
    """Take a batch of lines column by column where it is plain, else line by line."""
    header = next(reader, None)
    columns = _columns(path, header or [])
    places = [columns[name] for name in ("time", *Bar._fields)]
    rows, line = _Rows(), 2
    while batch := list(islice(reader, _BATCH)):
        plain = plain_candles(batch, places)
        if plain is not None:
            rows.lines.extend(range(line, line + len(batch)))
            rows.times.extend(plain[0])
            rows.bars.extend(plain[1])
        else:
            for number, cells in enumerate(batch, start=line):
                if cells:
                    _append(rows, _row(_Cells(path, number, cells, columns)))
        line += len(batch)
    return rows


def _append(rows: _Rows, row: _Row) -> None:
    rows.lines.append(row.line)
    rows.times.append(row.time_ms)
    rows.bars.append(row.bar)


@dataclass(frozen=True, slots=True)
class _Cells:
    path: Path
    line: int
    cells: list[str]
    columns: dict[str, int]

    def text(self, name: str) -> str:
        position = self.columns[name]
        if position >= len(self.cells):
            raise self.wrong(name, "is missing")
        return self.cells[position].strip()

    def number(self, name: str) -> Decimal:
        text = self.text(name)
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise self.wrong(name, f"{text!r} is not a number") from None
        if not number.is_finite() or number < 0 or number > 10**10:
            raise self.wrong(name, f"{text!r} is out of range")
        return number

    def wrong(self, name: str, message: str) -> InvalidInput:
        return InvalidInput.of(f"{self.path.name} line {self.line}, column {name}", message)


def _row(cells: _Cells) -> _Row:
    bar = Bar(*(rounded(cells.number(name)) for name in Bar._fields))
    if bar.low <= 0:
        raise cells.wrong("low", "must be above 0")
    if bar.high < max(bar.open, bar.close, bar.low):
        raise cells.wrong("high", "is below another price of the candle")
    if bar.low > min(bar.open, bar.close):
        raise cells.wrong("low", "is above another price of the candle")
    return _Row(cells.line, _time(cells), bar)


def _columns(path: Path, header: list[str]) -> dict[str, int]:
    names = [name.strip().lower().replace(" ", "").replace("_", "") for name in header]
    found = {}
    for column, aliases in _COLUMNS.items():
        plain_aliases = {alias.replace("_", "") for alias in aliases}
        position = next((i for i, name in enumerate(names) if name in plain_aliases), None)
        if position is None:
            raise InvalidInput.of(f"{path.name} line 1", f"has no column {column}")
        found[column] = position
    return found


def _time(cells: _Cells) -> int:
    text = cells.text("time")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return to_ms(int(text.partition(".")[0]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise cells.wrong("time", f"{text!r} is not a time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp()) * 1_000


def _interval_of(path: Path, rows: _Rows) -> str:
    step = min(map(sub, rows.times[1:], rows.times))
    for name, length in INTERVALS.items():
        if length == step:
            return name
    raise InvalidInput.of("--interval", f"can't be guessed from the times in {path.name}")


def _without_gaps(path: Path, rows: _Rows, interval: str) -> list[Bar]:
    length, begin = INTERVALS[interval], rows.times[0]
    is_even = rows.times == list(range(begin, begin + length * len(rows.times), length))
    if is_even and interval != "1M" and open_of(interval, begin) == begin:
        return rows.bars
    bars: list[Bar] = []
    for line, time_ms, bar in zip(rows.lines, rows.times, rows.bars, strict=True):
        where = f"{path.name} line {line}, column time"
        if open_of(interval, time_ms) != time_ms:
            raise InvalidInput.of(where, f"is not where a candle of {interval} opens")
        index = (time_ms - begin) // length
        if index < len(bars):
            raise InvalidInput.of(where, "is not later than the line before")
        if index > MOST_CANDLES:
            raise InvalidInput.of(where, "is too far from the first line")
        if bars:
            last = bars[-1].close
            bars.extend([Bar(last, last, last, last, 0)] * (index - len(bars)))
        bars.append(bar)
    return bars
