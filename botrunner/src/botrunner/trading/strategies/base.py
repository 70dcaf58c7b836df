"""What a strategy is asked and what it answers."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

__all__ = ["Advice", "Holding", "Signal"]


class Signal(StrEnum):
    """What a strategy wants after a closed candle."""

    ENTER = "Enter"
    EXIT = "Exit"
    HOLD = "Hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the strategy holds in the symbol.

    Base asset and its average cost per unit in quote asset.
    """

    quantity: Decimal
    average_cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The strategy's next state, its wish and why.

    `spend` is quote asset, None = all its free capital.
    """

    state: object
    signal: Signal
    reason: str
    spend: Decimal | None = None
