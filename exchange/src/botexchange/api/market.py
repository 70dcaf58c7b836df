"""Public endpoints: time, rules, prices."""

from botexchange.api.call import Call
from botexchange.api.payloads import Json
from botexchange.matching.instruments import Instrument
from botexchange.matching.numbers import plain
from botexchange.matching.orders import OrderType, Side
from botexchange.matching.quotes import Level, SymbolMarket
from botexchange.matching.refusals import VenueError
from botexchange.quotas import rate_limits

__all__ = [
    "average_price",
    "book_ticker",
    "depth",
    "exchange_info",
    "klines",
    "ping",
    "price_ticker",
    "server_time",
]


async def ping(_call: Call) -> Json:
    """Answer GET ping."""
    return {}


async def server_time(call: Call) -> Json:
    """Answer GET time."""
    return {"serverTime": call.venue.now_ms()}


async def exchange_info(call: Call) -> Json:
    """Answer GET exchangeInfo."""
    return {
        "timezone": "UTC",
        "serverTime": call.venue.now_ms(),
        "rateLimits": rate_limits(call.venue.quotas),
        "exchangeFilters": [],
        "symbols": [_symbol_info(market) for market in _wanted(call)],
    }


async def klines(call: Call) -> list[list[object]]:
    """Answer GET klines."""
    params = call.params
    symbol = params.required("symbol")
    call.venue.engine.market(symbol)
    interval = params.required("interval")
    if interval not in call.venue.source.intervals:
        raise VenueError(-1120, "Invalid interval.")
    span = (params.integer("startTime"), params.integer("endTime"))
    candles = call.venue.candles(symbol, interval, params.limit(500, 1_000), span)
    return [
        [
            candle.open_ms,
            *(plain(price) for price in candle.bar),
            candle.close_ms,
            plain(candle.quote),
            candle.trades,
            plain(candle.bar.volume // 2),
            plain(candle.quote // 2),
            "0",
        ]
        for candle in candles
    ]


async def price_ticker(call: Call) -> object:
    """Answer GET ticker/price: an object for `symbol`, a list otherwise."""
    found = [
        {"symbol": market.instrument.symbol, "price": plain(market.last)}
        for market in _wanted(call)
    ]
    return found[0] if call.params.has("symbol") else found


async def book_ticker(call: Call) -> object:
    """Answer GET ticker/bookTicker: an object for `symbol`, a list otherwise."""
    found = [_best(market) for market in _wanted(call)]
    return found[0] if call.params.has("symbol") else found


async def average_price(call: Call) -> Json:
    """Answer GET avgPrice."""
    market = call.venue.engine.market(call.params.required("symbol"))
    return {
        "mins": market.instrument.average_minutes,
        "price": plain(market.average()),
        "closeTime": market.time_ms,
    }


async def depth(call: Call) -> Json:
    """Answer GET depth."""
    market = call.venue.engine.market(call.params.required("symbol"))
    limit = call.params.limit(100, 5_000)
    return {
        "lastUpdateId": market.time_ms,
        "bids": _levels(market.offers(Side.SELL)[:limit]),
        "asks": _levels(market.offers(Side.BUY)[:limit]),
    }


def _wanted(call: Call) -> list[SymbolMarket]:
    names = call.params.symbols()
    if names is None:
        return list(call.venue.engine.markets.values())
    return [call.venue.engine.market(name) for name in names]


def _levels(levels: list[Level]) -> list[list[str]]:
    return [[plain(price), plain(quantity)] for price, quantity in levels]


def _best(market: SymbolMarket) -> Json:
    bids = market.offers(Side.SELL) or [(0, 0)]
    asks = market.offers(Side.BUY)
    return {
        "symbol": market.instrument.symbol,
        "bidPrice": plain(bids[0][0]),
        "bidQty": plain(bids[0][1]),
        "askPrice": plain(asks[0][0]),
        "askQty": plain(asks[0][1]),
    }


def _symbol_info(market: SymbolMarket) -> Json:
    instrument = market.instrument
    return {
        "symbol": instrument.symbol,
        "status": "HALT" if market.is_halted else "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": instrument.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(OrderType),
        "icebergAllowed": False,
        "ocoAllowed": True,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(instrument),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def _filters(instrument: Instrument) -> list[Json]:
    step, tick = plain(instrument.step), plain(instrument.tick)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": plain(instrument.max_price),
            "tickSize": tick,
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": step,
            "maxQty": plain(instrument.max_quantity),
            "stepSize": step,
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": plain(0),
            "maxQty": plain(instrument.market_max_quantity),
            "stepSize": plain(0),
        },
        *_price_filters(instrument),
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": instrument.max_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": instrument.max_algo_orders},
    ]


def _price_filters(instrument: Instrument) -> list[Json]:
    minutes = instrument.average_minutes
    return [
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": plain(instrument.bid_multiplier_up),
            "bidMultiplierDown": plain(instrument.bid_multiplier_down),
            "askMultiplierUp": plain(instrument.ask_multiplier_up),
            "askMultiplierDown": plain(instrument.ask_multiplier_down),
            "avgPriceMins": minutes,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": plain(instrument.min_notional),
            "applyMinToMarket": True,
            "maxNotional": plain(instrument.max_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": minutes,
        },
    ]
