"""Mean reversion: in when the index rises out of the oversold zone, out while it is overbought."""

from botcore.domain.market import Candle
from botcore.resources.strategy_params import RsiParams
from botrunner.trading.indicator_runs import Prices, Run, run_rsi
from botrunner.trading.indicators import Rsi
from botrunner.trading.strategies.base import Advice, Signal, View, warming_up

__all__ = ["on_candle", "run", "warm_up_candles"]


def warm_up_candles(params: RsiParams) -> int:
    """Feed fifteen times the length, after which the seed weighs less than a millionth."""
    return min(1000, params.length * 15)


def on_candle(params: RsiParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the index after this candle: an entry needs the crossing, an exit only the zone."""
    before = state if isinstance(state, Rsi) else Rsi(params.length)
    after = before.after(candle.close)
    if after.missing:
        return warming_up(after, after.missing)
    level, oversold, overbought = after.level, params.oversold, params.overbought
    if view.holding.quantity:
        if level >= overbought:
            reason = f"RSI {level:.1f} is overbought, at or above {overbought}"
            return Advice(state=after, signal=Signal.EXIT, reason=reason)
        reason = f"in position, RSI {level:.1f} is below {overbought}"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    if level <= oversold:
        reason = f"RSI {level:.1f} is oversold, waits until it rises above {oversold}"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    if before.missing or before.level > oversold:
        reason = f"no crossing, RSI {level:.1f} is above {oversold}"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    reason = f"RSI crossed above {oversold}, to {level:.1f}"
    return Advice(state=after, signal=Signal.ENTER, reason=reason)


def run(params: RsiParams, prices: Prices) -> Run:
    """Say along all candles where `on_candle` surely holds, and what it remembers."""
    return run_rsi(prices, Rsi(params.length), params.oversold, params.overbought)
