"""Public endpoints that show prices: books, averages, tickers."""

import re
from enum import StrEnum
from typing import Final

from botcore.candles.intervals import DAY_MS, MINUTE_MS, open_of
from botcore.matching.numbers import plain
from botcore.matching.quotes import Level, SymbolMarket
from botcore.matching.refusals import VenueError
from botexchange.api.call import Call
from botexchange.api.market import listed, listed_one
from botexchange.api.market_trades import zone_ms
from botexchange.api.params import invalid, missing
from botexchange.api.payloads import Json
from botexchange.market.figures import mean, percent, signed
from botexchange.market.windows import Window

__all__ = [
    "average_price",
    "book_ticker",
    "day_ticker",
    "depth",
    "price_ticker",
    "rolling_ticker",
    "trading_day_ticker",
]

_WINDOW: Final = re.compile(r"^(?:([1-9]|[1-5][0-9])m|([1-9]|1[0-9]|2[0-3])h|([1-7])d)$")
MOST_SYMBOLS: Final = 100


class TickerType(StrEnum):
    """How much a ticker says."""

    FULL = "FULL"
    MINI = "MINI"


async def depth(call: Call) -> Json:
    """Answer GET depth."""
    market = listed_one(call)
    book = call.venue.books.book(market.instrument.symbol)
    bids, asks = book.levels(call.params.limit(100, 5_000))
    return {"lastUpdateId": book.update_id, "bids": _levels(bids), "asks": _levels(asks)}


async def average_price(call: Call) -> Json:
    """Answer GET avgPrice."""
    market = listed_one(call)
    return {
        "mins": market.instrument.average_minutes,
        "price": plain(market.average()),
        "closeTime": market.time_ms,
    }


async def price_ticker(call: Call) -> object:
    """Answer GET ticker/price."""
    return _shown(
        call,
        [
            {"symbol": market.instrument.symbol, "price": plain(market.last)}
            for market in listed(call)
        ],
    )


async def book_ticker(call: Call) -> object:
    """Answer GET ticker/bookTicker."""
    return _shown(call, [_best(call, market) for market in listed(call)])


async def day_ticker(call: Call) -> object:
    """Answer GET ticker/24hr."""
    markets, kind = listed(call), _type(call)
    found = []
    for market in markets:
        window = await _window(call, market, call.venue.position_ms - DAY_MS)
        found.append(
            _mini(call, market, window) if kind is TickerType.MINI else (_day(call, market, window))
        )
    return _shown(call, found)


async def trading_day_ticker(call: Call) -> object:
    """Answer GET ticker/tradingDay."""
    markets, kind = _some(call), _type(call)
    open_ms = open_of("1d", call.venue.position_ms, zone_ms(call.params))
    return _shown(call, [await _ticker(call, one, open_ms, kind) for one in markets])


async def rolling_ticker(call: Call) -> object:
    """Answer GET ticker: the window begins at a minute, up to 59,999 ms early."""
    markets, kind = _some(call), _type(call)
    found = _WINDOW.fullmatch(call.params.text("windowSize") or "1d")
    if found is None:
        raise invalid("windowSize")
    minutes, hours, days = (int(number or 0) for number in found.groups())
    length = minutes * MINUTE_MS + hours * 60 * MINUTE_MS + days * DAY_MS
    open_ms = call.venue.position_ms - length
    return _shown(call, [await _ticker(call, one, open_ms, kind) for one in markets])


def _some(call: Call) -> list[SymbolMarket]:
    """Find the markets of an endpoint that does not show all of them."""
    if not call.params.has("symbol") and not call.params.has("symbols"):
        raise missing("symbol", "symbols")
    markets = listed(call)
    if len(markets) > MOST_SYMBOLS:
        raise invalid("symbols")
    return markets


def _shown(call: Call, found: list[Json]) -> object:
    """Give an object for `symbol`, a list otherwise."""
    return found[0] if call.params.has("symbol") else found


def _type(call: Call) -> TickerType:
    if not call.params.has("type"):
        return TickerType.FULL
    return call.params.choice("type", TickerType, VenueError(-1139, "Invalid ticker type."))


async def _window(call: Call, market: SymbolMarket, open_ms: int) -> Window:
    symbol, position_ms = market.instrument.symbol, call.venue.position_ms
    await call.venue.windows.load(symbol, open_ms, position_ms)
    return call.venue.windows.since(symbol, open_ms, position_ms)


async def _ticker(call: Call, market: SymbolMarket, open_ms: int, kind: TickerType) -> Json:
    window = await _window(call, market, open_ms)
    if kind is TickerType.MINI:
        return _mini(call, market, window)
    return {"symbol": market.instrument.symbol, **_change(window), **_rest(call, window)}


def _day(call: Call, market: SymbolMarket, window: Window) -> Json:
    """Show the last day; the price before it is taken to be its open."""
    best = _best(call, market)
    return {
        **best,
        **_change(window),
        "prevClosePrice": plain(window.stretch.open),
        "lastQty": plain(market.quantity),
        **_rest(call, window),
    }


def _mini(call: Call, market: SymbolMarket, window: Window) -> Json:
    return {"symbol": market.instrument.symbol, **_rest(call, window)}


def _change(window: Window) -> Json:
    stretch = window.stretch
    change = stretch.close - stretch.open
    return {
        "priceChange": signed(change),
        "priceChangePercent": percent(change, stretch.open),
        "weightedAvgPrice": plain(mean(stretch)),
    }


def _rest(call: Call, window: Window) -> Json:
    stretch = window.stretch
    return {
        "openPrice": plain(stretch.open),
        "highPrice": plain(stretch.high),
        "lowPrice": plain(stretch.low),
        "lastPrice": plain(stretch.close),
        "volume": plain(stretch.volume),
        "quoteVolume": plain(stretch.quote),
        "openTime": window.open_ms,
        "closeTime": call.venue.now_ms(),
        "firstId": window.first_trade if stretch.trades else -1,
        "lastId": window.first_trade + stretch.trades - 1 if stretch.trades else -1,
        "count": stretch.trades,
    }


def _best(call: Call, market: SymbolMarket) -> Json:
    bids, asks = call.venue.books.book(market.instrument.symbol).levels(1)
    bid, ask = bids[0] if bids else (0, 0), asks[0] if asks else (0, 0)
    return {
        "symbol": market.instrument.symbol,
        "bidPrice": plain(bid[0]),
        "bidQty": plain(bid[1]),
        "askPrice": plain(ask[0]),
        "askQty": plain(ask[1]),
    }


def _levels(levels: list[Level]) -> list[list[str]]:
    return [[plain(price), plain(quantity)] for price, quantity in levels]
