"""What has to be the same for a full look to leave a bot alone."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from botoperator.plan.manifests import Manifest
from botoperator.plan.observed import Figures, Halt, Lease, LedgerView
from botoperator.ports import BotKey
from botoperator.services.settled import Seen, Settled
from tests.unit.botoperator.builders import POD_UID, a_heartbeat

KEY = BotKey("kbots-bots", "alice")
MONEY = Figures(equity=Decimal(10))


def an_object(kind: str, version: str = "7", uid: str = "1") -> Manifest:
    metadata = {"name": "tb-alice", "namespace": "kbots-bots", "uid": uid}
    return Manifest(body={"kind": kind, "metadata": {**metadata, "resourceVersion": version}})


def seen(**changes: Any) -> Seen:
    whole: dict[str, Any] = {
        "bot": an_object("TradingBot"),
        "children": tuple(an_object(kind) for kind in ("Secret", "ConfigMap", "Pod")),
        "ledger": LedgerView(heartbeat=a_heartbeat(), lease=Lease(holder=POD_UID, epoch=3)),
        "with_figures": False,
    }
    return Seen(**{**whole, **changes})


def noted(what: Seen) -> Settled:
    settled = Settled()
    settled.note(KEY, what)
    return settled


def test_bot_is_left_alone_while_it_ages() -> None:
    older = replace(seen().ledger, heartbeat=a_heartbeat(age_seconds=9.0))

    assert noted(seen()).holds(KEY, seen(ledger=older))


@pytest.mark.parametrize(
    "changed",
    [
        lambda one: replace(one, bot=an_object("TradingBot", "8")),
        lambda one: replace(one, bot=an_object("TradingBot", uid="2")),
        lambda one: replace(one, children=(*one.children[:2], an_object("Pod", "8"))),
        lambda one: replace(one, children=(*one.children[:2], None)),
        lambda one: replace(one, ledger=LedgerView()),
        lambda one: replace(one, ledger=replace(one.ledger, halts=(Halt(scope="all", reason=""),))),
        lambda one: replace(one, ledger=replace(one.ledger, owner_is_disabled=True)),
        lambda one: replace(one, ledger=replace(one.ledger, lease=None)),
        lambda one: replace(
            one, ledger=replace(one.ledger, heartbeat=a_heartbeat(age_seconds=16.0))
        ),
        lambda one: replace(one, ledger=replace(one.ledger, heartbeat=a_heartbeat(generation=2))),
        lambda one: replace(one, ledger=replace(one.ledger, figures=Figures(open_positions=1))),
        lambda one: replace(one, with_figures=True, ledger=replace(one.ledger, figures=MONEY)),
    ],
)
def test_bot_of_which_anything_is_new_is_looked_at(changed: Callable[[Seen], Seen]) -> None:
    assert not noted(seen()).holds(KEY, changed(seen()))


def test_figures_count_when_they_were_read() -> None:
    ledger = replace(seen().ledger, figures=MONEY)
    settled = noted(seen(ledger=ledger, with_figures=True))
    more = replace(ledger, figures=Figures(equity=Decimal(11)))

    assert settled.holds(KEY, seen(ledger=ledger, with_figures=True))
    assert settled.holds(KEY, seen(ledger=replace(ledger, figures=Figures())))
    assert not settled.holds(KEY, seen(ledger=more, with_figures=True))


def test_objects_without_versions_are_never_known_again() -> None:
    local = seen(bot=an_object("TradingBot"), children=(None, None, an_object("Pod", "")))

    assert not noted(local).holds(KEY, local)


def test_bot_that_is_forgotten_or_gone_is_looked_at() -> None:
    forgotten, gone = noted(seen()), noted(seen())

    forgotten.forget(KEY)
    gone.keep_only({})

    assert not forgotten.holds(KEY, seen())
    assert not gone.holds(KEY, seen())
