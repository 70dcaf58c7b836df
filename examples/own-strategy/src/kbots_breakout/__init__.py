"""Breakout: in when the close rises above the highest high of the last candles, out below the lowest low.

The entry point names this module; kbots looks for `Settings`, `warm_up_candles` and `on_candle` in it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from botcore.domain.market import Candle
from botrunner.trading.strategies.base import Advice, Signal, View

__all__ = ["Settings", "on_candle", "warm_up_candles"]


class Settings(BaseModel):
    """What `params.settings` of the resource may hold, each value written as text there."""

    model_config = ConfigDict(frozen=True)

    entry_candles: Annotated[int, Field(ge=2, le=400)] = 20
    """Candles whose highest high must be passed."""
    exit_candles: Annotated[int, Field(ge=2, le=400)] = 10
    """Candles whose lowest low must not be passed."""


@dataclass(frozen=True)
class State:
    """Highs and lows of the last candles, oldest first; a new value after every candle."""

    highs: tuple[Decimal, ...] = ()
    lows: tuple[Decimal, ...] = ()


def warm_up_candles(settings: Settings) -> int:
    """Tell how many closed candles must be seen before the first decision."""
    return max(settings.entry_candles, settings.exit_candles)


def on_candle(settings: Settings, state: State | None, candle: Candle, view: View) -> Advice:
    """Advise after a closed candle, by the range of those before it."""
    before = state or State()
    after = State(
        highs=(*before.highs, candle.high)[-settings.entry_candles :],
        lows=(*before.lows, candle.low)[-settings.exit_candles :],
    )
    missing = warm_up_candles(settings) - max(len(before.highs), len(before.lows))
    if missing > 0:
        return Advice(
            state=after, signal=Signal.HOLD, reason=f"warming up, {missing} candles to go"
        )
    top, bottom = max(before.highs), min(before.lows)
    if view.holding.quantity:
        if candle.close < bottom:
            return Advice(
                state=after, signal=Signal.EXIT, reason=f"close is below the lowest low {bottom}"
            )
        return Advice(
            state=after, signal=Signal.HOLD, reason=f"in position, close is above {bottom}"
        )
    if candle.close > top:
        return Advice(
            state=after, signal=Signal.ENTER, reason=f"close is above the highest high {top}"
        )
    return Advice(state=after, signal=Signal.HOLD, reason=f"no breakout, highest high is {top}")
