"""Public endpoints that show trades and candles."""

import re
from dataclasses import replace
from typing import Final

from botcore.candles.bars import Candle
from botcore.candles.intervals import INTERVALS, open_of
from botcore.matching.numbers import notional, plain
from botcore.matching.refusals import VenueError
from botexchange.api.call import Call
from botexchange.api.market import listed_one
from botexchange.api.params import Params, invalid
from botexchange.api.payloads import Json
from botexchange.market.source import CandleRange, MarketSource, PublicTrade

__all__ = ["aggregate_trades", "historical_trades", "klines", "recent_trades", "zone_ms"]

_ZONE: Final = re.compile(r"^([+-]?)(1[0-4]|0?[0-9])(?::([0-5][0-9]))?$")
_HOUR: Final = 3_600_000
_STEPS: Final = ("1M", "1d", "1h", "1m")


async def klines(call: Call) -> list[list[object]]:
    """Answer GET klines and uiKlines: from startTime the oldest, otherwise the newest."""
    params, source = call.params, call.venue.source
    symbol = listed_one(call).instrument.symbol
    interval = params.required("interval")
    if interval not in source.intervals:
        raise VenueError(-1120, "Invalid interval.")
    limit = params.limit(500, 1_000)
    wanted = _range(call, symbol, interval, limit)
    if wanted is None:
        return []
    if params.has("startTime"):
        found = (await _oldest(source, wanted, limit))[:limit]
    else:
        found = (await _read(source, wanted))[-limit:]
    return [
        [
            candle.open_ms,
            *(plain(price) for price in candle.bar),
            candle.close_ms,
            plain(candle.quote),
            candle.trades,
            plain(candle.taker),
            plain(candle.taker_quote),
            "0",
        ]
        for candle in found
    ]


async def recent_trades(call: Call) -> list[Json]:
    """Answer GET trades."""
    symbol = listed_one(call).instrument.symbol
    return [_trade(one) for one in _newest(call, symbol, call.venue.position_ms)]


async def historical_trades(call: Call) -> list[Json]:
    """Answer GET historicalTrades."""
    symbol = listed_one(call).instrument.symbol
    from_id = call.params.integer("fromId")
    if from_id is None:
        return [_trade(one) for one in _newest(call, symbol, call.venue.position_ms)]
    return [_trade(one) for one in _from(call, symbol, from_id, call.venue.position_ms)]


async def aggregate_trades(call: Call) -> list[Json]:
    """Answer GET aggTrades: every trade here fills one taker at one price."""
    params, source = call.params, call.venue.source
    symbol = listed_one(call).instrument.symbol
    from_id, start, end = (
        params.integer("fromId"),
        params.instant("startTime"),
        params.instant("endTime"),
    )
    if from_id is not None and (start is not None or end is not None):
        raise VenueError(-1128, "Combination of optional parameters invalid.")
    until = call.venue.position_ms if end is None else min(end, call.venue.position_ms)
    if from_id is None and start is not None:
        from_id = source.trade_id(symbol, start)
    found = _newest(call, symbol, until) if from_id is None else _from(call, symbol, from_id, until)
    return [
        {
            "a": one.id,
            "p": plain(one.price),
            "q": plain(one.quantity),
            "f": one.id,
            "l": one.id,
            "T": one.time_ms,
            "m": one.is_buyer_maker,
            "M": True,
        }
        for one in found
    ]


async def _read(source: MarketSource, wanted: CandleRange) -> list[Candle]:
    await source.load(wanted)
    return source.candles(wanted)


async def _oldest(source: MarketSource, wanted: CandleRange, limit: int) -> list[Candle]:
    """Read the oldest candles of a range, wherever in it the symbol's first one is."""
    reach = limit * INTERVALS[wanted.interval]
    last_ms = min(wanted.last_ms, wanted.first_ms + reach)
    found = await _read(source, replace(wanted, last_ms=last_ms))
    if found or last_ms == wanted.last_ms:
        return found
    first = await _first(source, wanted)
    if first is None:
        return []
    last_ms = min(wanted.last_ms, first.open_ms + reach)
    return await _read(source, replace(wanted, first_ms=first.open_ms, last_ms=last_ms))


async def _first(source: MarketSource, wanted: CandleRange) -> Candle | None:
    """Find the first candle of a range: in its first month, there in the first day, and so on."""
    length, zone = INTERVALS[wanted.interval], wanted.offset_ms
    steps = [one for one in _STEPS if one in source.intervals and INTERVALS[one] > length]
    first_ms, last_ms, found = wanted.first_ms, wanted.last_ms, None
    for interval in [*steps, wanted.interval]:
        begin = open_of(interval, first_ms, zone)
        if interval == wanted.interval:
            begin = max(begin, wanted.first_ms)
        span = replace(wanted, interval=interval, first_ms=begin, last_ms=last_ms)
        found = next(iter(await _read(source, span)), None)
        if found is None:
            return None
        first_ms, last_ms = max(first_ms, found.open_ms), min(last_ms, found.close_ms)
    return found


def _newest(call: Call, symbol: str, until_ms: int) -> list[PublicTrade]:
    limit = call.params.limit(500, 1_000)
    end = call.venue.source.trade_id(symbol, until_ms + 1)
    return call.venue.source.trades(symbol, max(end - limit, 0), limit, until_ms)


def _from(call: Call, symbol: str, from_id: int, until_ms: int) -> list[PublicTrade]:
    limit = call.params.limit(500, 1_000)
    return call.venue.source.trades(symbol, from_id, limit, until_ms)


def _trade(trade: PublicTrade) -> Json:
    return {
        "id": trade.id,
        "price": plain(trade.price),
        "qty": plain(trade.quantity),
        "quoteQty": plain(notional(trade.price, trade.quantity)),
        "time": trade.time_ms,
        "isBuyerMaker": trade.is_buyer_maker,
        "isBestMatch": True,
    }


def _range(call: Call, symbol: str, interval: str, limit: int) -> CandleRange | None:
    """Say which candles are wanted; None if there can be none."""
    params, position = call.params, call.venue.position_ms
    start, end = params.instant("startTime"), params.instant("endTime")
    zone = zone_ms(params)
    last = position if end is None else min(end, position)
    if start is None:
        first = open_of(interval, last, zone) - (limit - 1) * INTERVALS[interval]
    else:
        first = max(start, open_of(interval, call.venue.source.begin_ms, zone))
        if first > last:
            return None
    return CandleRange(
        symbol=symbol,
        interval=interval,
        first_ms=first,
        last_ms=last,
        position_ms=position,
        offset_ms=zone,
    )


def zone_ms(params: Params) -> int:
    """Read `timeZone`: hours, or hours and minutes, -12:00 to +14:00; in ms."""
    found = _ZONE.fullmatch(params.text("timeZone") or "0")
    if found is None:
        raise invalid("timeZone")
    zone = int(found[2]) * _HOUR + int(found[3] or 0) * _HOUR // 60
    zone = -zone if found[1] == "-" else zone
    if not -12 * _HOUR <= zone <= 14 * _HOUR:
        raise invalid("timeZone")
    return zone
