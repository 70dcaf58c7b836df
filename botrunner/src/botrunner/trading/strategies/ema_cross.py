"""Trend following: in when the fast average crosses above the slow one, out while it is below."""

from botcore.domain.market import Candle
from botcore.resources.strategy_params import EmaCrossParams
from botrunner.trading.indicator_runs import Prices, Run, run_ema_pair
from botrunner.trading.indicators import EmaPair
from botrunner.trading.strategies.base import Advice, Signal, View, warming_up

__all__ = ["on_candle", "run", "warm_up_candles"]


def warm_up_candles(params: EmaCrossParams) -> int:
    """Feed eight times the slow average, after which its seed weighs less than a millionth."""
    return min(1000, params.slow * 8)


def on_candle(params: EmaCrossParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the averages after this candle.

    An entry needs the crossing itself, so that a restart does not buy late; an exit needs only the
    side, so that a crossing missed while away still sells.
    """
    before = state if isinstance(state, EmaPair) else EmaPair(params.fast, params.slow)
    after = before.after(candle.close)
    if after.missing:
        return warming_up(after, after.missing)
    if view.holding.quantity:
        if after.is_above:
            reason = "in position, fast average is above slow"
            return Advice(state=after, signal=Signal.HOLD, reason=reason)
        return Advice(state=after, signal=Signal.EXIT, reason="fast average is below slow")
    if not after.is_above:
        reason = "no crossing, fast average is below slow"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    if before.is_above or before.missing:
        reason = "no crossing, fast average is above slow"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    return Advice(state=after, signal=Signal.ENTER, reason="fast average crossed above slow")


def run(params: EmaCrossParams, prices: Prices) -> Run:
    """Say along all candles where `on_candle` surely holds, and what it remembers."""
    return run_ema_pair(prices, EmaPair(params.fast, params.slow))
