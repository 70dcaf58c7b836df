"""Live candles as known at the venue's moment, which is a little behind upstream."""

import contextlib
from bisect import bisect_left, bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import orjson

from botcore.candles.bars import Candle, Stretch, candle
from botcore.candles.intervals import MINUTE_MS
from botcore.domain.errors import Transient
from botcore.matching.numbers import to_units
from botcore.matching.refusals import DISCONNECTED, VenueError
from botexchange.market.source import CandleRange
from botexchange.upstream.channels import Tools
from botexchange.upstream.klines import PATH, KlineChannel
from botexchange.upstream.messages import Frame
from botexchange.upstream.series import KEPT, Row, rest_rows, row_of_frame

__all__ = ["LiveCandles"]

MINUTES_KEPT: Final = 1_620  # a day, as statistics of 24 hours are built of minutes
MOST_OLDER: Final = 32
HOLD_MS: Final = 2_000
Key = tuple[str, str]


class LiveCandles:
    """One series for each symbol and interval that somebody asked for."""

    def __init__(self, tools: Tools) -> None:
        """Start with none."""
        self._tools = tools
        self._channels: dict[Key, KlineChannel] = {}
        self._recent: dict[str, deque[tuple[int, Row]]] = {}
        self._older: OrderedDict[tuple[str, str, int, int], list[Row]] = OrderedDict()

    def channel(self, stream: str) -> KlineChannel | None:
        """Give what a kline stream's frames go through."""
        symbol, _, what = stream.partition("@kline_")
        return self._channels.get((symbol.upper(), what))

    def show(self, frame: Frame) -> None:
        """Remember a candle's state for the moment when the venue reaches it."""
        row = row_of_frame(frame.data)
        if row is None:
            return
        at_ms = row.close_ms if row.is_final else self._tools.time.now_ms()
        states = self._recent.setdefault(frame.stream, deque(maxlen=64))
        while states and states[-1][0] > at_ms:
            states.pop()
        states.append((at_ms, row))

    async def load(self, wanted: CandleRange) -> None:
        """Fetch what a range needs.

        Raises:
            VenueError: it can't be fetched, or its days are not those of UTC.
        """
        if wanted.offset_ms:
            raise VenueError(-1130, "Data sent for parameter 'timeZone' is not valid.")
        channel = self._open(wanted.symbol, wanted.interval)
        try:
            rows = await channel.rows(wanted.first_ms, wanted.last_ms, KEPT)
            if rows is None:
                await self._load_older(wanted)
        except Transient as error:
            if not channel.series.rows:
                raise VenueError(*DISCONNECTED, status=503) from error

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List what is known, oldest first; a series that nobody asked for yet is fetched."""
        if wanted.offset_ms:
            return []
        last_ms = min(wanted.last_ms, wanted.position_ms)
        rows = self._open(wanted.symbol, wanted.interval).series.rows
        if not rows or rows[0].open_ms > wanted.first_ms:
            key = (wanted.symbol, wanted.interval, wanted.first_ms, wanted.last_ms)
            rows = self._older.get(key, rows)
        begin = bisect_left(rows, wanted.first_ms, key=_opening)
        found = rows[begin : bisect_right(rows, last_ms, key=_opening)]
        if found and found[-1].close_ms >= wanted.position_ms:
            found[-1] = self._as_of(wanted, found[-1])
        return [_candle(row.open_ms, row.close_ms, row.first_trade or 0, row.text) for row in found]

    def trades_within(self, symbol: str, first_ms: int, until_ms: int) -> int:
        """Count the trades of the known minutes that open within first_ms..until_ms-1."""
        rows = self._open(symbol, "1m").series.rows
        begin = bisect_left(rows, first_ms, key=_opening)
        return sum(row.trades for row in rows[begin : bisect_left(rows, until_ms, key=_opening)])

    def hold_ms(self, now_ms: int) -> int:
        """Give the moment the venue should not pass yet: the end of a candle whose last state is not there."""
        held_ms = now_ms
        for channel in self._channels.values():
            last = channel.series.rows[-1] if channel.series.rows else None
            if last is not None and not last.is_final and last.close_ms < now_ms:
                is_late = now_ms - last.close_ms > HOLD_MS
                held_ms = held_ms if is_late else min(held_ms, last.close_ms)
        return held_ms

    def _open(self, symbol: str, interval: str) -> KlineChannel:
        channel = self._channels.get((symbol, interval))
        if channel is None:
            stream = f"{symbol.lower()}@kline_{interval}"
            kept = MINUTES_KEPT if interval == "1m" else KEPT
            channel = KlineChannel(stream, symbol, interval, self._tools, kept=kept)
            self._channels[symbol, interval] = channel
            self._tools.streams.want(stream)
            self._tools.tasks.start(self._begin(channel))
        return channel

    async def _begin(self, channel: KlineChannel) -> None:
        with contextlib.suppress(Transient, VenueError):  # the next who asks tries again
            await channel.rows(None, None, KEPT)

    async def _load_older(self, wanted: CandleRange) -> None:
        key = (wanted.symbol, wanted.interval, wanted.first_ms, wanted.last_ms)
        if key in self._older:
            return
        query = {
            "symbol": wanted.symbol,
            "interval": wanted.interval,
            "startTime": str(max(wanted.first_ms, 0)),
            "endTime": str(wanted.last_ms),
            "limit": str(KEPT),
        }
        rows = rest_rows((await self._tools.rest.get(PATH, query)).value)
        if rows is None:
            raise Transient("upstream's klines make no sense")
        if rows and rows[-1].close_ms < wanted.position_ms - MINUTE_MS:
            self._older[key] = rows
            while len(self._older) > MOST_OLDER:
                self._older.popitem(last=False)

    def _as_of(self, wanted: CandleRange, row: Row) -> Row:
        """Give the newest state of the present candle that the venue has reached."""
        stream = f"{wanted.symbol.lower()}@kline_{wanted.interval}"
        states = self._recent.get(stream, ())
        reached = [
            state
            for at_ms, state in states
            if at_ms <= wanted.position_ms and state.open_ms == row.open_ms
        ]
        return reached[-1] if reached else row


def _opening(row: Row) -> int:
    return row.open_ms


@lru_cache(maxsize=8_192)
def _candle(open_ms: int, close_ms: int, first_trade: int, text: bytes) -> Candle:
    items = orjson.loads(text)
    opening, high, low, close, volume, quote, taker, taker_quote = _units(
        items[index] for index in (1, 2, 3, 4, 5, 7, 9, 10)
    )
    figures = (opening, high, low, close, volume, quote, taker, taker_quote, items[8])
    return candle(open_ms, close_ms, first_trade, Stretch(*figures))


def _units(texts: Iterable[str]) -> list[int]:
    return [to_units(text) for text in texts]
