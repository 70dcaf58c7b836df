"""Momentum: in when the MACD line crosses above its signal line, out while it is below."""

from botcore.domain.market import Candle
from botcore.resources.strategy_params import MacdParams
from botrunner.trading.indicator_runs import Prices, Run, run_macd
from botrunner.trading.indicators import Macd
from botrunner.trading.strategies.base import Advice, Signal, View, warming_up

__all__ = ["on_candle", "run", "warm_up_candles"]


def warm_up_candles(params: MacdParams) -> int:
    """Feed eight times both averages, after which their seeds weigh less than a millionth."""
    return min(1000, (params.slow + params.signal) * 8)


def on_candle(params: MacdParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the lines after this candle: an entry needs the crossing, an exit only the side."""
    before = state if isinstance(state, Macd) else Macd(params.fast, params.slow, params.signal)
    after = before.after(candle.close)
    if after.missing:
        return warming_up(after, after.missing)
    if view.holding.quantity:
        if after.is_above:
            reason = "in position, MACD is above its signal line"
            return Advice(state=after, signal=Signal.HOLD, reason=reason)
        return Advice(state=after, signal=Signal.EXIT, reason="MACD is below its signal line")
    if not after.is_above:
        reason = "no crossing, MACD is below its signal line"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    if before.is_above or before.missing:
        reason = "no crossing, MACD is above its signal line"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    return Advice(state=after, signal=Signal.ENTER, reason="MACD crossed above its signal line")


def run(params: MacdParams, prices: Prices) -> Run:
    """Say along all candles where `on_candle` surely holds, and what it remembers."""
    return run_macd(prices, Macd(params.fast, params.slow, params.signal))
