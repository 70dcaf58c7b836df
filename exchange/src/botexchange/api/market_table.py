"""Which public endpoint answers which path and which WebSocket method, and what it costs."""

from typing import Final

from botexchange.api import market, market_tickers, market_trades
from botexchange.api.call import Endpoint
from botexchange.api.names import KLINES, SOME_SYMBOLS, names
from botexchange.api.params import Params

__all__ = ["MARKET_METHODS", "MARKET_ROUTES"]

_DEPTH_COSTS: Final = ((100, 5), (500, 25), (1_000, 50), (5_000, 250))


def _depth_weight(params: Params) -> int:
    limit = params.limit(100, 5_000)
    return next(cost for most, cost in _DEPTH_COSTS if limit <= most)


def _price_weight(params: Params) -> int:
    return 2 if params.has("symbol") else 4


def _day_weight(params: Params) -> int:
    names = params.symbols()
    if names is None or len(names) > 100:
        return 80
    return 2 if len(names) <= 20 else 40


def _window_weight(params: Params) -> int:
    return min(4 * len(params.symbols() or [""]), 200)


def _rules_weight(params: Params) -> int:
    names = params.symbols()
    return 40 if names is None else min(2 * len(names), 40)


_NOTHING: Final = names("")
_SYMBOL: Final = names("symbol")
_TRADES: Final = names("symbol limit fromId")
_EXCHANGE: Final = SOME_SYMBOLS | names("permissions showPermissionSets")
_AGGREGATE: Final = names("symbol fromId startTime endTime limit")

_ENDPOINTS: Final[tuple[tuple[str, str, Endpoint], ...]] = (
    ("ping", "ping", Endpoint.public(market.ping, 1, _NOTHING)),
    ("time", "time", Endpoint.public(market.server_time, 1, _NOTHING)),
    ("exchangeInfo", "exchangeInfo", Endpoint.public(market.exchange_info, 20, _EXCHANGE)),
    (
        "executionRules",
        "executionRules",
        Endpoint(answer=market.execution_rules, weight=_rules_weight, names=SOME_SYMBOLS),
    ),
    ("referencePrice", "referencePrice", Endpoint.public(market.reference_price, 2, _SYMBOL)),
    (
        "referencePrice/calculation",
        "referencePrice.calculation",
        Endpoint.public(market.reference_price, 2, names("symbol symbolStatus")),
    ),
    (
        "depth",
        "depth",
        Endpoint(
            answer=market_tickers.depth,
            weight=_depth_weight,
            names=names("symbol limit symbolStatus"),
        ),
    ),
    (
        "trades",
        "trades.recent",
        Endpoint.public(market_trades.recent_trades, 25, names("symbol limit")),
    ),
    (
        "historicalTrades",
        "trades.historical",
        Endpoint.public(market_trades.historical_trades, 25, _TRADES),
    ),
    (
        "aggTrades",
        "trades.aggregate",
        Endpoint.public(market_trades.aggregate_trades, 4, _AGGREGATE),
    ),
    ("klines", "klines", Endpoint.public(market_trades.klines, 2, KLINES)),
    ("uiKlines", "uiKlines", Endpoint.public(market_trades.klines, 2, KLINES)),
    ("avgPrice", "avgPrice", Endpoint.public(market_tickers.average_price, 2, _SYMBOL)),
    (
        "ticker/24hr",
        "ticker.24hr",
        Endpoint(
            answer=market_tickers.day_ticker,
            weight=_day_weight,
            names=SOME_SYMBOLS | names("type"),
        ),
    ),
    (
        "ticker/tradingDay",
        "ticker.tradingDay",
        Endpoint(
            answer=market_tickers.trading_day_ticker,
            weight=_window_weight,
            names=SOME_SYMBOLS | names("timeZone type"),
        ),
    ),
    (
        "ticker",
        "ticker",
        Endpoint(
            answer=market_tickers.rolling_ticker,
            weight=_window_weight,
            names=SOME_SYMBOLS | names("windowSize type"),
        ),
    ),
    (
        "ticker/price",
        "ticker.price",
        Endpoint(answer=market_tickers.price_ticker, weight=_price_weight, names=SOME_SYMBOLS),
    ),
    (
        "ticker/bookTicker",
        "ticker.book",
        Endpoint(answer=market_tickers.book_ticker, weight=_price_weight, names=SOME_SYMBOLS),
    ),
)

MARKET_ROUTES: Final = {("GET", f"/api/v3/{path}"): one for path, _, one in _ENDPOINTS}
MARKET_METHODS: Final = {
    **{method: one for _, method, one in _ENDPOINTS},
    "exchangeInfo": Endpoint.public(market.socket_exchange_info, 20, _EXCHANGE),
}
