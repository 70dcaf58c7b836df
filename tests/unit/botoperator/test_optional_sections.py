"""A bot that leaves out everything it may goes through the whole plan, and so does one with every section empty."""

from typing import Any

import pytest

from botcore.resources.trading_bot import BotMode
from botoperator.plan.conditions import Assessment
from botoperator.plan.lifecycle import Drain, Serve, next_step
from botoperator.plan.status import derive_status
from botoperator.plan.stored import parse_status
from tests.unit.botoperator.builders import (
    a_bot,
    a_key,
    a_running_situation,
    a_situation,
    children_of,
)

OPTIONAL: dict[str, list[dict[str, Any]]] = {
    "risk": [{}, {"maxOpenOrders": 1}],
    "onStop": [{}, {"timeoutSeconds": 5}],
    "updateStrategy": [{}, {"type": "Manual"}],
    "exchange": [{}],
}
# None leaves a section out.
SECTIONS = [{name: value} for name, values in OPTIONAL.items() for value in (None, *values)] + [
    dict.fromkeys(OPTIONAL)
]


@pytest.mark.parametrize("spec", SECTIONS, ids=str)
def test_bot_without_a_section_is_planned_told_and_stopped(spec: dict[str, Any]) -> None:
    bot = a_bot(**spec)

    assert next_step(a_situation(bot)) == Serve()
    assert len(children_of(bot)) == 3
    running = a_running_situation(bot)
    status = derive_status(Assessment(situation=running, step=next_step(running)))
    assert parse_status(status) is not None
    stopping = a_running_situation(a_bot(**spec, desiredState="Stopped", generation=2))
    assert next_step(stopping) == Drain(reason="Stopped")


def test_bot_with_a_key_needs_no_section_of_paper() -> None:
    bot = a_bot(mode="testnet", credentials={"secretName": "mine"}, paper=None)
    situation = a_situation(bot, credentials=None)

    status = derive_status(Assessment(situation=situation, step=Serve()))

    assert parse_status(status) is not None
    assert len(children_of(bot, a_key(mode=BotMode.TESTNET))) == 3
