"""Every alert asks for figures that the operator has, and is told in the documentation."""

import re

import yaml

from botoperator.wiring.pulse import Vitals
from tests.support.sources import ROOT

ALERTS = ROOT / "charts" / "kbots" / "files" / "alerts.yaml"
FIGURE = re.compile(r"\bkbots_[a-z_]+")


def rules() -> list[dict[str, str]]:
    text = re.sub(r"{{ mul .*? }}", "600", ALERTS.read_text(encoding="utf-8"))
    [group] = yaml.safe_load(text)
    return list(group["rules"])


def test_alerts_ask_for_figures_that_are_there() -> None:
    vitals = Vitals(resync_seconds=300)
    known = set(re.findall(r"^# TYPE (\S+)", vitals.metrics.text(), re.MULTILINE))

    asked = {name for one in rules() for name in FIGURE.findall(one["expr"])}

    assert asked
    assert asked <= known


def test_alerts_are_documented() -> None:
    text = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")

    assert [one["alert"] for one in rules() if f"`{one['alert']}`" not in text] == []
