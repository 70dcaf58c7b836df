"""Market data frames as Binance writes them, built from the venue's state when asked for."""

from collections.abc import Callable
from dataclasses import replace

import orjson

from botcore.candles.bars import Candle
from botcore.candles.intervals import DAY_MS, open_after, open_of
from botcore.matching.numbers import plain
from botcore.matching.quotes import Level
from botexchange.market.source import CandleRange, PublicTrade
from botexchange.streams.frames_tickers import TickerFrames
from botexchange.streams.frames_topics import Topic, TopicKind
from botexchange.venue import Venue

__all__ = ["MarketFrames"]


class MarketFrames:
    """Builds the payload of each market stream."""

    def __init__(self, venue: Venue) -> None:
        """Read from this venue."""
        self._venue = venue
        self._tickers = TickerFrames(venue)
        self._builders: dict[TopicKind, Callable[[Topic, int], dict[str, object] | None]] = {
            TopicKind.KLINE: self._candle,
            TopicKind.BOOK_TICKER: self._book_ticker,
            TopicKind.DEPTH: self._depth,
            TopicKind.LEVELS: self._levels,
            TopicKind.MINI_TICKER: self._tickers.mini,
            TopicKind.TICKER: self._tickers.day,
            TopicKind.WINDOW: self._tickers.window,
            TopicKind.AVERAGE: self._tickers.average,
        }
        self._trade_ids: dict[str, int] = {}
        self._updates: dict[str, int] = {}

    def exists(self, topic: Topic) -> bool:
        """Tell whether this market has such a stream."""
        if topic.kind is TopicKind.KLINE and topic.interval not in self._venue.source.intervals:
            return False
        return not topic.symbol or topic.symbol in self._venue.engine.markets

    async def load(self, topic: Topic) -> None:
        """Let the source fetch what a stream's frames are made of."""
        venue = self._venue
        position_ms = venue.position_ms
        if topic.kind is TopicKind.KLINE:
            await venue.source.load(self._range(topic, position_ms))
        elif topic.kind in {TopicKind.MINI_TICKER, TopicKind.TICKER, TopicKind.WINDOW}:
            for symbol in [topic.symbol] if topic.symbol else list(venue.engine.markets):
                begin = position_ms - (topic.span_ms or DAY_MS)
                await venue.windows.load(symbol, begin, position_ms)

    def follow(self, topic: Topic) -> None:
        """Begin a stream that tells what happens from now on."""
        venue = self._venue
        if topic.kind is TopicKind.DEPTH:
            venue.books.book(topic.symbol).follow(topic.stream)
        if topic.kind in {TopicKind.TRADE, TopicKind.AGG_TRADE}:
            following = venue.source.trade_id(topic.symbol, venue.position_ms + 1)
            self._trade_ids[topic.stream] = following

    def unfollow(self, topic: Topic) -> None:
        """End a stream."""
        self._trade_ids.pop(topic.stream, None)
        self._updates.pop(topic.stream, None)
        if topic.kind is TopicKind.DEPTH:
            self._venue.books.book(topic.symbol).unfollow(topic.stream)

    def trades(self, topic: Topic) -> list[bytes]:
        """Build a frame for each trade since the last time."""
        first, position_ms = self._trade_ids[topic.stream], self._venue.position_ms
        found = self._venue.source.trades(topic.symbol, first, 1_000, position_ms)
        if found:
            self._trade_ids[topic.stream] = found[-1].id + 1
        build = _trade if topic.kind is TopicKind.TRADE else _agg_trade
        return [orjson.dumps(build(topic.symbol, trade)) for trade in found]

    def closed(self, topic: Topic, time_ms: int) -> bytes | None:
        """Build the final frame of the candle that ends at a time; None if none does."""
        if open_of(topic.interval, time_ms, topic.span_ms) != time_ms:
            return None
        candles = self._venue.source.candles(self._range(topic, time_ms - 1))
        return orjson.dumps(_kline(topic, candles[0], time_ms)) if candles else None

    def current(self, topic: Topic, now_ms: int) -> bytes | None:
        """Build a frame of a stream's present state; None if there is nothing to say."""
        if topic.kind not in self._builders:
            return None
        build = self._builders[topic.kind]
        if topic.symbol:
            frame = build(topic, now_ms)
            return None if frame is None else orjson.dumps(frame)
        everything = (replace(topic, symbol=symbol) for symbol in self._venue.engine.markets)
        return orjson.dumps([build(one, now_ms) for one in everything])

    def _range(self, topic: Topic, time_ms: int) -> CandleRange:
        """Name the one candle that holds a moment."""
        open_ms = open_of(topic.interval, time_ms, topic.span_ms)
        return CandleRange(
            symbol=topic.symbol,
            interval=topic.interval,
            first_ms=open_ms,
            last_ms=open_ms,
            position_ms=self._venue.position_ms,
            offset_ms=topic.span_ms,
        )

    def _candle(self, topic: Topic, now_ms: int) -> dict[str, object] | None:
        wanted = self._range(topic, self._venue.position_ms)
        candles = self._venue.source.candles(wanted)
        if not candles or open_after(topic.interval, wanted.first_ms, topic.span_ms) <= now_ms:
            return None
        return _kline(topic, candles[0], now_ms)

    def _book_ticker(self, topic: Topic, _now_ms: int) -> dict[str, object] | None:
        """Show the best levels, if the book changed since the last time."""
        book = self._venue.books.book(topic.symbol)
        if self._updates.get(topic.stream) == book.update_id:
            return None
        self._updates[topic.stream] = book.update_id
        bids, asks = book.levels(1)
        bid, ask = bids[0] if bids else (0, 0), asks[0] if asks else (0, 0)
        return {
            "u": book.update_id,
            "s": topic.symbol,
            "b": plain(bid[0]),
            "B": plain(bid[1]),
            "a": plain(ask[0]),
            "A": plain(ask[1]),
        }

    def _depth(self, topic: Topic, now_ms: int) -> dict[str, object] | None:
        change = self._venue.books.book(topic.symbol).changes(topic.stream)
        if change is None:
            return None
        return {
            "e": "depthUpdate",
            "E": now_ms,
            "s": topic.symbol,
            "U": change.first_id,
            "u": change.last_id,
            "b": _written(change.bids),
            "a": _written(change.asks),
        }

    def _levels(self, topic: Topic, _now_ms: int) -> dict[str, object]:
        book = self._venue.books.book(topic.symbol)
        bids, asks = book.levels(topic.levels)
        return {
            "lastUpdateId": book.update_id,
            "bids": _written(bids),
            "asks": _written(asks),
        }


