"""Trend following: in when the supertrend turns up, out while it is down."""

from botcore.domain.market import Candle
from botcore.resources.strategy_params import SupertrendParams
from botrunner.trading.indicator_runs import Prices, Run, run_supertrend
from botrunner.trading.indicators import Supertrend
from botrunner.trading.strategies.base import Advice, Signal, View, warming_up

__all__ = ["on_candle", "run", "warm_up_candles"]


def warm_up_candles(params: SupertrendParams) -> int:
    """Feed forty times the length: the range has long forgotten its seed, and the trend has turned."""
    return min(1000, params.length * 40)


def on_candle(params: SupertrendParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the trend after this candle: an entry needs the turn, an exit only the direction."""
    before = state if isinstance(state, Supertrend) else _fresh(params)
    after = before.after(candle)
    if after.missing:
        return warming_up(after, after.missing)
    if view.holding.quantity:
        if after.is_up:
            return Advice(state=after, signal=Signal.HOLD, reason="in position, supertrend is up")
        return Advice(state=after, signal=Signal.EXIT, reason="supertrend is down")
    if not after.is_up:
        return Advice(state=after, signal=Signal.HOLD, reason="no turn, supertrend is down")
    if before.is_up or before.missing:
        return Advice(state=after, signal=Signal.HOLD, reason="no turn, supertrend is up")
    return Advice(state=after, signal=Signal.ENTER, reason="supertrend turned up")


def _fresh(params: SupertrendParams) -> Supertrend:
    return Supertrend.of(params.length, params.multiplier)


def run(params: SupertrendParams, prices: Prices) -> Run:
    """Say along all candles where `on_candle` surely holds, and what it remembers."""
    return run_supertrend(prices, _fresh(params))
