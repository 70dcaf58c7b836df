"""Trend following: in when the fast average crosses above the slow one, out while it is below."""

from botcore.domain.market import Candle
from botcore.domain.money import ZERO
from botcore.domain.records import record
from botcore.resources.strategy_params import EmaCrossParams
from botrunner.trading.indicators import Ema
from botrunner.trading.strategies.base import Advice, Holding, Signal, View

__all__ = ["EmaCrossState", "on_candle"]


@record
class EmaCrossState:
    """Both averages, and on which side of the slow one the fast one was at the last candle."""

    fast: Ema
    slow: Ema
    was_above: bool | None = None


def on_candle(params: EmaCrossParams, state: object, candle: Candle, view: View) -> Advice:
    """Advise by the averages after this candle.

    An entry needs the crossing itself, so that a restart does not buy late; an exit needs only the
    side, so that a crossing missed while away still sells.
    """
    holding = view.holding
    before = state if isinstance(state, EmaCrossState) else _fresh(params)
    fast, slow = before.fast.after(candle.close), before.slow.after(candle.close)
    is_above = fast.level > slow.level if slow.is_ready else None
    after = EmaCrossState(fast=fast, slow=slow, was_above=is_above)
    if is_above is None:
        missing = params.slow - slow.count
        return Advice(
            state=after, signal=Signal.HOLD, reason=f"warming up, {missing} candles to go"
        )
    if holding.quantity > ZERO:
        return _holding_advice(params, after, candle, holding)
    if is_above and before.was_above is False:
        return Advice(state=after, signal=Signal.ENTER, reason="fast average crossed above slow")
    side = "above" if is_above else "below"
    return Advice(
        state=after, signal=Signal.HOLD, reason=f"no crossing, fast average is {side} slow"
    )


def _holding_advice(
    params: EmaCrossParams, state: EmaCrossState, candle: Candle, holding: Holding
) -> Advice:
    if not state.was_above:
        return Advice(state=state, signal=Signal.EXIT, reason="fast average is below slow")
    target = params.take_profit_percent
    if target is not None and candle.close >= holding.average_cost * (1 + target / 100):
        return Advice(state=state, signal=Signal.EXIT, reason=f"target of {target} % reached")
    return Advice(state=state, signal=Signal.HOLD, reason="in position, fast average is above slow")


def _fresh(params: EmaCrossParams) -> EmaCrossState:
    return EmaCrossState(fast=Ema(length=params.fast), slow=Ema(length=params.slow))
