"""Strategy parameters: typed by strategy, described once for the form, the runner and the resource.

To add a strategy: add its model, its type and its fields to `StrategyParameters`, and all to the CRD.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botcore.resources.decimal_string import Factor, Money, Percent, ProfitPercent
from botcore.resources.meta import ResourceModel
from botcore.resources.model_tree import field_names
from botcore.resources.strategy_models import (
    BollingerParams,
    Candles,
    CustomParams,
    DcaParams,
    EmaCrossParams,
    EntryPoint,
    ExitBand,
    ExitParams,
    Fast,
    GridParams,
    Grids,
    Length,
    Level,
    MacdParams,
    RebalanceParams,
    RsiParams,
    Settings,
    SignalLength,
    Slow,
    Spacing,
    SupertrendParams,
    Weights,
)

__all__ = [
    "PARAMETER_MODELS",
    "BollingerParams",
    "CustomParams",
    "DcaParams",
    "EmaCrossParams",
    "ExitBand",
    "ExitParams",
    "GridParams",
    "MacdParams",
    "ParameterDescription",
    "RebalanceParams",
    "RsiParams",
    "Spacing",
    "StrategyParameters",
    "StrategyParams",
    "StrategyType",
    "SupertrendParams",
    "describe_parameters",
    "own_fields",
    "typed_params",
]


class StrategyType(StrEnum):
    """The strategies a bot can run."""

    DCA = "dca"
    GRID = "grid"
    EMA_CROSS = "ema-cross"
    RSI = "rsi"
    BOLLINGER = "bollinger"
    MACD = "macd"
    SUPERTREND = "supertrend"
    REBALANCE = "rebalance"
    CUSTOM = "custom"


StrategyParams = (
    DcaParams
    | GridParams
    | EmaCrossParams
    | RsiParams
    | BollingerParams
    | MacdParams
    | SupertrendParams
    | RebalanceParams
    | CustomParams
)

PARAMETER_MODELS: dict[StrategyType, type[StrategyParams]] = {
    StrategyType.DCA: DcaParams,
    StrategyType.GRID: GridParams,
    StrategyType.EMA_CROSS: EmaCrossParams,
    StrategyType.RSI: RsiParams,
    StrategyType.BOLLINGER: BollingerParams,
    StrategyType.MACD: MacdParams,
    StrategyType.SUPERTREND: SupertrendParams,
    StrategyType.REBALANCE: RebalanceParams,
    StrategyType.CUSTOM: CustomParams,
}


class StrategyParameters(ResourceModel):
    """`params` as the resource holds it: the fields of all types, none of them required here."""

    amount: Money | None = None
    """dca, required. Quote asset spent at every interval."""
    lower_price: Money | None = None
    """grid, required. Lowest line of the grid; smaller than upperPrice."""
    upper_price: Money | None = None
    """grid, required. Highest line of the grid."""
    grids: Grids | None = None
    """grid. Parts the range is divided into, 10 when not given."""
    spacing: Spacing | None = None
    """grid. Whether all lines lie the same amount (arithmetic, when not given) or the same \
