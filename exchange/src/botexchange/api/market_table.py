"""Which public endpoint answers which path and which WebSocket method, and what it costs."""

from typing import Final

from botexchange.api import market, market_tickers, market_trades
from botexchange.api.call import Answer, Endpoint, Weight
from botexchange.api.names import MARKET
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


_ENDPOINTS: Final[tuple[tuple[str, str, Answer, Weight], ...]] = (
    ("ping", "ping", market.ping, 1),
    ("time", "time", market.server_time, 1),
    ("exchangeInfo", "exchangeInfo", market.exchange_info, 20),
    ("executionRules", "executionRules", market.execution_rules, _rules_weight),
    ("referencePrice", "referencePrice", market.reference_price, 2),
    ("referencePrice/calculation", "referencePrice.calculation", market.reference_price, 2),
    ("depth", "depth", market_tickers.depth, _depth_weight),
    ("trades", "trades.recent", market_trades.recent_trades, 25),
    ("historicalTrades", "trades.historical", market_trades.historical_trades, 25),
    ("aggTrades", "trades.aggregate", market_trades.aggregate_trades, 4),
    ("klines", "klines", market_trades.klines, 2),
    ("uiKlines", "uiKlines", market_trades.klines, 2),
    ("avgPrice", "avgPrice", market_tickers.average_price, 2),
    ("ticker/24hr", "ticker.24hr", market_tickers.day_ticker, _day_weight),
    ("ticker/tradingDay", "ticker.tradingDay", market_tickers.trading_day_ticker, _window_weight),
    ("ticker", "ticker", market_tickers.rolling_ticker, _window_weight),
    ("ticker/price", "ticker.price", market_tickers.price_ticker, _price_weight),
    ("ticker/bookTicker", "ticker.book", market_tickers.book_ticker, _price_weight),
)
_SOCKET_INFO: Final = Endpoint.public(market.socket_exchange_info, 20, MARKET["exchangeInfo"])

MARKET_ROUTES: Final = {
    ("GET", f"/api/v3/{path}"): Endpoint.public(answer, weight, MARKET[path])
    for path, _, answer, weight in _ENDPOINTS
}
MARKET_METHODS: Final = {
    **{method: MARKET_ROUTES["GET", f"/api/v3/{path}"] for path, method, _, _ in _ENDPOINTS},
    "exchangeInfo": _SOCKET_INFO,
}
