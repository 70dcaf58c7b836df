from pathlib import Path

import pytest
import yaml

from botcore.resources.trading_bot import BotMode
from botcore.resources.validation import parse_trading_bot
from tests.unit.botcore.resources import crd_judge

EXAMPLES = Path(__file__).parents[4] / "examples"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.name)
def test_example_is_a_good_bot(file: Path):
    manifest = yaml.safe_load(file.read_text(encoding="utf-8"))

    assert crd_judge.schema_errors(manifest) == []
    assert crd_judge.rule_errors(manifest, None) == []
    assert parse_trading_bot(manifest).metadata.name == file.stem


def test_live_example_shows_every_field_of_the_spec():
    manifest = yaml.safe_load((EXAMPLES / "live-bot.yaml").read_text(encoding="utf-8"))

    bot = parse_trading_bot(manifest)

    assert bot.spec.mode is BotMode.LIVE
    fields = crd_judge.SCHEMA["properties"]["spec"]["properties"].keys()
    assert manifest["spec"].keys() == fields - {"paper"}
