"""Trades of one symbol in the order of their ids, none missing, none twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["AGGREGATES", "TRADES", "Tape", "TapeKind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeKind:
    """How one of Binance's two trade streams numbers its frames and what REST calls the same."""

    event: str
    id_key: str
    path: str
    rest_id: str
    weight: int
    frame: Callable[[dict[str, object]], dict[str, object]]
    """Turn a REST row into what the stream would have said, but for event, time and symbol."""


def _trade(row: dict[str, object]) -> dict[str, object]:
    return {
        "t": row["id"],
        "p": row["price"],
        "q": row["qty"],
        "T": row["time"],
        "m": row["isBuyerMaker"],
        "M": row["isBestMatch"],
    }


def _aggregate(row: dict[str, object]) -> dict[str, object]:
    return {key: row[key] for key in ("a", "p", "q", "f", "l", "T", "m", "M")}


TRADES: Final = TapeKind(
    event="trade",
    id_key="t",
    path="/api/v3/historicalTrades",
    rest_id="id",
    weight=25,
    frame=_trade,
)
AGGREGATES: Final = TapeKind(
    event="aggTrade",
    id_key="a",
    path="/api/v3/aggTrades",
    rest_id="a",
    weight=4,
    frame=_aggregate,
)


class Tape:
    """The last id that was passed on."""

    def __init__(self, last: int | None = None) -> None:
        """Start after an id, by default with the first that comes."""
        self.last = last

    def missing_before(self, number: int) -> int | None:
        """Give how many ids are missing before this one, None if it was there already; moves on at 0."""
        missing = 0 if self.last is None else number - self.last - 1
        if missing < 0:
            return None
        if missing == 0:
            self.last = number
        return missing

    def skip_to(self, number: int) -> None:
        """Give up what is missing before an id."""
        self.last = number - 1
