from decimal import Decimal

import pytest
from pydantic.alias_generators import to_camel

from botcore.resources.strategy_params import (
    PARAMETER_MODELS,
    DcaParams,
    ExitParams,
    StrategyParameters,
    StrategyType,
    describe_parameters,
    typed_params,
)
from tests.unit.botcore.resources.crd_judge import SCHEMA

CRD_PARAMS = SCHEMA["properties"]["spec"]["properties"]["strategies"]["items"]["properties"][
    "params"
]


def test_every_type_has_a_model():
    assert PARAMETER_MODELS.keys() == set(StrategyType)


def test_dca_without_stop_has_none():
    given = StrategyParameters(amount=Decimal("10.5"))

    assert typed_params(StrategyType.DCA, given) == DcaParams(amount=Decimal("10.5"))


def test_parameters_of_another_type_are_refused():
    with pytest.raises(ValueError, match="fast"):
        typed_params(StrategyType.DCA, StrategyParameters(amount=Decimal(1), fast=3))


def test_types_together_have_the_parameters_of_the_resource():
    names = {one.name for kind in StrategyType for one in describe_parameters(kind)}

    assert names == CRD_PARAMS["properties"].keys()


@pytest.mark.parametrize("kind", StrategyType)
def test_ranges_shown_are_the_resources(kind: StrategyType):
    for one in describe_parameters(kind):
        field = CRD_PARAMS["properties"][one.name]
        bounds = field.get("additionalProperties", field)
        assert (one.minimum, one.maximum) == (bounds.get("minimum"), bounds.get("maximum"))
        assert (one.kind == "integer") == (field["type"] == "integer")
        assert (one.kind in {"map", "numbers"}) == (field["type"] == "object")
        assert list(one.options) == field.get("enum", [])
        assert one.help
        assert one.unit or one.kind in {"choice", "map", "text"}


def test_form_of_ema_cross_is_described():
    fast, slow, stop, target, *others = describe_parameters(StrategyType.EMA_CROSS)

    assert (fast.name, fast.unit, fast.required, fast.maximum) == ("fast", "candles", True, 200)
    assert slow.required
    assert (stop.name, stop.kind, stop.required, stop.default) == (
        "stopLossPercent",
        "decimal",
        False,
        "2",
    )
    assert (target.required, target.default) == (False, None)
    assert [one.name for one in others] == [
        "trailingStopPercent",
        "cooldownCandles",
        "timeLimitCandles",
    ]


@pytest.mark.parametrize("kind", StrategyType)
def test_every_type_has_the_common_exits_last(kind: StrategyType):
    exits = [one.name for one in describe_parameters(kind)][-5:]

    assert exits == [to_camel(name) for name in ExitParams.model_fields]


def test_choices_maps_and_names_are_told_apart():
    kinds = {one.name: one for kind in StrategyType for one in describe_parameters(kind)}

    assert (kinds["spacing"].kind, kinds["spacing"].default) == ("choice", "arithmetic")
    assert kinds["exitAt"].options == ("middle", "upper")
    assert (kinds["weights"].kind, kinds["settings"].kind) == ("numbers", "map")
    assert kinds["settings"].default is None
    assert kinds["entryPoint"].kind == "text"
    assert kinds["deviations"].kind == "decimal"


@pytest.mark.parametrize("kind", [StrategyType.RSI, StrategyType.MACD, StrategyType.BOLLINGER])
def test_usual_values_make_a_strategy_without_parameters(kind: StrategyType):
    params = typed_params(kind, StrategyParameters())

    assert params == PARAMETER_MODELS[kind]()
    assert params.stop_loss_percent is None
