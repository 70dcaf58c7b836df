"""What a strategy is asked and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from botcore.domain.instruments import Instrument
from botcore.domain.orders import Side

__all__ = ["Advice", "Holding", "Quote", "Signal", "View", "warming_up"]


class Signal(StrEnum):
    """What a strategy wants after a closed candle."""

    ENTER = "Enter"
    EXIT = "Exit"
    HOLD = "Hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the strategy holds in one symbol.

    Base asset, its average cost per unit in quote asset (fees included), and when the oldest lot was
    bought (venue time, None while nothing is held).
    """

    quantity: Decimal
    average_cost: Decimal
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a strategy may look at beside the candle; nothing else, so that the same look decides the same.

    `holding` is that of the candle's symbol and `instrument` its filters (None while not known);
    `capital` is the most the strategy may have invested over all its symbols, in quote asset; `holdings`
    and `marks` (last closed prices, quote asset) are by symbol, for strategies that weigh several.
    """

    holding: Holding
    capital: Decimal
    instrument: Instrument | None = None
    holdings: Mapping[str, Holding]
    marks: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A limit order the strategy wants resting: price in quote asset, quantity in base asset."""

    side: Side
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The strategy's next state, its wish and why.

    ENTER spends `spend` quote asset, None = an even share of its capital. EXIT sells `quantity` base
    asset, None = all it holds. `quotes` are all limit orders it wants resting from now on, whatever the
    signal; None = it does not quote.
    """

    state: object
    signal: Signal
    reason: str
    spend: Decimal | None = None
    quantity: Decimal | None = None
    quotes: tuple[Quote, ...] | None = None


def warming_up(state: object, missing: int) -> Advice:
    """Hold, since an indicator lacks this many candles."""
    return Advice(state=state, signal=Signal.HOLD, reason=f"warming up, {missing} candles to go")
