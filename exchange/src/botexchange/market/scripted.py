"""A market that does what a test says."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter
from typing import Final

from botcore.candles.bars import Candle, Stretch, candle, join
from botcore.candles.catalogue import CATALOGUE, chosen, instrument_for
from botcore.candles.intervals import INTERVALS, MINUTE_MS, open_after, open_of
from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE
from botcore.matching.quotes import Tick
from botexchange.market.source import Book, CandleRange, PublicTrade, Push

__all__ = ["ScriptedSource"]

_TIME: Final = attrgetter("time_ms")
MOST_TRADES: Final = 1_000


class ScriptedSource:
    """Trades at the script's times and prices, then at those pushed through the control port.

    Every trade is a jump away from the one before: nothing trades in between. A step with a
    book sets it until the symbol's next step. What was pushed is not stored.
    """

    has_books = True

    def __init__(self, script: list[Push], symbols: tuple[str, ...] = ()) -> None:
        """Play a script; symbols it does not name come from the catalogue.

        Raises:
            InvalidInput: a step is out of order or names a symbol that can't be traded.
        """
        listed = {one.symbol: one for one in _listed(script, symbols)}
        self.instruments: tuple[Instrument, ...] = tuple(listed.values())
        self.intervals = tuple(INTERVALS)
        self.base_ms = MINUTE_MS
        self.begin_ms = script[0].time_ms // MINUTE_MS * MINUTE_MS if script else 0
        self.end_ms: int | None = None
        self.fingerprint = f"scripted {' '.join(sorted(listed))}"
        self._instruments = listed
        self._played_ms = -1
        self._steps: list[Push] = []
        self._of: dict[str, list[Push]] = {symbol: [] for symbol in listed}
        for step in script:
            self.push(step)

    def push(self, push: Push) -> None:
        """Trade once more; not before the last trade. A time that has passed becomes the next ms.

        Raises:
            InvalidInput: the step can't happen.
        """
        instrument = self._instruments.get(push.symbol)
        if instrument is None:
            raise InvalidInput.of("symbol", f"{push.symbol} is not in this market")
        if self._steps and push.time_ms < self._steps[-1].time_ms:
            raise InvalidInput.of("time", "is before the last trade")
        if push.price <= 0 or push.price % instrument.tick:
            raise InvalidInput.of("price", "is not a multiple of the tick")
        if push.quantity <= 0 or push.quantity % instrument.step:
            raise InvalidInput.of("quantity", "is not a multiple of the step")
        _check_book(push, instrument)
        push = replace(push, time_ms=max(push.time_ms, self._played_ms + 1))
        self._steps.append(push)
        self._of[push.symbol].append(push)

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Refuse: push a trade instead."""
        raise NotAllowed(f"{symbol} is scripted and can't be shocked ({time_ms}, {factor})")

    def next_ms(self, position_ms: int) -> int | None:
        """Give the time of the next trade; None if none is known yet."""
        index = bisect_right(self._steps, position_ms, key=_TIME)
        return self._steps[index].time_ms if index < len(self._steps) else None

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        self._played_ms = max(self._played_ms, until_ms)
        first = bisect_right(self._steps, after_ms, key=_TIME)
        for step in self._steps[first : bisect_right(self._steps, until_ms, key=_TIME)]:
            yield _tick(step)

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade; before the first one, a trade of one step at the usual price."""
        steps, instrument = self._of[symbol], self._instruments[symbol]
        index = bisect_right(steps, position_ms, key=_TIME)
        if index:
            return _tick(steps[index - 1])
        price = steps[0].price if steps else instrument.reference
        return _tick(
            Push(symbol=symbol, time_ms=position_ms, price=price, quantity=instrument.step)
        )

    def books(self, position_ms: int) -> Mapping[str, Book]:
        """Give the book of each symbol whose newest step has one."""
        found = {}
        for symbol, steps in self._of.items():
            index = bisect_right(steps, position_ms, key=_TIME)
            step = steps[index - 1] if index else None
            if step is not None and step.bids is not None and step.asks is not None:
                found[symbol] = Book(index, list(step.bids), list(step.asks))
        return found

    def trade_id(self, symbol: str, time_ms: int) -> int:
        """Give the id of the first trade at or after a moment; the first of all is 1."""
        return bisect_left(self._of[symbol], time_ms, key=_TIME) + 1

    def trades(self, symbol: str, first_id: int, limit: int, position_ms: int) -> list[PublicTrade]:
        """List at most `limit` trades from an id on that happened up to a moment, oldest first."""
        steps = self._of[symbol]
        begin = max(first_id - 1, 0)
        end = min(begin + min(limit, MOST_TRADES), bisect_right(steps, position_ms, key=_TIME))
        return [
            PublicTrade(
                id=index + 1,
                time_ms=steps[index].time_ms,
                price=steps[index].price,
                quantity=steps[index].quantity,
                is_buyer_maker=_is_buyer_maker(steps, index),
            )
            for index in range(begin, end)
        ]

    async def load(self, wanted: CandleRange) -> None:
        """Nothing to fetch."""

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; flat ones where nothing traded after the first trade."""
        steps, zone = self._of[wanted.symbol], wanted.offset_ms
        begin_ms = steps[0].time_ms if steps else wanted.position_ms + 1
        open_ms = open_of(wanted.interval, max(wanted.first_ms, begin_ms), zone)
        if open_ms < wanted.first_ms:
            open_ms = open_after(wanted.interval, open_ms, zone)
        found = []
        while open_ms <= min(wanted.last_ms, wanted.position_ms):
            next_ms = open_after(wanted.interval, open_ms, zone)
            first = bisect_left(steps, open_ms, key=_TIME)
            end = bisect_left(steps, min(next_ms, wanted.position_ms + 1), key=_TIME)
            whole = join(_stretch(steps, index) for index in range(first, end))
            if whole is None:
                price = steps[first - 1].price
                whole = Stretch(price, price, price, price, 0, 0, 0, 0, 0)
            found.append(candle(open_ms, next_ms - 1, first + 1, whole))
            open_ms = next_ms
        return found


