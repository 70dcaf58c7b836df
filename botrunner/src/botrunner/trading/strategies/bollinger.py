"""Mean reversion: in when the close falls below the lower band, out once it is back at a band above."""

from botcore.domain.market import Candle
from botcore.resources.strategy_params import BollingerParams, ExitBand
from botrunner.trading.indicator_runs import Prices, Run, run_bollinger
from botrunner.trading.indicators import Bollinger
from botrunner.trading.strategies.base import Advice, Signal, View, warming_up

__all__ = ["on_candle", "run", "warm_up_candles"]


def warm_up_candles(params: BollingerParams) -> int:
    """Feed one window; the candle after it can be a crossing."""
    return params.length


def on_candle(params: BollingerParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the bands after this candle: an entry needs the crossing, an exit only the side."""
    before = state if isinstance(state, Bollinger) else _fresh(params)
    after = before.after(candle.close)
    if after.missing:
        return warming_up(after, after.missing)
    if view.holding.quantity:
        return _in_position(params, after)
    if not after.is_below_lower:
        reason = "no crossing, close is not below the lower band"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    if before.missing or before.is_below_lower:
        reason = "no crossing, close was below the lower band before"
        return Advice(state=after, signal=Signal.HOLD, reason=reason)
    return Advice(state=after, signal=Signal.ENTER, reason="close fell below the lower band")


def _in_position(params: BollingerParams, after: Bollinger) -> Advice:
    is_middle = params.exit_at is ExitBand.MIDDLE
    if after.has_reached_middle if is_middle else after.has_reached_upper:
        reason = f"close is back at the {params.exit_at} band"
        return Advice(state=after, signal=Signal.EXIT, reason=reason)
    reason = f"in position, close is below the {params.exit_at} band"
    return Advice(state=after, signal=Signal.HOLD, reason=reason)


def _fresh(params: BollingerParams) -> Bollinger:
    return Bollinger.of(params.length, params.deviations)


def run(params: BollingerParams, prices: Prices) -> Run:
    """Say along all candles where `on_candle` surely holds, and what it remembers."""
    return run_bollinger(prices, _fresh(params), leaves_at_middle=params.exit_at is ExitBand.MIDDLE)
