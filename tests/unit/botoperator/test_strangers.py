"""Which objects wake a bot to list its pods."""

import pytest

from botoperator.plan.manifests import BOT_LABEL, Manifest
from botoperator.ports import BotKey
from botoperator.services.strangers import Strangers

KEY = BotKey("kbots-bots", "alice")


def a_child(kind: str, name: str, bot: str | None = "alice") -> Manifest:
    labels = {} if bot is None else {BOT_LABEL: bot}
    metadata = {"name": name, "namespace": "kbots-bots", "labels": labels}
    return Manifest(body={"kind": kind, "metadata": metadata})


@pytest.mark.parametrize(
    "child",
    [
        a_child("Pod", "tb-alice"),
        a_child("Pod", "tb2-alice"),
        a_child("Pod", "strange", bot=None),
        a_child("Secret", "strange"),
        a_child("ConfigMap", "strange"),
    ],
)
def test_what_the_operator_makes_and_what_is_no_pod_is_no_stranger(child: Manifest) -> None:
    strangers = Strangers()

    assert (strangers.hear_of(child), strangers.take(KEY)) == (None, False)


@pytest.mark.parametrize("name", ["strange", "tb-alice-copy", "tb-bob"])
def test_other_pod_has_the_bots_pods_listed_once(name: str) -> None:
    strangers = Strangers()

    assert strangers.hear_of(a_child("Pod", name)) == KEY
    assert (strangers.take(KEY), strangers.take(KEY)) == (True, False)


def test_what_could_not_be_done_is_asked_for_again() -> None:
    strangers = Strangers()

    strangers.add(KEY)

    assert strangers.take(KEY)
