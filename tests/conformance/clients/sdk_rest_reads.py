"""The methods of the SDK that only read: the market's and the account's."""

import contextlib

from binance_common.errors import BadRequestError
from checks import Checks
from sdk_settings import SYMBOL, api, judge
from sdk_shapes import raw_of

__all__ = ["account_data", "market_data"]

checks = Checks()


def market_data():
    """Walk the public methods."""
    mini = ("priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastQty", "bidPrice", "bidQty",
            "askPrice", "askQty")  # fmt: skip
    for name, (call, arguments) in (books_and_trades() | prices()).items():
        but = mini if "mini" in name or "MINI" in arguments.values() else ()
        if name.startswith("exchange_info"):
            but = (*but, "sors")
        # Not every symbol has a reference price; -2043 says so.
        allowed = "doesn't have a reference price" if name.startswith("reference") else None
        with checks.now(name), tolerating(allowed):
            judge(
                call,
                but=but,
                **{key: value for key, value in arguments.items() if value is not None},
            )


def books_and_trades():
    """Name the calls about rules, books, trades and candles."""
    both = [SYMBOL, "ETHUSDT"]
    trades = (
        raw_of(api.agg_trades(symbol=SYMBOL, limit=5))
        if _works(api.agg_trades, symbol=SYMBOL)
        else []
    )
    first = trades[0]["T"] if trades else None
    return {
        "ping": (api.ping, {}),
        "time": (api.time, {}),
        "exchange_info": (api.exchange_info, {}),
        "exchange_info symbol": (api.exchange_info, {"symbol": SYMBOL}),
        "exchange_info symbols": (api.exchange_info, {"symbols": both}),
        "exchange_info permissions": (api.exchange_info, {"permissions": ["SPOT"]}),
        "exchange_info status": (api.exchange_info, {"symbol_status": "TRADING"}),
        "execution_rules": (api.execution_rules, {"symbol": SYMBOL}),
        "execution_rules all": (api.execution_rules, {}),
        "depth": (api.depth, {"symbol": SYMBOL, "limit": 5}),
        "depth most": (api.depth, {"symbol": SYMBOL, "limit": 5000}),
        "get_trades": (api.get_trades, {"symbol": SYMBOL, "limit": 10}),
        "historical_trades": (api.historical_trades, {"symbol": SYMBOL, "limit": 10}),
        "agg_trades": (api.agg_trades, {"symbol": SYMBOL, "limit": 10}),
        "agg_trades window": (api.agg_trades, {"symbol": SYMBOL, "start_time": first}),
        "klines": (api.klines, {"symbol": SYMBOL, "interval": "1m", "limit": 5}),
        "klines zone": (api.klines, {"symbol": SYMBOL, "interval": "1d", "time_zone": "+8:00"}),
        "ui_klines": (api.ui_klines, {"symbol": SYMBOL, "interval": "1M", "limit": 5}),
    }


def prices():
    """Name the calls about prices and tickers."""
    both = [SYMBOL, "ETHUSDT"]
    return {
        "avg_price": (api.avg_price, {"symbol": SYMBOL}),
        "ticker24hr": (api.ticker24hr, {"symbol": SYMBOL}),
        "ticker24hr mini": (api.ticker24hr, {"symbol": SYMBOL, "type": "MINI"}),
        "ticker24hr symbols": (api.ticker24hr, {"symbols": both}),
        "ticker24hr all": (api.ticker24hr, {}),
        "ticker_trading_day": (api.ticker_trading_day, {"symbol": SYMBOL}),
        "ticker_trading_day symbols": (api.ticker_trading_day, {"symbols": both, "type": "MINI"}),
        "ticker": (api.ticker, {"symbol": SYMBOL, "window_size": "1h"}),
        "ticker symbols": (api.ticker, {"symbols": both}),
        "ticker_price": (api.ticker_price, {"symbol": SYMBOL}),
        "ticker_price symbols": (api.ticker_price, {"symbols": both}),
        "ticker_price all": (api.ticker_price, {}),
        "ticker_book_ticker": (api.ticker_book_ticker, {"symbol": SYMBOL}),
        "ticker_book_ticker all": (api.ticker_book_ticker, {}),
        "reference_price": (api.reference_price, {"symbol": SYMBOL}),
        "reference_price_calculation": (api.reference_price_calculation, {"symbol": SYMBOL}),
    }


@contextlib.contextmanager
def tolerating(text):
    """Let one refusal pass."""
    try:
        yield
    except BadRequestError as error:
        if text is None or text not in str(error):
            raise


def _works(call, **arguments):
    try:
        call(**arguments)
    except Exception:
        return False
    return True


def account_data():
    """Walk the signed methods that only read; the account has traded by now."""
    order_id = raw_of(api.all_orders(symbol=SYMBOL))[0]["orderId"]
    calls = {
        "get_account": (api.get_account, {}),
        "get_account omit": (api.get_account, {"omit_zero_balances": True, "recv_window": 4000.5}),
        "account_commission": (api.account_commission, {"symbol": SYMBOL}),
        "all_orders": (api.all_orders, {"symbol": SYMBOL}),
        "all_orders from": (api.all_orders, {"symbol": SYMBOL, "order_id": order_id, "limit": 3}),
        "get_open_orders": (api.get_open_orders, {"symbol": SYMBOL}),
        "get_open_orders all": (api.get_open_orders, {}),
        "my_trades": (api.my_trades, {"symbol": SYMBOL}),
        "my_trades from": (api.my_trades, {"symbol": SYMBOL, "from_id": 0, "limit": 2}),
        "all_order_list": (api.all_order_list, {}),
        "open_order_list": (api.open_order_list, {}),
        "rate_limit_order": (api.rate_limit_order, {}),
        "my_prevented_matches": (
            api.my_prevented_matches,
            {"symbol": SYMBOL, "from_prevented_match_id": 0, "order_id": order_id},
        ),
        "order_amendments": (api.order_amendments, {"symbol": SYMBOL, "order_id": order_id}),
        "my_filters": (api.my_filters, {"symbol": SYMBOL}),
    }
    for name, (call, arguments) in calls.items():
        with checks.now(name):
            judge(call, **arguments)
