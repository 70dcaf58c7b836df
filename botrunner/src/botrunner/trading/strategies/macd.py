"""Momentum: in when the MACD line crosses above its signal line, out while it is below."""

from typing import Final

from botcore.domain.market import Candle
from botcore.resources.strategy_params import MacdParams
from botrunner.trading.indicator_runs import Prices, Run, run_macd
from botrunner.trading.indicators import Macd
from botrunner.trading.strategies.base import Advice, View
from botrunner.trading.strategies.crossing import Words, advise_by_crossing

__all__ = ["on_candle", "run", "warm_up_candles"]

_WORDS: Final = Words("MACD", "its signal line")


def warm_up_candles(params: MacdParams) -> int:
    """Feed eight times both averages, after which their seeds weigh less than a millionth."""
    return min(1000, (params.slow + params.signal) * 8)


def on_candle(params: MacdParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the lines after this candle."""
    before = state if isinstance(state, Macd) else Macd(params.fast, params.slow, params.signal)
    return advise_by_crossing(_WORDS, before, before.after(candle.close), view)


def run(params: MacdParams, prices: Prices) -> Run:
    """Say along all candles where `on_candle` surely holds, and what it remembers."""
    return run_macd(prices, Macd(params.fast, params.slow, params.signal))
