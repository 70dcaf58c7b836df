"""docs/strategies.md shows every strategy with the parameters of its model."""

import re

import pytest

from botcore.resources.strategy_params import StrategyType, describe_parameters
from hack.strategy_tables import DOCUMENT, written

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_tables_are_those_of_the_models() -> None:
    assert written(TEXT) == TEXT, "run python -m hack.strategy_tables"


@pytest.mark.parametrize("kind", StrategyType)
def test_every_strategy_has_its_chapter(kind: StrategyType) -> None:
    chapter = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    (own,) = (one for one in chapter if one.startswith(f"{kind}:"))
    (exits,) = (one for one in chapter if one.startswith("Exits"))

    assert all(f"`{one.name}`" in own + exits for one in describe_parameters(kind))
    assert kind is StrategyType.CUSTOM or "**Loses**" in own
