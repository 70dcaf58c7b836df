"""Live trades in the order in which the venue lets them happen."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

from botcore.matching.numbers import to_units
from botcore.matching.quotes import Tick
from botexchange.market.source import PublicTrade

__all__ = ["LiveTape", "trade_of_rest", "trade_of_stream"]

KEPT: Final = 5_000
TRIM: Final = 500
_TIME: Final = attrgetter("time_ms")
_ID: Final = attrgetter("id")


class LiveTape:
    """Trades of all symbols; one that comes too late for its time happens as soon as it can."""

    def __init__(self) -> None:
        """Start without a trade."""
        self._trades: dict[str, list[PublicTrade]] = {}
        self._due: list[Tick] = []
        self._released_ms = 0
        self._jumps: set[str] = set()

    def begin(self, symbol: str, trades: Iterable[PublicTrade]) -> None:
        """Take what happened before the venue began."""
        self._trades[symbol] = list(trades)
        self._jumps.add(symbol)

    def jump(self, symbol: str) -> None:
        """Note that trades before the next one are missing."""
        self._jumps.add(symbol)

    def add(self, symbol: str, trade: PublicTrade) -> None:
        """Take the next trade; if upstream counts anew, what is known is forgotten."""
        known = self._trades[symbol]
        time_ms = max(trade.time_ms, self._released_ms + 1, known[-1].time_ms if known else 0)
        if known and trade.id <= known[-1].id:
            known.clear()
        known.append(
            PublicTrade(
                id=trade.id,
                time_ms=time_ms,
                price=trade.price,
                quantity=trade.quantity,
                is_buyer_maker=trade.is_buyer_maker,
            )
        )
        if len(known) > KEPT + TRIM:
            del known[:-KEPT]
        insort(self._due, _tick(symbol, known[-1], is_jump=symbol in self._jumps), key=_TIME)
        self._jumps.discard(symbol)

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List what happens after one moment and up to another; what is before is forgotten."""
        self._released_ms = max(self._released_ms, until_ms)
        del self._due[: bisect_right(self._due, after_ms, key=_TIME)]
        yield from self._due[: bisect_right(self._due, until_ms, key=_TIME)]

    def next_ms(self, position_ms: int) -> int | None:
        """Give the time of the next trade that is known."""
        index = bisect_right(self._due, position_ms, key=_TIME)
        return self._due[index].time_ms if index < len(self._due) else None

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade that has happened, or the oldest known one."""
        known = self._trades[symbol]
        index = bisect_right(known, position_ms, key=_TIME)
        return _tick(symbol, known[max(index - 1, 0)], is_jump=True)

    def trades(self, symbol: str, first_id: int, limit: int, position_ms: int) -> list[PublicTrade]:
        """List trades from an id on that have happened."""
        known = self._trades[symbol]
        begin = bisect_left(known, first_id, key=_ID)
        return known[begin : min(begin + limit, bisect_right(known, position_ms, key=_TIME))]

    def oldest_ms(self, symbol: str) -> int:
        """Give the time of the oldest known trade."""
        return self._trades[symbol][0].time_ms

    def trade_id(self, symbol: str, time_ms: int) -> int:
        """Give the id of the first known trade at or after a moment."""
        known = self._trades[symbol]
        index = bisect_left(known, time_ms, key=_TIME)
        return known[index].id if index < len(known) else known[-1].id + 1


def trade_of_stream(data: object) -> PublicTrade | None:
    """Read a trade frame; None if it makes no sense."""
    return _read(data, "t", "T", "p", "q", "m")


def trade_of_rest(row: object) -> PublicTrade | None:
    """Read a row of GET trades; None if it makes no sense."""
    return _read(row, "id", "time", "price", "qty", "isBuyerMaker")


def _read(data: object, *names: str) -> PublicTrade | None:
    if not isinstance(data, dict):
        return None
    number, time_ms, price, quantity, is_buyer_maker = (data.get(name) for name in names)
    if not isinstance(number, int) or not isinstance(time_ms, int):
        return None
    try:
        units = to_units(str(price)), to_units(str(quantity))
    except ValueError:
        return None
    if min(units) <= 0:
        return None
    return PublicTrade(
        id=number,
        time_ms=time_ms,
        price=units[0],
        quantity=units[1],
        is_buyer_maker=bool(is_buyer_maker),
    )


def _tick(symbol: str, trade: PublicTrade, *, is_jump: bool) -> Tick:
    return Tick(
        symbol=symbol,
        time_ms=trade.time_ms,
        price=trade.price,
        quantity=trade.quantity,
        is_jump=is_jump,
    )
