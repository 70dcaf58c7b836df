"""Real candles played again."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Final

from botcore.candles.bars import Candle, Stretch, candle, join
from botcore.candles.csv_file import Series
from botcore.candles.intervals import DAY_MS, INTERVALS, open_after, open_of
from botcore.candles.path import POINTS, Point, instrument_of, moments, points, quoted
from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE
from botcore.matching.quotes import Tick
from botexchange.market.source import Book, CandleRange, PublicTrade, Push

__all__ = ["ReplaySource"]

BLOCKS: Final = (DAY_MS, 3_600_000)  # longer candles are joined from these, kept once made
MOST_TRADES: Final = 1_000


class ReplaySource:
    """Plays candles as trades: open, low and high by colour, close.

    A rising candle is taken to visit its low first, a falling one its high. Prices between two
    candles did not trade, so the open is a jump. In a candle without volume nobody trades.
    """

    has_books = False

    def __init__(self, series: list[Series]) -> None:
        """Play one series per symbol; all have the same interval.

        Raises:
            InvalidInput: the series do not fit together, or a symbol can't be traded.
        """
        first = series[0]
        if len({one.interval for one in series}) > 1:
            raise InvalidInput.of("--csv", "files must have the same interval")
        if len({one.symbol for one in series}) < len(series):
            raise InvalidInput.of("--csv", "files must have different symbols")
        if first.interval == "1M":
            raise InvalidInput.of("--interval", "1M can't be replayed")
        self.base_ms = INTERVALS[first.interval]
        self.intervals = tuple(
            name for name, length in INTERVALS.items() if length % self.base_ms == 0 or name == "1M"
        )
        self._instruments = {one.symbol: instrument_of(one) for one in series}
        self._series = {one.symbol: quoted(one, self._instruments[one.symbol]) for one in series}
        self._traded = {  # how many candles before each had trades
            symbol: list(accumulate((bar.volume > 0 for bar in one.bars), initial=0))
            for symbol, one in self._series.items()
        }
        self._offsets = moments(self.base_ms)
        self.instruments: tuple[Instrument, ...] = tuple(self._instruments.values())
        self.begin_ms = min(one.begin_ms for one in series)
        self.end_ms: int | None = max(one.begin_ms + len(one.bars) * self.base_ms for one in series)
        spans = (f"{one.symbol} {one.begin_ms} {len(one.bars)}" for one in series)
        self.fingerprint = f"replay {first.interval} {' '.join(sorted(spans))}"
        self._blocks = lru_cache(maxsize=8_192)(self._block)

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Refuse: the past can't be changed."""
        raise NotAllowed(f"{symbol} is replayed and can't be shocked ({time_ms}, {factor})")

    def push(self, push: Push) -> None:
        """Refuse: the past can't be changed."""
        raise NotAllowed(f"{push.symbol} is replayed and can't be told to trade")

    def next_ms(self, position_ms: int) -> int | None:
        """Give the time of the next trade; None at the end."""
        position_ms = max(position_ms, self.begin_ms - 1)
        open_ms = position_ms // self.base_ms * self.base_ms
        offsets = [offset for offset in self._offsets if open_ms + offset > position_ms]
        following = open_ms + (offsets[0] if offsets else self.base_ms)
        return following if self.end_ms is not None and following < self.end_ms else None

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        time_ms = self.next_ms(after_ms)
        while time_ms is not None and time_ms <= until_ms:
            for symbol in self._series:
                tick = self._tick(symbol, time_ms)
                if tick is not None and tick.quantity:
                    yield tick
            time_ms = self.next_ms(time_ms)

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade of a symbol, or its first one if nothing has traded yet."""
        series = self._series[symbol]
        open_ms = position_ms // self.base_ms * self.base_ms
        last_open = series.begin_ms + (len(series.bars) - 1) * self.base_ms
        open_ms = min(max(open_ms, series.begin_ms), last_open)
        times = [open_ms + offset for offset in self._offsets]
        past = [time_ms for time_ms in times if time_ms <= position_ms]
        tick = self._tick(symbol, past[-1] if past else times[0])
        if tick is None:
            raise InvalidInput.of(symbol, "has no candles")
        return tick

    def books(self, position_ms: int) -> Mapping[str, Book]:  # noqa: ARG002 the protocol's
        """Give no books: the engine computes them."""
        return {}

    def trade_id(self, symbol: str, time_ms: int) -> int:
        """Give the id of the first trade at or after a moment."""
        series, traded = self._series[symbol], self._traded[symbol]
        index, offset = divmod(time_ms - series.begin_ms, self.base_ms)
        if not 0 <= index < len(series.bars):
            return 0 if index < 0 else traded[-1] * POINTS
        passed = sum(one < offset for one in self._offsets) if series.bars[index].volume else 0
        return traded[index] * POINTS + passed

    def trades(self, symbol: str, first_id: int, limit: int, position_ms: int) -> list[PublicTrade]:
        """List at most `limit` trades from an id on that happened up to a moment, oldest first."""
        series, traded = self._series[symbol], self._traded[symbol]
        end = min(first_id + min(limit, MOST_TRADES), self.trade_id(symbol, position_ms + 1))
        found = []
        for number in range(max(first_id, 0), end):
            rank, point = divmod(number, POINTS)
            index = bisect_right(traded, rank) - 1
            price, quantity, is_buyer_maker = self._points(series, index)[point]
            found.append(
                PublicTrade(
                    id=number,
                    time_ms=series.begin_ms + index * self.base_ms + self._offsets[point],
                    price=price,
                    quantity=quantity,
                    is_buyer_maker=is_buyer_maker,
                )
            )
        return found

    async def load(self, wanted: CandleRange) -> None:
        """Nothing to fetch."""

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; the newest one may be unfinished."""
        series, zone = self._series[wanted.symbol], wanted.offset_ms
        found = []
        first = max(wanted.first_ms, open_of(wanted.interval, series.begin_ms, zone))
        open_ms = open_of(wanted.interval, first, zone)
        if open_ms < wanted.first_ms:
            open_ms = open_after(wanted.interval, open_ms, zone)
        while open_ms <= min(wanted.last_ms, wanted.position_ms):
            next_ms = open_after(wanted.interval, open_ms, zone)
            whole = join(self._cover(series, open_ms, next_ms, wanted.position_ms))
            if whole is None:
                break
            first_id = self.trade_id(wanted.symbol, open_ms)
            found.append(candle(open_ms, next_ms - 1, first_id, whole))
            open_ms = next_ms
        return found

    def _cover(self, series: Series, begin: int, end: int, position_ms: int) -> Iterator[Stretch]:
        """Cover a stretch with whole blocks and base candles; the open one as far as it went."""
        at = max(begin, series.begin_ms)
        stop = min(end, series.begin_ms + len(series.bars) * self.base_ms)
        while at < stop and at <= position_ms:
            room = min(stop, position_ms + 1) - at
            size = next(
                (one for one in BLOCKS if one > self.base_ms and not at % one and one <= room),
                self.base_ms,
            )
            if size > room:
                yield from self._begun(series, at, position_ms)
            elif size > self.base_ms:
                yield self._blocks(series.symbol, at, size)
            else:
                yield self._whole(series, (at - series.begin_ms) // self.base_ms)
            at += size

    def _block(self, symbol: str, begin: int, size: int) -> Stretch:
        series = self._series[symbol]
        first = (begin - series.begin_ms) // self.base_ms
        bars = (self._whole(series, first + number) for number in range(size // self.base_ms))
        whole = join(bars)
        if whole is None:
            raise InvalidInput.of(symbol, "has no candles")
        return whole

    def _whole(self, series: Series, index: int) -> Stretch:
        bar = series.bars[index]
        if not bar.volume:
            return Stretch(*bar, 0, 0, 0, 0)
        points = self._points(series, index)
        quote = taker = taker_quote = 0
        for price, quantity, is_buyer_maker in points:
            worth = price * quantity // SCALE
            quote += worth
            if not is_buyer_maker:
                taker += quantity
                taker_quote += worth
        return Stretch(*bar, quote, taker, taker_quote, POINTS)

    def _begun(self, series: Series, open_ms: int, position_ms: int) -> Iterator[Stretch]:
        index = (open_ms - series.begin_ms) // self.base_ms
        points = zip(self._points(series, index), self._offsets, strict=True)
        for (price, quantity, is_buyer_maker), offset in points:
            if open_ms + offset > position_ms:
                break
            quote = price * quantity // SCALE
            taken = (0, 0) if is_buyer_maker else (quantity, quote)
            yield Stretch(price, price, price, price, quantity, quote, *taken, int(quantity > 0))

    def _points(self, series: Series, index: int) -> list[Point]:
        return points(series.bars[index], index, self._instruments[series.symbol].step)

    def _tick(self, symbol: str, time_ms: int) -> Tick | None:
        series = self._series[symbol]
        index, offset = divmod(time_ms - series.begin_ms, self.base_ms)
        if not 0 <= index < len(series.bars):
            return None
        point = self._offsets.index(offset)
        price, quantity, _ = self._points(series, index)[point]
        return Tick(
            symbol=symbol,
            time_ms=time_ms,
            price=price,
            quantity=quantity,
            is_jump=point == 0,
        )
