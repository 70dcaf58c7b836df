"""Candles for benches: a file of real ones, or a seeded walk with trends, so that averages cross as they do."""

import csv
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

__all__ = ["NAME", "first_candles", "write_walk"]

NAME: Final = "BTCUSDT-1h.csv"
_COLUMNS: Final = ("time", "open", "high", "low", "close", "volume")
_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


def write_walk(path: Path, count: int, *, seed: int) -> None:
    """Write hourly candles that follow one another without a gap."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(_COLUMNS)
        rows.writerows(_walk(count, random.Random(seed)))  # noqa: S311 a repeatable market, no secret


def _walk(count: int, draw: random.Random) -> Iterator[tuple[str, ...]]:
    price = 20_000.0
    for number in range(count):
        drift = 0.0008 * math.sin(number / 200)  # rises and falls over weeks
        opened, close = price, price * math.exp(drift + draw.gauss(0, 0.004))
        high = max(opened, close) * (1 + abs(draw.gauss(0, 0.002)))
        low = min(opened, close) * (1 - abs(draw.gauss(0, 0.002)))
        at = f"{_START + number * _HOUR:%Y-%m-%d %H:%M:%S}"
        yield (at, *(f"{one:.2f}" for one in (opened, high, low, close)), f"{draw.random():.3f}")
        price = min(max(close, 1_000.0), 400_000.0)


def first_candles(source: Path, target: Path, count: int) -> int:
    """Copy the first candles of a file; gives how many there were."""
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as copied:
        copied.write(next(lines))
        written = 0
        for line in lines:
            if written == count:
                break
            copied.write(line)
            written += 1
    return written
