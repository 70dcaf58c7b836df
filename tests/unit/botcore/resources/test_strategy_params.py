from decimal import Decimal

import pytest

from botcore.resources.strategy_params import (
    PARAMETER_MODELS,
    DcaParams,
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
        assert (one.minimum, one.maximum) == (field.get("minimum"), field.get("maximum"))
        assert (one.kind == "integer") == (field["type"] == "integer")
        assert one.help
        assert one.unit


def test_form_of_ema_cross_is_described():
    fast, slow, stop, target = describe_parameters(StrategyType.EMA_CROSS)

    assert (fast.name, fast.unit, fast.required, fast.maximum) == ("fast", "candles", True, 200)
    assert slow.required
    assert (stop.name, stop.kind, stop.required, stop.default) == (
        "stopLossPercent",
        "decimal",
        False,
        "2",
    )
    assert (target.required, target.default) == (False, None)