def _written(levels: list[Level]) -> list[tuple[str, str]]:
    return [(plain(price), plain(quantity)) for price, quantity in levels]


def _trade(symbol: str, trade: PublicTrade) -> dict[str, object]:
    return {
        "e": "trade",
        "E": trade.time_ms,
        "s": symbol,
        "t": trade.id,
        "p": plain(trade.price),
        "q": plain(trade.quantity),
        "T": trade.time_ms,
        "m": trade.is_buyer_maker,
        "M": True,
    }


def _agg_trade(symbol: str, trade: PublicTrade) -> dict[str, object]:
    """Build an aggregate of one trade: every trade here fills one taker at one price."""
    return {
        "e": "aggTrade",
        "E": trade.time_ms,
        "s": symbol,
        "a": trade.id,
        "p": plain(trade.price),
        "q": plain(trade.quantity),
        "f": trade.id,
        "l": trade.id,
        "T": trade.time_ms,
        "m": trade.is_buyer_maker,
        "M": True,
    }


def _kline(topic: Topic, candle: Candle, now_ms: int) -> dict[str, object]:
    bar = candle.bar
    return {
        "e": "kline",
        "E": now_ms,
        "s": topic.symbol,
        "k": {
            "t": candle.open_ms,
            "T": candle.close_ms,
            "s": topic.symbol,
            "i": topic.interval,
            "f": candle.first_trade if candle.trades else -1,
            "L": candle.first_trade + candle.trades - 1 if candle.trades else -1,
            "o": plain(bar.open),
            "c": plain(bar.close),
            "h": plain(bar.high),
            "l": plain(bar.low),
            "v": plain(bar.volume),
            "n": candle.trades,
            "x": now_ms > candle.close_ms,
            "q": plain(candle.quote),
            "V": plain(candle.taker),
            "Q": plain(candle.taker_quote),
            "B": "0",
        },
    }
