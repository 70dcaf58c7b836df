"""Strategy parameters: typed by strategy, described once for the form, the runner and the resource.

To add a strategy: add its type, its model, its fields to `StrategyParameters`, and both to the CRD.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, assert_never

from pydantic import Field

from botcore.resources.decimal_string import Money, Percent, ProfitPercent
from botcore.resources.meta import ResourceModel

__all__ = [
    "PARAMETER_MODELS",
    "DcaParams",
    "EmaCrossParams",
    "ParameterDescription",
    "StrategyParameters",
    "StrategyParams",
    "StrategyType",
    "describe_parameters",
    "typed_params",
]


class StrategyType(StrEnum):
    """The strategies a bot can run."""

    DCA = "dca"
    EMA_CROSS = "ema-cross"


Fast = Annotated[int, Field(ge=2, le=200)]
Slow = Annotated[int, Field(ge=3, le=400)]


def _in(unit: str) -> Any:
    """Tell a form the unit of a field."""
    return Field(json_schema_extra={"unit": unit})


class DcaParams(ResourceModel):
    """Buy for a fixed amount at every interval, up to the strategy's capital."""

    amount: Annotated[Money, _in("quote asset")]
    """Quote asset spent at every interval."""
    stop_loss_percent: Annotated[Percent | None, _in("%")] = None
    """Sells when the price is this many percent below the average entry; empty = no stop."""


class EmaCrossParams(ResourceModel):
    """Buy when the fast average crosses above the slow one, sell when it crosses below."""

    fast: Annotated[Fast, _in("candles")]
    """Candles in the fast average; smaller than slow."""
    slow: Annotated[Slow, _in("candles")]
    """Candles in the slow average."""
    stop_loss_percent: Annotated[Percent, _in("%")] = Decimal(2)
    """Sells when the price is this many percent below the average entry."""
    take_profit_percent: Annotated[ProfitPercent | None, _in("%")] = None
    """Sells when the price is this many percent above the average entry; empty = no target."""


StrategyParams = DcaParams | EmaCrossParams

PARAMETER_MODELS: dict[StrategyType, type[DcaParams] | type[EmaCrossParams]] = {
    StrategyType.DCA: DcaParams,
    StrategyType.EMA_CROSS: EmaCrossParams,
}


class StrategyParameters(ResourceModel):
    """`params` as the resource holds it: the fields of all types, none of them required here."""

    amount: Money | None = None
    """dca, required. Quote asset spent at every interval."""
    fast: Fast | None = None
    """ema-cross, required. Candles in the fast average; smaller than slow."""
    slow: Slow | None = None
    """ema-cross, required. Candles in the slow average."""
    stop_loss_percent: Percent | None = None
    """Sells when the price is this many percent below the average entry. ema-cross uses 2 when it \
is not given, dca then has no stop."""
    take_profit_percent: ProfitPercent | None = None
    """ema-cross, optional. Sells when the price is this many percent above the average entry."""


def typed_params(strategy: StrategyType, given: StrategyParameters) -> StrategyParams:
    """Narrow the resource's parameters to the strategy's own, its defaults filled in.

    Expects parameters that passed `parse_trading_bot`.
    """
    values = given.model_dump(exclude_none=True)
    match strategy:
        case StrategyType.DCA:
            return DcaParams(**values)
        case StrategyType.EMA_CROSS:
            return EmaCrossParams(**values)
        case _:
            assert_never(strategy)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDescription:
    """What a form shows for one parameter; numbers are plain decimal strings."""

    name: str
    kind: str
    unit: str
    help: str
    required: bool
    default: str | None
    minimum: int | None
    maximum: int | None


def describe_parameters(strategy: StrategyType) -> tuple[ParameterDescription, ...]:
    """Describe the strategy's parameters in the order a form shows them."""
    schema = PARAMETER_MODELS[strategy].model_json_schema(by_alias=True)
    required = schema.get("required", [])
    return tuple(
        _describe(name, field, required=name in required)
        for name, field in schema["properties"].items()
    )


def _describe(name: str, field: dict[str, Any], *, required: bool) -> ParameterDescription:
    typed = next((one for one in field.get("anyOf", []) if one.get("type") != "null"), field)
    default = field.get("default")
    return ParameterDescription(
        name=name,
        kind="integer" if typed["type"] == "integer" else "decimal",
        unit=field["unit"],
        help=field["description"],
        required=required,
        default=None if default is None else str(default),
        minimum=typed.get("minimum"),
        maximum=typed.get("maximum"),
    )
