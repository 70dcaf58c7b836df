"""The market source `binance`: live prices of an exchange upstream."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import orjson
import structlog

from botcore.candles.bars import Candle
from botcore.candles.intervals import INTERVALS, MINUTE_MS
from botcore.domain.errors import NotAllowed, Transient
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import to_units
from botcore.matching.quotes import Level, SymbolMarket, SymbolStatus, Tick
from botcore.matching.refusals import VenueError
from botexchange.market.source import Book, CandleRange, PublicTrade, Push
from botexchange.upstream.channels import Channel, Tools
from botexchange.upstream.listing import RULES, states_of
from botexchange.upstream.live_candles import LiveCandles
from botexchange.upstream.live_tape import LiveTape, trade_of_stream
from botexchange.upstream.messages import Frame
from botexchange.upstream.tape import TRADES
from botexchange.upstream.tapes import TapeChannel

__all__ = ["LiveClock", "LiveSource"]

_log = structlog.get_logger(__name__)
DELAY_MS: Final = 1_000  # so that what belongs together has arrived when the venue reaches it
BREAK_MS: Final = 60_000
WATCH_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 300.0
BOOK: Final = "depth20@100ms"


class LiveSource:
    """What upstream trades, one second later.

    The delay puts trades, books and candles of one moment together whatever way each took; what
    comes even later happens when it comes. All answers are those of the venue's moment.
    """

    has_books = True

    def __init__(self, name: str, instruments: Iterable[Instrument]) -> None:
        """Trade these instruments; `name` says which upstream that is."""
        self.fingerprint = f"binance {name}"
        self.instruments = tuple(instruments)
        self.intervals = tuple(INTERVALS)
        self.base_ms = MINUTE_MS
        self.begin_ms = 0
        self.end_ms: int | None = None
        self.tape = LiveTape()
        self._books: dict[str, deque[tuple[int, Book]]] = {}
        self._channels: dict[str, Channel] = {}
        self._shown: dict[str, SymbolStatus] = {}
        self._asked_ms = self._reached_ms = 0

    def start(self, tools: Tools, trades: Mapping[str, list[PublicTrade]]) -> None:
        """Begin with these newest trades of each symbol; `tools.sink` must be this source."""
        self._tools = tools
        self._candles = LiveCandles(tools)
        for symbol, known in trades.items():
            self.tape.begin(symbol, known)
            self._books[symbol] = deque(maxlen=200)
            stream = f"{symbol.lower()}@trade"
            self._channels[stream] = TapeChannel(
                stream, symbol, TRADES, tools, last_id=known[-1].id
            )
            for name in (stream, f"{symbol.lower()}@{BOOK}"):
                tools.streams.want(name)

    def deliver(self, frame: Frame) -> None:
        """Take a frame from upstream."""
        channel = self._channel(frame.stream)
        if channel is not None:
            channel.take(frame)
        elif frame.stream.endswith(BOOK):
            self._take_book(frame)

    def resumed(self, streams: list[str]) -> None:
        """Hear that streams flow again after a loss."""
        for stream in streams:
            channel = self._channel(stream)
            if channel is not None:
                channel.resumed()

    def publish(self, frame: Frame) -> None:
        """Take what the channels let through."""
        if "@kline_" in frame.stream:
            self._candles.show(frame)
            return
        trade = trade_of_stream(frame.data)
        if trade is not None:
            self.tape.add(_symbol(frame.stream), trade)

    def tell_gap(self, stream: str) -> None:
        """Let the next trade be a jump."""
        if stream.endswith("@trade"):
            self.tape.jump(_symbol(stream))

    def now_ms(self) -> int:
        """Give the moment the venue has reached."""
        now_ms = self._tools.time.now_ms() - DELAY_MS
        if now_ms != self._asked_ms:
            self._asked_ms, self._reached_ms = now_ms, self._candles.hold_ms(now_ms)
        return self._reached_ms

    def health(self) -> dict[str, object]:
        """Say whether upstream is live, and how many ms ago it last said anything."""
        streams = self._tools.streams
        state = "live" if streams.is_live() else "stale"
        return {"state": state, "age": streams.silent_ms(), "symbols": self._shown}

    async def watch(self, markets: Mapping[str, SymbolMarket]) -> None:
        """Show upstream's symbol states, BREAK while it has been lost for a minute; until cancelled."""
        was_live, looked_at = True, -LOOK_SECONDS
        states: dict[str, SymbolStatus] = {}
        while True:
            if self._tools.clock.boottime() - looked_at >= LOOK_SECONDS:
                states, looked_at = await self._states(states), self._tools.clock.boottime()
            is_live = self._tools.streams.is_live()
            if is_live != was_live:
                _log.warning("market_upstream", state="live" if is_live else "stale")
                was_live = is_live
            is_lost = not is_live and self._tools.streams.silent_ms() > BREAK_MS
            for symbol, market in markets.items():
                state = states.get(symbol, SymbolStatus.TRADING)
                self._show(market, SymbolStatus.BREAK if is_lost else state)
            await asyncio.sleep(WATCH_SECONDS)

    def ticks(self, after_ms: int, until_ms: int) -> Iterator[Tick]:
        """List the trades after one moment and up to another, in time order."""
        return self.tape.ticks(after_ms, until_ms)

    def next_ms(self, position_ms: int) -> int | None:
        """Give the time of the next trade; None if none has come yet."""
        return self.tape.next_ms(position_ms)

    def last(self, symbol: str, position_ms: int) -> Tick:
        """Give the newest trade of a symbol."""
        return self.tape.last(symbol, position_ms)

    async def load(self, wanted: CandleRange) -> None:
        """Fetch what `candles` will be asked for."""
        await self._candles.load(wanted)

    def candles(self, wanted: CandleRange) -> list[Candle]:
        """List candles, oldest first; the newest one may be unfinished."""
        return self._candles.candles(wanted)

    def trades(self, symbol: str, first_id: int, limit: int, position_ms: int) -> list[PublicTrade]:
        """List trades from an id on, of those that came since the start or shortly before."""
        return self.tape.trades(symbol, first_id, limit, position_ms)

    def trade_id(self, symbol: str, time_ms: int) -> int:
        """Give the id of the first trade at or after a moment.

        Before the oldest known trade it is counted from the minutes' numbers of trades, so it
        is exact at the beginning of a minute of the last day.
        """
        oldest_ms = self.tape.oldest_ms(symbol)
        if time_ms >= oldest_ms:
            return self.tape.trade_id(symbol, time_ms)
        border_ms = (oldest_ms // MINUTE_MS + 1) * MINUTE_MS
        number = self.tape.trade_id(symbol, border_ms)
        return max(0, number - self._candles.trades_within(symbol, time_ms, border_ms))

    def books(self, position_ms: int) -> Mapping[str, Book]:
        """Give the newest book of each symbol that the venue has reached."""
        found = {}
        for symbol, states in self._books.items():
            while len(states) > 1 and states[1][0] <= position_ms:
                states.popleft()
            if states and states[0][0] <= position_ms:
                found[symbol] = states[0][1]
        return found

    def shock(self, symbol: str, time_ms: int, factor: int) -> None:
        """Refuse: the market is real."""
        raise NotAllowed(f"{symbol} is live and can't be shocked ({time_ms}, {factor})")

    def push(self, push: Push) -> None:
        """Refuse: the market is real."""
        raise NotAllowed(f"{push.symbol} is live and can't be pushed")

    def _channel(self, stream: str) -> Channel | None:
        return self._channels.get(stream) or self._candles.channel(stream)

    def _take_book(self, frame: Frame) -> None:
        states = self._books.get(_symbol(frame.stream))
        book = _book(frame.data)
        if states is None or book is None:
            return
        if not states or book.update_id != states[-1][1].update_id:
            states.append((self._tools.time.now_ms(), book))

    async def _states(self, known: dict[str, SymbolStatus]) -> dict[str, SymbolStatus]:
        """Ask for the symbols' states; those that are known if there is no answer."""
        names = [one.symbol for one in self.instruments]
        try:
            answer = await self._tools.rest.get(RULES, {"symbols": orjson.dumps(names).decode()})
        except (Transient, VenueError):
            return known
        return {**known, **states_of(answer.value)}

    def _show(self, market: SymbolMarket, state: SymbolStatus) -> None:
        """Set a state when it changes, so that the operator's own choice lasts until then."""
        symbol = market.instrument.symbol
        if self._shown.get(symbol, SymbolStatus.TRADING) is not state:
            market.status = state
            _log.warning("market_state", symbol=symbol, state=state)
        self._shown[symbol] = state


class LiveClock:
    """The venue's time while prices are live: upstream's, one second late, never back."""

    speed = 1

    def __init__(self, source: LiveSource, start_ms: int) -> None:
        """Never show a time before `start_ms`, which was shown before a restart."""
        self._source = source
        self._shown_ms = start_ms

    def now_ms(self) -> int:
        """Give the venue's time."""
        self._shown_ms = max(self._shown_ms, self._source.now_ms())
        return self._shown_ms


def _symbol(stream: str) -> str:
    return stream.partition("@")[0].upper()


def _book(data: object) -> Book | None:
    """Read a partial book; None if it makes no sense, is empty or crossed."""
    try:
        if not isinstance(data, dict) or not isinstance(data["lastUpdateId"], int):
            return None
        bids, asks = _levels(data["bids"]), _levels(data["asks"])
    except (KeyError, TypeError, ValueError):
        return None
    if not bids or not asks or bids[0][0] >= asks[0][0]:
        return None
    return Book(data["lastUpdateId"], bids, asks)


def _levels(value: Iterable[tuple[str, str]]) -> list[Level]:
    levels = [(to_units(price), to_units(quantity)) for price, quantity in value]
    if any(price <= 0 or quantity <= 0 for price, quantity in levels):
        raise ValueError("not a level")
    return levels
