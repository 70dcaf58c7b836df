"""Which module answers for which parameters, and how many candles it needs to warm up."""

from typing import assert_never

from botcore.domain.market import Candle
from botcore.resources.strategy_params import DcaParams, EmaCrossParams, StrategyParams
from botrunner.trading.strategies import dca, ema_cross
from botrunner.trading.strategies.base import Advice, View

__all__ = ["advise", "warm_up_candles"]


def advise(params: StrategyParams, state: object, candle: Candle, view: View) -> Advice:
    """Ask the strategy that these parameters belong to."""
    match params:
        case DcaParams():
            return dca.on_candle(params, state, candle, view)
        case EmaCrossParams():
            return ema_cross.on_candle(params, state, candle, view)
        case _:
            assert_never(params)


def warm_up_candles(params: StrategyParams) -> int:
    """Return how many closed candles to feed before the first decision (at most 1000, one request)."""
    match params:
        case DcaParams():
            return 1
        case EmaCrossParams():
            # After four times its length an EMA has forgotten its seed to below 0.1 %.
            return min(1000, params.slow * 4)
        case _:
            assert_never(params)
