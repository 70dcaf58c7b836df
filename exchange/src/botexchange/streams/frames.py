"""Market data frames as Binance writes them."""

import json
import re
from typing import Final

from botexchange.market.candles import Candle
from botexchange.market.intervals import DAY_MS, open_after, open_of
from botexchange.matching.numbers import plain
from botexchange.matching.orders import Side
from botexchange.matching.quotes import Tick
from botexchange.venue import Venue

__all__ = ["MarketFrames", "parse_kline"]

_KLINE: Final = re.compile(r"^([a-z0-9]+)@kline_([0-9]+[mhdwM])$")


def parse_kline(stream: str) -> tuple[str, str] | None:
    """Read symbol and interval out of a kline stream's name."""
    found = _KLINE.match(stream)
    return (found[1].upper(), found[2]) if found else None


class MarketFrames:
    """Builds the payload of each market stream from the venue's state."""

    def __init__(self, venue: Venue) -> None:
        """Read from this venue."""
        self._venue = venue

    def closed(self, stream: str, time_ms: int) -> str | None:
        """Build the final frame of the candle that ends at a time; None if none does."""
        parsed = self._parse(stream)
        if parsed is None or open_of(parsed[1], time_ms) != time_ms:
            return None
        symbol, interval = parsed
        open_ms = open_of(interval, time_ms - 1)
        candles = self._venue.candles(symbol, interval, 1, (open_ms, open_ms))
        return _kline(symbol, interval, candles[0], time_ms) if candles else None

    def current(self, stream: str, now_ms: int) -> str | None:
        """Build a frame of a stream's present state; None for streams that have none."""
        parsed = self._parse(stream)
        if parsed is not None:
            symbol, interval = parsed
            candles = self._venue.candles(symbol, interval, 1, (None, None))
            if not candles or open_after(interval, candles[0].open_ms) <= now_ms:
                return None
            return _kline(symbol, interval, candles[0], now_ms)
        name, _, kind = stream.partition("@")
        if name.upper() not in self._venue.engine.markets:
            return None
        if kind == "bookTicker":
            return self._book_ticker(name.upper())
        return self._mini_ticker(name.upper(), now_ms) if kind == "miniTicker" else None

    def trade(self, tick: Tick) -> str:
        """Build the frame of one market trade."""
        return _json(
            {
                "e": "trade",
                "E": tick.time_ms,
                "s": tick.symbol,
                "t": tick.time_ms // 1_000,
                "p": plain(tick.price),
                "q": plain(tick.quantity),
                "T": tick.time_ms,
                "m": tick.time_ms % 4_000 == 0,
                "M": True,
            }
        )

    def _parse(self, stream: str) -> tuple[str, str] | None:
        parsed = parse_kline(stream)
        if parsed is None or parsed[0] not in self._venue.engine.markets:
            return None
        return parsed if parsed[1] in self._venue.source.intervals else None

    def _book_ticker(self, symbol: str) -> str:
        market = self._venue.engine.market(symbol)
        bids, asks = market.offers(Side.SELL), market.offers(Side.BUY)
        return _json(
            {
                "u": market.time_ms,
                "s": symbol,
                "b": plain(bids[0][0] if bids else 0),
                "B": plain(bids[0][1] if bids else 0),
                "a": plain(asks[0][0]),
                "A": plain(asks[0][1]),
            }
        )

    def _mini_ticker(self, symbol: str, now_ms: int) -> str | None:
        interval = "1h" if "1h" in self._venue.source.intervals else self._venue.source.intervals[0]
        candles = self._venue.candles(symbol, interval, 1_000, (now_ms - DAY_MS, None))
        if not candles:
            return None
        return _json(
            {
                "e": "24hrMiniTicker",
                "E": now_ms,
                "s": symbol,
                "c": plain(candles[-1].bar.close),
                "o": plain(candles[0].bar.open),
                "h": plain(max(candle.bar.high for candle in candles)),
                "l": plain(min(candle.bar.low for candle in candles)),
                "v": plain(sum(candle.bar.volume for candle in candles)),
                "q": plain(sum(candle.quote for candle in candles)),
            }
        )


def _kline(symbol: str, interval: str, candle: Candle, now_ms: int) -> str:
    bar = candle.bar
    return _json(
        {
            "e": "kline",
            "E": now_ms,
            "s": symbol,
            "k": {
                "t": candle.open_ms,
                "T": candle.close_ms,
                "s": symbol,
                "i": interval,
                "f": candle.first_trade,
                "L": candle.first_trade + candle.trades - 1,
                "o": plain(bar.open),
                "c": plain(bar.close),
                "h": plain(bar.high),
                "l": plain(bar.low),
                "v": plain(bar.volume),
                "n": candle.trades,
                "x": now_ms > candle.close_ms,
                "q": plain(candle.quote),
                "V": plain(bar.volume // 2),
                "Q": plain(candle.quote // 2),
                "B": "0",
            },
        }
    )


def _json(payload: dict[str, object]) -> str:
    return json.dumps(payload, separators=(",", ":"))
