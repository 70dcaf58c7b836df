"""Read a script of trades for tests: JSON or CSV, one step a row."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from botcore.domain.errors import InvalidInput
from botcore.matching.numbers import to_units
from botcore.matching.quotes import Level
from botexchange.market.source import Push

__all__ = ["read_script"]


def read_script(path: Path) -> list[Push]:
    """Read steps: time (ms), symbol, price, quantity, and the book's bids and asks if wanted.

    JSON is a list of objects whose bids and asks are lists of [price, quantity]; in CSV they are
    `price:quantity` with blanks between.

    Raises:
        InvalidInput: a step makes no sense; the message names it by its number.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            steps = json.loads(text, parse_float=str)
        else:
            steps = [_split(row) for row in csv.DictReader(text.splitlines())]
        if not isinstance(steps, list):
            raise InvalidInput.of(str(path), "must be a list")
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        raise InvalidInput.of(str(path), f"can't be read: {error}") from None
    return [_step(path, number, step) for number, step in enumerate(steps, start=1)]


def _split(row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: value for name, value in row.items() if value}
    for name in ("bids", "asks"):
        if name in found:
            found[name] = [level.split(":") for level in found[name].split()]
    return found


def _step(path: Path, number: int, step: dict[str, Any]) -> Push:
    try:
        return Push(
            symbol=str(step["symbol"]),
            time_ms=int(step["time"]),
            price=to_units(str(step["price"])),
            quantity=to_units(str(step["quantity"])),
            bids=_levels(step.get("bids")),
            asks=_levels(step.get("asks")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput.of(f"{path.name} step {number}", f"is malformed: {error!r}") from None


def _levels(levels: Iterable[tuple[object, object]] | None) -> tuple[Level, ...] | None:
    if levels is None:
        return None
    return tuple((to_units(str(price)), to_units(str(quantity))) for price, quantity in levels)
