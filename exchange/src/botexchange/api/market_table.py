"""Which public endpoint answers which path and which WebSocket method, and what it costs."""

from typing import Final

from botexchange.api import market, market_tickers, market_trades
from botexchange.api.call import Endpoint
from botexchange.api.names import KLINES, NOTHING, SOME_SYMBOLS, SYMBOL, names
from botexchange.api.params import Params

__all__ = ["MARKET_METHODS", "MARKET_ROUTES"]

_DEPTH_COSTS: Final = ((100, 5), (500, 25), (1_000, 50), (5_000, 250))


def _depth_weight(params: Params) -> int:
    limit = params.limit(100, 5_000)
    return next(cost for most, cost in _DEPTH_COSTS if limit <= most)


def _price_weight(params: Params) -> int:
    return 2 if params.has("symbol") else 4


def _day_weight(params: Params) -> int:
    symbols = params.symbols()
    if symbols is None or len(symbols) > 100:
        return 80
    return 2 if len(symbols) <= 20 else 40


def _window_weight(params: Params) -> int:
    return min(4 * len(params.symbols() or [""]), 200)


def _rules_weight(params: Params) -> int:
    symbols = params.symbols()
    return 40 if symbols is None else min(2 * len(symbols), 40)


_TRADES: Final = names("symbol limit fromId")
_EXCHANGE: Final = SOME_SYMBOLS | names("permissions showPermissionSets")
_AGGREGATE: Final = names("symbol fromId startTime endTime limit")

_ENDPOINTS: Final[tuple[tuple[str, str, Endpoint], ...]] = (
    ("ping", "ping", Endpoint.public(market.ping, 1, NOTHING)),
    ("time", "time", Endpoint.public(market.server_time, 1, NOTHING)),
    ("exchangeInfo", "exchangeInfo", Endpoint.public(market.exchange_info, 20, _EXCHANGE)),
    (
        "executionRules",
        "executionRules",
        Endpoint.public(market.execution_rules, _rules_weight, SOME_SYMBOLS),
    ),
    ("referencePrice", "referencePrice", Endpoint.public(market.reference_price, 2, SYMBOL)),
    (
        "referencePrice/calculation",
        "referencePrice.calculation",
        Endpoint.public(market.reference_price, 2, names("symbol symbolStatus")),
    ),
    (
        "depth",
        "depth",
        Endpoint.public(market_tickers.depth, _depth_weight, names("symbol limit symbolStatus")),
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
    ("avgPrice", "avgPrice", Endpoint.public(market_tickers.average_price, 2, SYMBOL)),
    (
        "ticker/24hr",
        "ticker.24hr",
        Endpoint.public(market_tickers.day_ticker, _day_weight, SOME_SYMBOLS | names("type")),
    ),
    (
        "ticker/tradingDay",
        "ticker.tradingDay",
        Endpoint.public(
            market_tickers.trading_day_ticker, _window_weight, SOME_SYMBOLS | names("timeZone type")
        ),
    ),
    (
        "ticker",
        "ticker",
        Endpoint.public(
            market_tickers.rolling_ticker, _window_weight, SOME_SYMBOLS | names("windowSize type")
        ),
    ),
    (
        "ticker/price",
        "ticker.price",
        Endpoint.public(market_tickers.price_ticker, _price_weight, SOME_SYMBOLS),
    ),
    (
        "ticker/bookTicker",
        "ticker.book",
        Endpoint.public(market_tickers.book_ticker, _price_weight, SOME_SYMBOLS),
    ),
)

MARKET_ROUTES: Final = {("GET", f"/api/v3/{path}"): one for path, _, one in _ENDPOINTS}
MARKET_METHODS: Final = {
    **{method: one for _, method, one in _ENDPOINTS},
    "exchangeInfo": Endpoint.public(market.socket_exchange_info, 20, _EXCHANGE),
}
