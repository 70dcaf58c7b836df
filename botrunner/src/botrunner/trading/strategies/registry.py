"""Which module answers for which parameters, and how many candles it needs to warm up."""

from collections.abc import Callable
from typing import Any

from botcore.domain.market import Candle
from botcore.resources.strategy_params import (
    BollingerParams,
    CustomParams,
    DcaParams,
    EmaCrossParams,
    GridParams,
    MacdParams,
    RebalanceParams,
    RsiParams,
    StrategyParams,
    SupertrendParams,
)
from botrunner.trading.indicator_runs import Prices, Run
from botrunner.trading.strategies import (
    bollinger,
    dca,
    ema_cross,
    grid,
    macd,
    own,
    rebalance,
    rsi,
    supertrend,
)
from botrunner.trading.strategies.base import Advice, View

__all__ = ["advise", "run", "warm_up_candles"]

# By type, as a chain of isinstance would cost the last one as much as its own work. A test holds the
# table complete.
_ON_CANDLE: dict[type[StrategyParams], Callable[[Any, object, Candle, View], Advice]] = {
    DcaParams: dca.on_candle,
    GridParams: grid.on_candle,
    EmaCrossParams: ema_cross.on_candle,
    RsiParams: rsi.on_candle,
    BollingerParams: bollinger.on_candle,
    MacdParams: macd.on_candle,
    SupertrendParams: supertrend.on_candle,
    RebalanceParams: rebalance.on_candle,
    CustomParams: own.on_candle,
}
_WARM_UP: dict[type[StrategyParams], Callable[[Any], int]] = {
    DcaParams: dca.warm_up_candles,
    GridParams: grid.warm_up_candles,
    EmaCrossParams: ema_cross.warm_up_candles,
    RsiParams: rsi.warm_up_candles,
    BollingerParams: bollinger.warm_up_candles,
    MacdParams: macd.warm_up_candles,
    SupertrendParams: supertrend.warm_up_candles,
    RebalanceParams: rebalance.warm_up_candles,
    CustomParams: own.warm_up_candles,
}
# The strategies whose holding can be told ahead from the candles alone.
_RUN: dict[type[StrategyParams], Callable[[Any, Prices], Run]] = {
    EmaCrossParams: ema_cross.run,
    RsiParams: rsi.run,
    BollingerParams: bollinger.run,
    MacdParams: macd.run,
    SupertrendParams: supertrend.run,
}


def advise(params: StrategyParams, state: object, candle: Candle, view: View) -> Advice:
    """Ask the strategy that these parameters belong to, about a closed candle (TR-32)."""
    return _ON_CANDLE[type(params)](params, state, candle, view)


def warm_up_candles(params: StrategyParams) -> int:
    """Return how many closed candles to feed before the first decision (at most 1000, one request)."""
    return _WARM_UP[type(params)](params)


def run(params: StrategyParams, prices: Prices) -> Run | None:
    """Say along all candles where a strategy surely holds; None if only each candle can tell."""
    known = _RUN.get(type(params))
    return None if known is None else known(params, prices)
