"""Read candles from a CSV or Parquet file; whatever is wrong is named by line and column."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from botcore.candles.bars import Bar
from botcore.candles.intervals import INTERVALS, MICROSECONDS, open_of
from botcore.candles.parquet_file import parquet_rows
from botcore.domain.errors import InvalidInput
from botcore.matching.numbers import SCALE, to_units

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
_MOST: Final = 10**10 * SCALE
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 of times that name no zone, which are UTC
_SECONDS: Final = 10**11  # an epoch below this is in seconds, above 10**14 in microseconds


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


def read_series(path: Path, symbol: str | None, interval: str | None) -> Series:
    """Read a file; symbol and interval come from its name and time step unless given.

    Missing candles are filled with flat ones without volume, as Binance does.

    Raises:
        InvalidInput: the file can't be used; the message names line and column.
    """
    rows = _read(path)
    if len(rows) < 2:
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
        begin_ms=rows[0].time_ms,
        bars=bars,
        filled=len(bars) - len(rows),
    )


def _read(path: Path) -> list[_Row]:
    if path.suffix == ".parquet":
        return list(_rows(path, parquet_rows(path)))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(_rows(path, csv.reader(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput.of(str(path), f"can't be read: {error}") from None


def _rows(path: Path, reader: Iterator[list[str]]) -> Iterator[_Row]:
    header = next(reader, None)
    columns = _columns(path, header or [])
    places = [columns[name] for name in ("time", *Bar._fields)]
    for number, cells in enumerate(reader, start=2):
        row = _plain_row(number, cells, places)
        if row is not None:
            yield row
        elif cells:
            yield _row(_Cells(path, number, cells, columns))


def _plain_row(line: int, cells: list[str], places: list[int]) -> _Row | None:
    """Read a row as nearly all of them are; None if it needs a closer look, or is wrong."""
    try:
        time, *texts = [cells[place] for place in places]
        if time[4:5] != "-":  # an epoch; some of them read as a date without dashes
            return None
        if not "".join(texts).replace(".", "").isdigit():
            return None
        first, high, low, last, volume = [to_units(text) for text in texts]
        moment = datetime.fromisoformat(time)
    except (IndexError, ValueError):
        return None
    is_sound = 0 < low <= min(first, last) and max(first, last) <= high < _MOST and volume >= 0
    if not is_sound or volume > _MOST or moment.tzinfo is not None or moment.microsecond:
        return None
    since = moment - _EPOCH
    time_ms = (since.days * 86_400 + since.seconds) * 1_000
    return _Row(line, time_ms, Bar(first, high, low, last, volume))


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
    bar = Bar(*(_units(cells.number(name)) for name in Bar._fields))
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
        number = int(text.partition(".")[0])
        if number < _SECONDS:
            return number * 1_000
        return number // 1_000 if number > MICROSECONDS else number
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise cells.wrong("time", f"{text!r} is not a time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp()) * 1_000


def _units(number: Decimal) -> int:
    return int((number * SCALE).to_integral_value(ROUND_HALF_EVEN))


def _interval_of(path: Path, rows: list[_Row]) -> str:
    step = min(after.time_ms - row.time_ms for row, after in pairwise(rows))
    for name, length in INTERVALS.items():
        if length == step:
            return name
    raise InvalidInput.of("--interval", f"can't be guessed from the times in {path.name}")


def _without_gaps(path: Path, rows: list[_Row], interval: str) -> list[Bar]:
    length = INTERVALS[interval]
    bars: list[Bar] = []
    for row in rows:
        where = f"{path.name} line {row.line}, column time"
        if open_of(interval, row.time_ms) != row.time_ms:
            raise InvalidInput.of(where, f"is not where a candle of {interval} opens")
        index = (row.time_ms - rows[0].time_ms) // length
        if index < len(bars):
            raise InvalidInput.of(where, "is not later than the line before")
        if index > MOST_CANDLES:
            raise InvalidInput.of(where, "is too far from the first line")
        if bars:
            last = bars[-1].close
            bars.extend([Bar(last, last, last, last, 0)] * (index - len(bars)))
        bars.append(row.bar)
    return bars