def _listed(script: list[Push], symbols: tuple[str, ...]) -> Iterator[Instrument]:
    named = {step.symbol: step.price for step in reversed(script)}
    if symbols or not named:
        yield from (one for one in chosen(symbols) if one.symbol not in named)
    for symbol in sorted(named):
        instrument = CATALOGUE.get(symbol) or instrument_for(symbol, named[symbol])
        if instrument is None:
            raise InvalidInput.of("--script", f"{symbol} has no quote asset that is known here")
        yield instrument


def _check_book(push: Push, instrument: Instrument) -> None:
    if push.bids is None and push.asks is None:
        return
    bids, asks = push.bids or (), push.asks or ()
    for price, quantity in (*bids, *asks):
        if price <= 0 or quantity <= 0 or price % instrument.tick or quantity % instrument.step:
            raise InvalidInput.of("bids, asks", "are not multiples of tick and step")
    prices = ([price for price, _ in reversed(bids)], [price for price, _ in asks])
    if not all(_rises(side) for side in prices) or not _rises([*prices[0][-1:], *prices[1][:1]]):
        raise InvalidInput.of("bids, asks", "must be given best first and may not cross")


def _rises(prices: Iterable[int]) -> bool:
    return all(one < other for one, other in pairwise(prices))


def _tick(step: Push) -> Tick:
    return Tick(
        symbol=step.symbol,
        time_ms=step.time_ms,
        price=step.price,
        quantity=step.quantity,
        is_jump=True,
    )


def _is_buyer_maker(steps: list[Push], index: int) -> bool:
    """Say that a seller took if the price fell."""
    return index > 0 and steps[index].price < steps[index - 1].price


def _stretch(steps: list[Push], index: int) -> Stretch:
    price, quantity = steps[index].price, steps[index].quantity
    quote = price * quantity // SCALE
    taken = (0, 0) if _is_buyer_maker(steps, index) else (quantity, quote)
    return Stretch(price, price, price, price, quantity, quote, *taken, 1)
