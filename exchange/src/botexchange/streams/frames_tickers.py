"""Frames of tickers and average prices."""

from botcore.candles.intervals import DAY_MS
from botcore.matching.numbers import plain
from botexchange.market.figures import mean, percent, signed
from botexchange.market.windows import Window
from botexchange.streams.frames_topics import Topic
from botexchange.venue import Venue

__all__ = ["TickerFrames"]


class TickerFrames:
    """Builds the payloads that look back over a window."""

    def __init__(self, venue: Venue) -> None:
        """Read from this venue."""
        self._venue = venue

    def mini(self, topic: Topic, now_ms: int) -> dict[str, object]:
        """Build <symbol>@miniTicker."""
        stretch = self._window(topic, DAY_MS).stretch
        return {
            "e": "24hrMiniTicker",
            "E": now_ms,
            "s": topic.symbol,
            "c": plain(stretch.close),
            "o": plain(stretch.open),
            "h": plain(stretch.high),
            "l": plain(stretch.low),
            "v": plain(stretch.volume),
            "q": plain(stretch.quote),
        }

    def day(self, topic: Topic, now_ms: int) -> dict[str, object]:
        """Build <symbol>@ticker; the price before the window (x) is taken to be its open."""
        symbol, window = topic.symbol, self._window(topic, DAY_MS)
        bids, asks = self._venue.books.book(symbol).levels(1)
        bid, ask = bids[0] if bids else (0, 0), asks[0] if asks else (0, 0)
        return {
            "e": "24hrTicker",
            "E": now_ms,
            "s": symbol,
            **_change(window),
            "w": plain(mean(window.stretch)),
            "x": plain(window.stretch.open),
            "c": plain(window.stretch.close),
            "Q": plain(self._venue.engine.markets[symbol].quantity),
            "b": plain(bid[0]),
            "B": plain(bid[1]),
            "a": plain(ask[0]),
            "A": plain(ask[1]),
            **_prices(window),
            **_times(window, now_ms),
        }

    def window(self, topic: Topic, now_ms: int) -> dict[str, object]:
        """Build <symbol>@ticker_<window>."""
        window = self._window(topic, topic.span_ms)
        return {
            "e": f"{topic.interval}Ticker",
            "E": now_ms,
            "s": topic.symbol,
            **_change(window),
            **_prices(window),
            "c": plain(window.stretch.close),
            "w": plain(mean(window.stretch)),
            **_times(window, now_ms),
        }

    def average(self, topic: Topic, now_ms: int) -> dict[str, object]:
        """Build <symbol>@avgPrice."""
        market = self._venue.engine.markets[topic.symbol]
        return {
            "e": "avgPrice",
            "E": now_ms,
            "s": topic.symbol,
            "i": f"{market.instrument.average_minutes}m",
            "w": plain(market.average()),
            "T": market.time_ms,
        }

    def _window(self, topic: Topic, length_ms: int) -> Window:
        return self._venue.windows.rolling(topic.symbol, length_ms, self._venue.position_ms)


def _change(window: Window) -> dict[str, object]:
    change = window.stretch.close - window.stretch.open
    return {"p": signed(change), "P": percent(change, window.stretch.open)}


def _prices(window: Window) -> dict[str, object]:
    stretch = window.stretch
    return {
        "o": plain(stretch.open),
        "h": plain(stretch.high),
        "l": plain(stretch.low),
        "v": plain(stretch.volume),
        "q": plain(stretch.quote),
    }


def _times(window: Window, now_ms: int) -> dict[str, object]:
    count = window.stretch.trades
    return {
        "O": window.open_ms,
        "C": now_ms,
        "F": window.first_trade if count else -1,
        "L": window.first_trade + count - 1 if count else -1,
        "n": count,
    }
