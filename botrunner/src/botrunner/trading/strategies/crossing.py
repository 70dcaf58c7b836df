"""Advice of strategies in which one line crosses another."""

from dataclasses import dataclass
from typing import Protocol

from botrunner.trading.strategies.base import Advice, Signal, View, warming_up

__all__ = ["Lines", "Words", "advise_by_crossing"]


class Lines(Protocol):
    """Two lines after a candle."""

    @property
    def missing(self) -> int:
        """Candles still needed before they mean anything."""
        ...

    @property
    def is_above(self) -> bool:
        """Tell whether the faster line is above the other."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """What people call the faster line and the other one."""

    line: str
    other: str


def advise_by_crossing(words: Words, before: Lines, after: Lines, view: View) -> Advice:
    """Buy on the crossing itself, so that a restart does not buy late; sell by the side alone.

    So a crossing that was missed while away still sells.
    """
    if after.missing:
        return warming_up(after, after.missing)
    line, other = words.line, words.other
    side = f"{line} is {'above' if after.is_above else 'below'} {other}"
    if view.holding.quantity:
        if after.is_above:
            return Advice(state=after, signal=Signal.HOLD, reason=f"in position, {side}")
        return Advice(state=after, signal=Signal.EXIT, reason=side)
    if after.is_above and not (before.is_above or before.missing):
        return Advice(state=after, signal=Signal.ENTER, reason=f"{line} crossed above {other}")
    return Advice(state=after, signal=Signal.HOLD, reason=f"no crossing, {side}")