percentage (geometric) apart."""
    fast: Fast | None = None
    """ema-cross, required; macd, 12 when not given. Candles in the fast average; smaller than slow."""
    slow: Slow | None = None
    """ema-cross, required; macd, 26 when not given. Candles in the slow average."""
    signal: SignalLength | None = None
    """macd. Candles in the signal line, 9 when not given."""
    length: Length | None = None
    """rsi, bollinger and supertrend. Candles the indicator looks at, 14, 20 and 10 when not given."""
    oversold: Level | None = None
    """rsi. Buys when the index crosses above it, 30 when not given; smaller than overbought."""
    overbought: Level | None = None
    """rsi. Sells while the index is at or above it, 70 when not given."""
    deviations: Factor | None = None
    """bollinger. Standard deviations from the middle band to the outer ones, 2 when not given."""
    exit_at: ExitBand | None = None
    """bollinger. The band at or above which a position is sold, middle when not given."""
    multiplier: Factor | None = None
    """supertrend. Average true ranges from the middle of the candle to the line, 3 when not given."""
    weights: Weights | None = None
    """rebalance, required. Share of each symbol in the strategy's worth, in whole percent; every \
symbol has one, together 100."""
    threshold_percent: Percent | None = None
    """rebalance. Trades a symbol once its share is this many percent of the worth away from its \
weight, 5 when not given."""
    entry_point: EntryPoint | None = None
    """custom, required. Name of the package's entry point in the group kbots.strategies."""
    settings: Settings | None = None
    """custom. What the package's own model takes, every value as text."""
    stop_loss_percent: Percent | None = None
    """Sells when the price is this many percent below the average entry. ema-cross uses 2 when it \
is not given, the others then have no stop."""
    take_profit_percent: ProfitPercent | None = None
    """Sells when the price is this many percent above the average entry."""
    trailing_stop_percent: Percent | None = None
    """Sells when the price is this many percent below the highest close since entry."""
    cooldown_candles: Candles | None = None
    """Candles without a new entry after an exit."""
    time_limit_candles: Candles | None = None
    """Sells after so many candles in position."""


def own_fields(strategy: StrategyType) -> dict[str, Any]:
    """Map the parameters only this type or a few take, without the common exits, to pydantic's word."""
    exits = field_names(ExitParams)
    fields = field_names(PARAMETER_MODELS[strategy])
    return {name: field for name, field in fields.items() if name not in exits}


def typed_params(strategy: StrategyType, given: StrategyParameters) -> StrategyParams:
    """Narrow the resource's parameters to the strategy's own, its defaults filled in.

    Expects parameters that passed `parse_trading_bot`.
    """
    return PARAMETER_MODELS[strategy](**given.model_dump(exclude_none=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDescription:
    """What a form shows for one parameter; numbers are plain decimal strings.

    `kind` is integer, decimal, choice (one of `options`), text, map (names to texts) or numbers (names
    to whole numbers).
    """

    name: str
    kind: str
    unit: str
    help: str
    required: bool
    default: str | None
    minimum: int | None
    maximum: int | None
    options: tuple[str, ...] = ()


def describe_parameters(strategy: StrategyType) -> tuple[ParameterDescription, ...]:
    """Describe the strategy's parameters in the order a form shows them, the common exits last."""
    schema = PARAMETER_MODELS[strategy].model_json_schema(by_alias=True)
    required = schema.get("required", [])
    own = own_fields(strategy)
    names = [*own, *(name for name in schema["properties"] if name not in own)]
    return tuple(
        _describe(name, schema["properties"][name], schema, required=name in required)
        for name in names
    )


def _describe(
    name: str, field: dict[str, Any], schema: dict[str, Any], *, required: bool
) -> ParameterDescription:
    typed = next((one for one in field.get("anyOf", []) if one.get("type") != "null"), field)
    if "$ref" in typed:
        typed = schema["$defs"][typed["$ref"].rpartition("/")[2]]
    default = field.get("default")
    # The values of a map have the range that a person must keep to.
    bounds = typed.get("additionalProperties", typed)
    return ParameterDescription(
        name=name,
        kind=_kind(typed),
        unit=field["unit"],
        help=field["description"],
        required=required,
        default=str(default) if default else None,
        minimum=bounds.get("minimum"),
        maximum=bounds.get("maximum"),
        options=tuple(typed.get("enum", ())),
    )


def _kind(typed: dict[str, Any]) -> str:
    if "enum" in typed:
        return "choice"
    if typed["type"] == "object":
        return "numbers" if typed["additionalProperties"]["type"] == "integer" else "map"
    if typed["type"] == "integer":
        return "integer"
    # Only numbers that travel as text have a pattern that starts with their digits.
    return "decimal" if typed.get("pattern", "").startswith("^([0-9]") else "text"
