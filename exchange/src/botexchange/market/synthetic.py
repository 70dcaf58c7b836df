"""The seeded market: runs for ever, at any speed, with years of history from the start."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from botcore.candles.bars import Candle, Stretch, candle, join
from botcore.candles.catalogue import CATALOGUE, CROSSES, chosen
from botcore.candles.intervals import DAY_MS, INTERVALS, MINUTE_MS, open_after, open_of
from botcore.domain.errors import NotAllowed
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE
from botcore.matching.quotes import Tick
from botexchange.market.minute import TRADES, MinuteTrade, minute_quotes, minute_trades
from botexchange.market.source import Book, CandleRange, PublicTrade, Push
from botexchange.market.tree import Node, day_node, day_price, draws, mixed_draws, split

__all__ = ["SyntheticSource"]

TICK_MS: Final = MINUTE_MS // TRADES
LISTED_MS: Final = 946_684_800_000  # 2000-01-01: history begins here
# Lengths of the tree's nodes, a day down to a minute; each divides the one before.
LEVELS: Final = (DAY_MS, 14_400_000, 3_600_000, 900_000, 300_000, MINUTE_MS)
HOUR_LEVEL: Final = 2
HOUR_MS: Final = LEVELS[HOUR_LEVEL]
CHUNK: Final = 8  # candles worked out at once
MINUTE_LEVEL: Final = len(LEVELS) - 1
PPM: Final = 1_000_000
MOST_TRADES: Final = 1_000


class SyntheticSource:
    """Symbols that swing around a reference; shocks multiply the price for good.

    Each symbol trades once a second. Crosses (ETHBTC) follow their dollar pairs minute by minute.
    """

    has_books = False

    def __init__(
        self,
        seed: int,
        shocks: tuple[tuple[str, int, int], ...] = (),
        symbols: tuple[str, ...] = (),
    ) -> None:
        """Grow the market of a seed; shocks are (symbol, time in ms, factor in 1e-6).

        Raises:
            InvalidInput: a symbol is not in the catalogue.
        """
        self.instruments: tuple[Instrument, ...] = chosen(symbols)
        self._seed = seed
        self._shocks: dict[str, list[tuple[int, int]]] = {symbol: [] for symbol in CATALOGUE}
        names = "".join(f" {one.symbol}" for one in self.instruments) if symbols else ""
        self.fingerprint = f"synthetic seed {seed}{names}"
        self.intervals = tuple(INTERVALS)
        self.base_ms = MINUTE_MS
        self.begin_ms = LISTED_MS
        self.end_ms: int | None = None
        many = len(self.instruments)
        self._days = lru_cache(maxsize=8_192)(self._day)
        self._children = lru_cache(maxsize=1_024 + 16 * many)(self._split)
        self._hours = lru_cache(maxsize=4_096)(self._hour)
        self._minutes = lru_cache(maxsize=64 + 2 * many)(self._minute)
        for symbol, time_ms, factor in shocks:
            self.shock(symbol, time_ms, factor)

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Multiply the price by a factor (1e-6) from a moment on."""
        self._shocks[symbol].append((time_ms, factor))

    def push(self, push: Push) -> None:
        """Refuse: the market is a function of its seed."""
        raise NotAllowed(f"{push.symbol} is synthetic and can't be told to trade")

    def next_ms(self, position_ms: int) -> int:
        """Give the time of the next trade."""
        return (position_ms // TICK_MS + 1) * TICK_MS

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        for time_ms in range(self.next_ms(after_ms), until_ms + 1, TICK_MS):
            for instrument in self.instruments:
                yield self._tick(instrument, time_ms)

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade of a symbol."""
        return self._tick(CATALOGUE[symbol], position_ms // TICK_MS * TICK_MS)

    def books(self, position_ms: int) -> Mapping[str, Book]:  # noqa: ARG002 the protocol's
        """Give no books: the engine computes them."""
        return {}

    def trade_id(self, symbol: str, time_ms: int) -> int:  # noqa: ARG002 all trade at once
        """Give the id of the first trade at or after a moment."""
        return max(-(-(time_ms - LISTED_MS) // TICK_MS), 0)

    def trades(self, symbol: str, first_id: int, limit: int, position_ms: int) -> list[PublicTrade]:
        """List at most `limit` trades from an id on that happened up to a moment, oldest first."""
        instrument = CATALOGUE[symbol]
        end = min(first_id + min(limit, MOST_TRADES), self.trade_id(symbol, position_ms + 1))
        found = []
        for number in range(max(first_id, 0), end):
            time_ms = LISTED_MS + number * TICK_MS
            trade = self._at(symbol, time_ms)
            found.append(
                PublicTrade(
                    id=number,
                    time_ms=time_ms,
                    price=trade.price * instrument.tick,
                    quantity=trade.quantity * instrument.step,
                    is_buyer_maker=trade.is_buyer_maker,
                )
            )
        return found

    async def load(self, wanted: CandleRange) -> None:
        """Work out the hours of long candles piece by piece, so that nobody else has to wait."""
        length = INTERVALS[wanted.interval]
        if not HOUR_MS // 4 <= length < DAY_MS:
            return
        first = max(wanted.first_ms, LISTED_MS)
        last = min(wanted.last_ms, wanted.position_ms)
        for begin in range(first, last + 1, CHUNK * length):
            end = min(begin + CHUNK * length, last + 1) - 1
            self.candles(replace(wanted, first_ms=begin, last_ms=end))
            await asyncio.sleep(0)

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; the newest one may be unfinished.

        Everything equals the trades but the quote volumes of candles above an hour: those are
        estimated from their prices.
        """
        found, zone = [], wanted.offset_ms
        first = max(wanted.first_ms, LISTED_MS)
        open_ms = open_of(wanted.interval, first, zone)
        if open_ms < first:
            open_ms = open_after(wanted.interval, open_ms, zone)
        while open_ms <= min(wanted.last_ms, wanted.position_ms):
            next_ms = open_after(wanted.interval, open_ms, zone)
            end = min(next_ms, wanted.position_ms + 1)
            whole = join(self._cover(CATALOGUE[wanted.symbol], open_ms, end, 0))
            if whole is not None:
                first_id = self.trade_id(wanted.symbol, open_ms)
                found.append(candle(open_ms, next_ms - 1, first_id, whole))
            open_ms = next_ms
        return found

    def _cover(self, instrument: Instrument, begin: int, end: int, level: int) -> Iterator[Stretch]:
        """Cover a stretch with the fewest nodes; one with a shock inside is taken apart."""
        if level > MINUTE_LEVEL:
            yield from self._single_trades(instrument, begin, end)
            return
        length = LEVELS[level]
        for open_ms in range(begin // length * length, end, length):
            low, high = max(open_ms, begin), min(open_ms + length, end)
            if high - low == length and not self._is_shocked(instrument.symbol, low, high):
                yield self._stretch(instrument, level, low)
            else:
                yield from self._cover(instrument, low, high, level + 1)

    def _single_trades(self, instrument: Instrument, begin: int, end: int) -> Iterator[Stretch]:
        for trade in self.trades(
            instrument.symbol, self.trade_id(instrument.symbol, begin), TRADES, end - 1
        ):
            price, quantity = trade.price, trade.quantity
            quote = price * quantity // SCALE
            taken = (0, 0) if trade.is_buyer_maker else (quantity, quote)
            yield Stretch(price, price, price, price, quantity, quote, *taken, 1)

    def _stretch(self, instrument: Instrument, level: int, open_ms: int) -> Stretch:
        """Give what traded in a whole node."""
        factor = self._factor(instrument.symbol, open_ms)
        index = open_ms // LEVELS[level]
        if level == HOUR_LEVEL:
            return self._hours(instrument.symbol, index, factor)
        if level > HOUR_LEVEL:
            return self._exact(instrument, level, index, factor)
        node = self._aligned(instrument, self._node(instrument.symbol, level, index), factor)
        size = instrument.tick * instrument.step // SCALE
        middle = (node.open + node.high + node.low + node.close) * size
        return _in_units(
            instrument, node, (node.volume * middle // 4, node.taker * middle // 4)
        )._replace(trades=LEVELS[level] // TICK_MS)

    def _hour(self, symbol: str, index: int, factor: int) -> Stretch:
        return self._exact(CATALOGUE[symbol], HOUR_LEVEL, index, factor)

    def _exact(self, instrument: Instrument, level: int, index: int, factor: int) -> Stretch:
        node = self._aligned(instrument, self._node(instrument.symbol, level, index), factor)
        trades = LEVELS[level] // TICK_MS
        quotes = self._quotes(instrument, level, index, factor)
        return _in_units(instrument, node, quotes)._replace(trades=trades)

    def _quotes(
        self, instrument: Instrument, level: int, index: int, factor: int
    ) -> tuple[int, int]:
        """Sum the exact quote volumes, all and takers', over the node's minutes."""
        size = instrument.tick * instrument.step // SCALE
        minutes = LEVELS[level] // MINUTE_MS
        whole = taken = 0
        for minute in range(index * minutes, (index + 1) * minutes):
            node = self._node(instrument.symbol, MINUTE_LEVEL, minute)
            one, taker = minute_quotes(self._aligned(instrument, node, factor))
            whole += one
            taken += taker
        return whole * size, taken * size

    def _aligned(self, instrument: Instrument, node: Node, factor: int) -> Node:
        """Round a node's prices, shocked, to ticks."""
        tick = instrument.tick
        first, high, low, last = (max(price * factor // PPM // tick, 1) for price in node[:4])
        return Node(first, high, low, last, node.volume, node.taker)

    def _tick(self, instrument: Instrument, time_ms: int) -> Tick:
        symbol = instrument.symbol
        trade = self._at(symbol, time_ms)
        return Tick(
            symbol=symbol,
            time_ms=time_ms,
            price=trade.price * instrument.tick,
            quantity=trade.quantity * instrument.step,
            is_jump=self._is_shocked(symbol, time_ms - TICK_MS, time_ms + 1),
        )

    def _at(self, symbol: str, time_ms: int) -> MinuteTrade:
        minute, offset = divmod(time_ms, MINUTE_MS)
        return self._minutes(symbol, minute, self._factor(symbol, time_ms))[offset // TICK_MS]

    def _factor(self, symbol: str, time_ms: int) -> int:
        factor = PPM
        for since, change in self._shocks[symbol]:
            if since <= time_ms:
                factor = factor * change // PPM
        return factor

    def _is_shocked(self, symbol: str, begin: int, end: int) -> bool:
        """Tell whether a shock lies inside a stretch, its first moment aside."""
        shocks = self._shocks[symbol]
        return bool(shocks) and any(begin < since < end for since, _ in shocks)

    def _minute(self, symbol: str, minute: int, factor: int) -> list[MinuteTrade]:
        node = self._node(symbol, MINUTE_LEVEL, minute)
        numbers = draws(self._seed, symbol, "minute", minute)
        return minute_trades(self._aligned(CATALOGUE[symbol], node, factor), numbers)

    def _node(self, symbol: str, level: int, index: int) -> Node:
        if level == 0:
            return self._days(symbol, index)
        parts = LEVELS[level - 1] // LEVELS[level]
        return self._children(symbol, level, index // parts)[index % parts]

    def _day(self, symbol: str, day: int) -> Node:
        one = CATALOGUE[symbol]
        usual = one.depth * 50_000 * SCALE // one.reference // one.step
        prices = [self._day_price(symbol, day), self._day_price(symbol, day + 1)]
        if symbol in CROSSES:
            hours = range(day * 24 + 1, day * 24 + 24)
            prices[1:1] = [self._ratio(symbol, HOUR_LEVEL, hour) for hour in hours]
        return day_node(self._seed, symbol, day, prices, usual)

    def _day_price(self, symbol: str, day: int) -> int:
        if symbol not in CROSSES:
            return day_price(self._seed, symbol, day, CATALOGUE[symbol].reference)
        above, below = (self._day_price(leg, day) for leg in CROSSES[symbol])
        return above * SCALE // below

    def _ratio(self, symbol: str, level: int, index: int) -> int:
        """Give the opening price of a cross: that of its dollar pairs divided."""
        above, below = (self._node(leg, level, index).open for leg in CROSSES[symbol])
        return above * SCALE // below

    def _split(self, symbol: str, level: int, parent: int) -> list[Node]:
        numbers = mixed_draws(self._seed, symbol, level, parent)
        parts = LEVELS[level - 1] // LEVELS[level]
        points = None
        if symbol in CROSSES:
            inner = range(parent * parts + 1, (parent + 1) * parts)
            points = [self._ratio(symbol, level, index) for index in inner]
        return split(self._node(symbol, level - 1, parent), parts, numbers, points)


def _in_units(instrument: Instrument, node: Node, quotes: tuple[int, int]) -> Stretch:
    first, high, low, last = (price * instrument.tick for price in node[:4])
    volume, taker = node.volume * instrument.step, node.taker * instrument.step
    return Stretch(first, high, low, last, volume, quotes[0], taker, quotes[1], 0)
