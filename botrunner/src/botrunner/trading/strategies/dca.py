"""Dollar-cost averaging: buy for a fixed amount at every closed candle of the interval."""

from botcore.domain.market import Candle
from botcore.domain.money import wire
from botcore.resources.strategy_params import DcaParams
from botrunner.trading.strategies.base import Advice, Signal, View

__all__ = ["on_candle", "warm_up_candles"]


def warm_up_candles(_params: DcaParams) -> int:
    """Look at one candle: it remembers nothing."""
    return 1


def on_candle(params: DcaParams, _state: object, _candle: Candle, _view: View) -> Advice:
    """Advise to spend `amount` quote asset; capital and risk limits bound it elsewhere."""
    return Advice(
        state=None,
        signal=Signal.ENTER,
        reason=f"buys {wire(params.amount)} at every interval",
        spend=params.amount,
    )
