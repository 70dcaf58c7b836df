"""Trend following: in when the fast average crosses above the slow one, out while it is below."""

from typing import Final

from botcore.domain.market import Candle
from botcore.resources.strategy_params import EmaCrossParams
from botrunner.trading.indicator_runs import Prices, Run, run_ema_pair
from botrunner.trading.indicators import EmaPair
from botrunner.trading.strategies.base import Advice, View
from botrunner.trading.strategies.crossing import Words, advise_by_crossing

__all__ = ["on_candle", "run", "warm_up_candles"]

_WORDS: Final = Words("fast average", "slow")


def warm_up_candles(params: EmaCrossParams) -> int:
    """Feed eight times the slow average, after which its seed weighs less than a millionth."""
    return min(1000, params.slow * 8)


def on_candle(params: EmaCrossParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the averages after this candle."""
    before = state if isinstance(state, EmaPair) else EmaPair(params.fast, params.slow)
    return advise_by_crossing(_WORDS, before, before.after(candle.close), view)


def run(params: EmaCrossParams, prices: Prices) -> Run:
    """Say along all candles where `on_candle` surely holds, and what it remembers."""
    return run_ema_pair(prices, EmaPair(params.fast, params.slow))
