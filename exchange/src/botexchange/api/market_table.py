"""Which public endpoint answers which path and which WebSocket method, and what it costs."""

from typing import Final

from botexchange.api import market, market_tickers, market_trades
from botexchange.api.call import Endpoint
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


_ENDPOINTS: Final[tuple[tuple[str, str, Endpoint], ...]] = (
    ("ping", "ping", Endpoint.public(market.ping)),
    ("time", "time", Endpoint.public(market.server_time)),
    ("exchangeInfo", "exchangeInfo", Endpoint.public(market.exchange_info, 20)),
    (
        "executionRules",
        "executionRules",
        Endpoint(answer=market.execution_rules, weight=_rules_weight),
    ),
    ("referencePrice", "referencePrice", Endpoint.public(market.reference_price, 2)),
    (
        "referencePrice/calculation",
        "referencePrice.calculation",
        Endpoint.public(market.reference_price, 2),
    ),
    ("depth", "depth", Endpoint(answer=market_tickers.depth, weight=_depth_weight)),
    ("trades", "trades.recent", Endpoint.public(market_trades.recent_trades, 25)),
    (
        "historicalTrades",
        "trades.historical",
        Endpoint.public(market_trades.historical_trades, 25),
    ),
    ("aggTrades", "trades.aggregate", Endpoint.public(market_trades.aggregate_trades, 4)),
    ("klines", "klines", Endpoint.public(market_trades.klines, 2)),
    ("uiKlines", "uiKlines", Endpoint.public(market_trades.klines, 2)),
    ("avgPrice", "avgPrice", Endpoint.public(market_tickers.average_price, 2)),
    ("ticker/24hr", "ticker.24hr", Endpoint(answer=market_tickers.day_ticker, weight=_day_weight)),
    (
        "ticker/tradingDay",
        "ticker.tradingDay",
        Endpoint(answer=market_tickers.trading_day_ticker, weight=_window_weight),
    ),
    ("ticker", "ticker", Endpoint(answer=market_tickers.rolling_ticker, weight=_window_weight)),
    (
        "ticker/price",
        "ticker.price",
        Endpoint(answer=market_tickers.price_ticker, weight=_price_weight),
    ),
    (
        "ticker/bookTicker",
        "ticker.book",
        Endpoint(answer=market_tickers.book_ticker, weight=_price_weight),
    ),
)

MARKET_ROUTES: Final = {("GET", f"/api/v3/{path}"): one for path, _, one in _ENDPOINTS}
MARKET_METHODS: Final = {
    **{method: one for _, method, one in _ENDPOINTS},
    "exchangeInfo": Endpoint.public(market.socket_exchange_info, 20),
}
