"""A folder of candles that fills itself from the venue's klines: what it has is not asked for again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from botcore.candles.csv_file import read_series
from botcore.candles.intervals import INTERVALS
from botcore.domain.errors import InvalidInput
from botcore.runtime.clock import Clock
from botrunner.adapters.past_klines import PastKlines, Row, past_klines
from botrunner.commands.progress import tell

__all__ = ["Wanted", "fill"]

_HEADER: Final = "time,open,high,low,close,volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which candles: those that open from `begin_ms` on; `end_ms` None means up to now."""

    symbols: tuple[str, ...]
    interval: str
    begin_ms: int
    end_ms: int | None


async def fill(folder: Path, url: str, wanted: Wanted, clock: Clock) -> list[Path]:
    """Bring the folder up to what is wanted; gives each symbol's file.

    Raises:
        InvalidInput: the folder can't be written, a file in it can't be read, a symbol is not known.
        Transient: the venue can't be reached.
    """
    length = INTERVALS[wanted.interval]
    begin_ms = wanted.begin_ms // length * length
    files = []
    async with past_klines(url, clock) as klines:
        # A candle that has not closed yet would stay in the file as it was at this moment.
        now_ms = await klines.time_ms() // length * length
        end_ms = now_ms if wanted.end_ms is None else min(wanted.end_ms, now_ms)
        for symbol in wanted.symbols:
            path = folder / f"{symbol}-{wanted.interval}.csv"
            await _fill_one(klines, path, (begin_ms, end_ms), symbol, wanted.interval)
            files.append(path)
    return files


async def _fill_one(
    klines: PastKlines, path: Path, span: tuple[int, int], symbol: str, interval: str
) -> None:
    begin_ms, end_ms = span
    known, first_ms, last_ms = _known(path, symbol, interval) or ([], begin_ms, begin_ms)
    before = [row async for row in klines.rows(symbol, interval, begin_ms, first_ms)]
    after = [row async for row in klines.rows(symbol, interval, last_ms, end_ms)]
    if not (before or known or after):
        raise InvalidInput.of(symbol, f"has no candles of {interval} at this time")
    if before or after:
        tell(f"{symbol}: {len(before) + len(after):,} candles of {interval} read into {path}\n")
        _write(path, [_HEADER, *map(_line, before), *known, *map(_line, after)])


def _known(path: Path, symbol: str, interval: str) -> tuple[list[str], int, int] | None:
    """Give a file's lines of candles, and from when to when they reach in ms; None if there is none."""
    if not path.exists():
        return None
    series = read_series(path, symbol, interval)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    if lines[0] != _HEADER:
        raise InvalidInput.of(str(path), f"was not written here: its columns are not {_HEADER}")
    return lines[1:], series.begin_ms, series.begin_ms + len(series.bars) * INTERVALS[interval]


def _line(row: Row) -> str:
    opened = datetime.fromtimestamp(row[0] / 1000, UTC)
    return ",".join((f"{opened:%Y-%m-%d %H:%M:%S}", *row[1:]))


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write beside the file and put it in its place, so that no half of one is left."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InvalidInput.of(
            f"--klines {path.parent}", error.strerror or "can't be written"
        ) from None
