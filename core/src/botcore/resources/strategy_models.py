"""The parameters of each strategy, typed, with unit, range, default and help text.

The form, the runner's check, docs/strategies.md and the resource say what stands here. Defaults are
those of the field (trading-rules.md §2).
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from botcore.resources.decimal_string import Factor, Money, Percent, ProfitPercent
from botcore.resources.meta import ResourceModel

__all__ = [
    "BollingerParams",
    "Candles",
    "CustomParams",
    "DcaParams",
    "EmaCrossParams",
    "EntryPoint",
    "ExitBand",
    "ExitParams",
    "Fast",
    "GridParams",
    "Grids",
    "Length",
    "Level",
    "MacdParams",
    "RebalanceParams",
    "RsiParams",
    "Settings",
    "SignalLength",
    "Slow",
    "Spacing",
    "SupertrendParams",
    "Weights",
]

Candles = Annotated[int, Field(ge=1, le=10000)]
EntryPoint = Annotated[
    str, Field(max_length=64, pattern=r"^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$")
]
Fast = Annotated[int, Field(ge=2, le=200)]
Grids = Annotated[int, Field(ge=2, le=100)]
Length = Annotated[int, Field(ge=2, le=100)]
Level = Annotated[int, Field(ge=1, le=99)]
Settings = Annotated[dict[str, Annotated[str, Field(max_length=256)]], Field(max_length=50)]
SignalLength = Annotated[int, Field(ge=2, le=100)]
Slow = Annotated[int, Field(ge=3, le=400)]
Weights = Annotated[
    dict[str, Annotated[int, Field(ge=1, le=100)]], Field(min_length=2, max_length=10)
]


class ExitBand(StrEnum):
    """The Bollinger band a position is sold at."""

    MIDDLE = "middle"
    UPPER = "upper"


class Spacing(StrEnum):
    """Whether neighbouring lines of a grid lie equally many quote units or percent apart."""

    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"


def _in(unit: str) -> Any:
    """Tell a form the unit of a field; an empty one for words and names."""
    return Field(json_schema_extra={"unit": unit})


class ExitParams(ResourceModel):
    """How a position ends without the strategy's word; what is empty does not apply.

    The core alone carries these out, so no strategy looks at them.
    """

    stop_loss_percent: Annotated[Percent | None, _in("%")] = None
    """Sells when the price is this many percent below the average entry; empty = no stop."""
    take_profit_percent: Annotated[ProfitPercent | None, _in("%")] = None
    """Sells when the price is this many percent above the average entry; empty = no target."""
    trailing_stop_percent: Annotated[Percent | None, _in("%")] = None
    """Sells when the price is this many percent below the highest close since entry; empty = none."""
    cooldown_candles: Annotated[Candles | None, _in("candles")] = None
    """Candles without a new entry after an exit; empty = none."""
    time_limit_candles: Annotated[Candles | None, _in("candles")] = None
    """Sells after so many candles in position; empty = no limit."""


class DcaParams(ExitParams):
    """Buy for a fixed amount at every interval, up to the strategy's capital."""

    amount: Annotated[Money, _in("quote asset")]
    """Quote asset spent at every interval."""


class GridParams(ExitParams):
    """Divide a price range into grids; each buys at its lower line and sells at its upper one."""

    lower_price: Annotated[Money, _in("quote asset")]
    """Lowest line of the grid; nothing is bought below it."""
    upper_price: Annotated[Money, _in("quote asset")]
    """Highest line of the grid; everything is sold there."""
    grids: Annotated[Grids, _in("grids")] = 10
    """Parts the range is divided into; the capital is divided evenly among them."""
    spacing: Annotated[Spacing, _in("")] = Spacing.ARITHMETIC
    """Whether all lines lie the same amount (arithmetic) or the same percentage (geometric) apart."""


class EmaCrossParams(ExitParams):
    """Buy when the fast average crosses above the slow one, sell when it crosses below."""

    fast: Annotated[Fast, _in("candles")]
    """Candles in the fast average; smaller than slow."""
    slow: Annotated[Slow, _in("candles")]
    """Candles in the slow average."""
    stop_loss_percent: Annotated[Percent | None, _in("%")] = Decimal(2)
    """Sells when the price is this many percent below the average entry."""


class RsiParams(ExitParams):
    """Buy when the relative strength index rises out of the oversold zone, sell when overbought."""

    length: Annotated[Length, _in("candles")] = 14
    """Candles the index looks at."""
    oversold: Annotated[Level, _in("points")] = 30
    """Buys when the index crosses above it; smaller than overbought."""
    overbought: Annotated[Level, _in("points")] = 70
    """Sells while the index is at or above it."""


class BollingerParams(ExitParams):
    """Buy when the close falls below the lower band, sell when it is back at a band above."""

    length: Annotated[Length, _in("candles")] = 20
    """Candles in the middle band, a simple average."""
    deviations: Annotated[Factor, _in("standard deviations")] = Decimal(2)
    """How far the outer bands lie from the middle one."""
    exit_at: Annotated[ExitBand, _in("")] = ExitBand.MIDDLE
    """The band at or above which a position is sold: middle or upper."""


class MacdParams(ExitParams):
    """Buy when the MACD line crosses above its signal line, sell when it is below."""

    fast: Annotated[Fast, _in("candles")] = 12
    """Candles in the fast average; smaller than slow."""
    slow: Annotated[Slow, _in("candles")] = 26
    """Candles in the slow average."""
    signal: Annotated[SignalLength, _in("candles")] = 9
    """Candles in the signal line, an average of the MACD line."""


class SupertrendParams(ExitParams):
    """Buy when the supertrend turns up, sell when it is down."""

    length: Annotated[Length, _in("candles")] = 10
    """Candles in the average true range."""
    multiplier: Annotated[Factor, _in("average true ranges")] = Decimal(3)
    """How far the line lies from the middle of the candle."""


class RebalanceParams(ExitParams):
    """Hold several symbols at fixed weights: buy what has fallen behind, sell what has run ahead."""

    weights: Annotated[Weights, _in("%")]
    """Share of each symbol in the strategy's worth; every symbol has one, together 100."""
    threshold_percent: Annotated[Percent, _in("%")] = Decimal(5)
    """Trades a symbol once its share is this many percent of the worth away from its weight."""


class CustomParams(ExitParams):
    """Run a strategy of your own: a Python package in the bot's image."""

    entry_point: Annotated[EntryPoint, _in("")]
    """Name of the package's entry point in the group kbots.strategies."""
    settings: Annotated[Settings, _in("")] = Field(default_factory=dict)
    """What the package's own model takes, every value as text."""
