"""The next step of a bot's life, case by case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from botcore.resources.trading_bot import BotMode
from botoperator.plan.admission import LiveCaps
from botoperator.plan.credentials import KeyReady, KeyRefused, KeyUnavailable, LiveRefused
from botoperator.plan.lifecycle import (
    CleanUp,
    Drain,
    EndPod,
    Hold,
    Restrain,
    Serve,
    Situation,
    Step,
    next_step,
)
from botoperator.plan.manifests import ACCOUNT, STOPPING_SINCE
from botoperator.plan.observed import Lease, LedgerView, PodPhase, Termination
from tests.unit.botoperator.builders import (
    NOW,
    POD_UID,
    a_bot,
    a_key,
    a_running_situation,
    a_situation,
)

RISK = {
    "maxDailyLoss": "5", "maxDrawdownPercent": "5", "maxPositionNotional": "5", "maxOpenOrders": 1,
    "maxOrdersPerMinute": 1,
}  # fmt: skip
LIVE = {"mode": "live", "credentials": {"secretName": "x"}, "risk": RISK, "paper": None}
TESTNET = {"mode": "testnet", "credentials": {"secretName": "x"}, "paper": None}
STOPPED = a_bot(desiredState="Stopped", generation=2)


def draining(situation: Situation, seconds_ago: float) -> Situation:
    pod = situation.children.pod
    assert pod is not None
    since = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    marked = replace(pod, manifest=pod.manifest.with_annotations({STOPPING_SINCE: since}))
    return replace(situation, children=replace(situation.children, pod=marked))


def ended(reason: str, **more: Any) -> dict[str, Any]:
    ending = Termination(exit_code=0, reason=reason, message="because")
    return {"phase": PodPhase.SUCCEEDED, "termination": ending, **more}


@pytest.mark.parametrize(
    ("situation", "step"),
    [
        (a_situation(a_bot()), Serve()),
        (a_situation(STOPPED), CleanUp(reason="Stopped")),
        (a_situation(a_bot(deleted=True)), CleanUp(reason="Deleted")),
        (a_situation(a_bot(**LIVE)), CleanUp(reason="LiveNotAvailable")),
        (
            a_situation(a_bot(**TESTNET), ledger=LedgerView(owner_is_known=False)),
            CleanUp(reason="OwnerUnknown"),
        ),
        (a_situation(a_bot(), ledger=LedgerView(owner_is_known=False)), Serve()),
        (a_situation(a_bot(), namespace_owner="alice"), Serve()),
        (a_situation(a_bot(), namespace_owner="bob"), CleanUp(reason="OwnerForbidden")),
        (a_situation(STOPPED, namespace_owner="bob"), CleanUp(reason="Stopped")),
        (
            a_situation(a_bot(), credentials=KeyRefused(reason="KeyRevoked", message="")),
            CleanUp(reason="KeyRevoked"),
        ),
        (
            a_situation(a_bot(), credentials=KeyUnavailable(reason="Verifying", message="wait")),
            Hold(reason="Verifying", message="wait"),
        ),
    ],
)
def test_without_a_pod(situation: Situation, step: Step) -> None:
    assert next_step(situation) == step


@pytest.mark.parametrize(
    ("situation", "step"),
    [
        (a_running_situation(a_bot()), Serve()),
        (a_running_situation(STOPPED), Drain(reason="Stopped")),
        (a_running_situation(a_bot(deleted=True)), Drain(reason="Deleted")),
        (a_running_situation(a_bot(**TESTNET)), Drain(reason="ModeChanged")),
        (
            replace(
                a_running_situation(a_bot()),
                credentials=KeyReady(key=a_key("2002"), reason="PaperAccount"),
            ),
            Drain(reason="AccountChanged"),
        ),
        (
            replace(
                a_running_situation(a_bot()),
                credentials=KeyUnavailable(reason="PaperExchangeUnavailable", message="x"),
            ),
            Hold(reason="PaperExchangeUnavailable", message="x"),
        ),
        (
            a_running_situation(a_bot(), pod={"is_deleting": True}),
            Hold(reason="Terminating", message="the pod is ending"),
        ),
        (draining(a_running_situation(STOPPED), 126), EndPod(reason="StopTimedOut")),
        (draining(a_running_situation(a_bot()), 126), EndPod(reason="StopTimedOut")),
        (a_running_situation(STOPPED, pod=ended("Stopped")), EndPod(reason="Stopped")),
        (a_running_situation(a_bot(), pod=ended("Stopped")), EndPod(reason="Replacing")),
        (a_running_situation(a_bot(), pod=ended("Terminated")), EndPod(reason="Replacing")),
        (
            a_running_situation(a_bot(), pod=ended("KeyRejected")),
            Hold(reason="KeyRejected", message="because", after_seconds=None),
        ),
        (
            a_running_situation(a_bot(), pod=ended("no camel")),
            Hold(reason="Completed", message="because", after_seconds=None),
        ),
    ],
)
def test_with_a_pod(situation: Situation, step: Step) -> None:
    assert next_step(situation) == step


def test_draining_waits_for_the_rest_of_its_time() -> None:
    step = next_step(draining(a_running_situation(STOPPED), 100))

    assert isinstance(step, Hold)
    assert (step.reason, step.after_seconds) == ("Draining", 25.0)


def test_bot_that_can_not_be_told_to_stop_is_ended() -> None:
    situation = a_running_situation(STOPPED)

    step = next_step(replace(situation, children=replace(situation.children, config_map=None)))

    assert step == EndPod(reason="Stopped")


def test_no_pod_starts_while_somebody_holds_the_account() -> None:
    ledger = LedgerView(lease=Lease(holder=POD_UID, epoch=1))

    step = next_step(a_situation(a_bot(), ledger=ledger))

    assert isinstance(step, Hold)
    assert step.reason == "LeaseHeldElsewhere"


def test_pod_that_ended_for_good_starts_again_when_its_bot_or_key_changes() -> None:
    situation = a_running_situation(a_bot(), pod=ended("ConfigInvalid"))
    newer = replace(situation, bot=a_bot(generation=2))
    other_key = replace(
        situation,
        credentials=KeyReady(key=a_key(version="paper-2"), reason="PaperAccount"),
    )

    assert isinstance(next_step(situation), Hold)
    assert next_step(newer) == EndPod(reason="InputChanged")
    assert next_step(other_key) == EndPod(reason="InputChanged")


def test_live_runs_where_it_is_possible() -> None:
    key = KeyReady(key=a_key(mode=BotMode.LIVE), reason="KeyVerified")

    step = next_step(a_situation(a_bot(**LIVE), credentials=key, live_caps=LiveCaps()))

    assert step == Serve()


def a_live_situation(**changes: Any) -> Situation:
    """A bot that trades real money, whose leave to do so has just ended."""
    situation = replace(
        a_running_situation(a_bot()),
        credentials=LiveRefused(reason="GrantExpired", message="grant anew"),
        live_caps=LiveCaps(is_enabled=True),
        **changes,
    )
    pod = situation.children.pod
    assert pod is not None
    live = replace(pod, manifest=pod.manifest.with_annotations({ACCOUNT: "live/7"}))
    return replace(situation, bot=a_bot(**LIVE), children=replace(situation.children, pod=live))


def with_pod(situation: Situation, **changes: Any) -> Situation:
    pod = situation.children.pod
    assert pod is not None
    return replace(situation, children=replace(situation.children, pod=replace(pod, **changes)))


def test_running_bot_without_leave_for_real_money_is_restrained_and_keeps_its_pod() -> None:
    restrained = Restrain(reason="GrantExpired", message="grant anew")

    assert next_step(a_live_situation()) == restrained
    stopped = replace(a_live_situation(), bot=a_bot(**LIVE, desiredState="Stopped"))
    assert next_step(stopped) == Drain(reason="Stopped")


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"is_deleting": True}, Hold(reason="Terminating", message="the pod is ending")),
        (ended("Terminated"), EndPod(reason="GrantExpired")),
    ],
)
def test_pod_that_ends_without_leave_for_real_money_is_not_followed_by_another(
    changes: dict[str, Any], step: Step
) -> None:
    situation = a_live_situation()

    assert next_step(with_pod(situation, **changes)) == step
    gone = replace(situation, children=replace(situation.children, pod=None))
    assert next_step(gone) == CleanUp(reason="GrantExpired")


def test_bot_that_can_not_be_restrained_is_ended() -> None:
    situation = a_live_situation()

    step = next_step(replace(situation, children=replace(situation.children, config_map=None)))

    assert step == EndPod(reason="GrantExpired")


def test_running_bot_of_an_owner_nobody_knows_any_more_is_restrained() -> None:
    situation = replace(
        a_live_situation(), credentials=None, ledger=LedgerView(owner_is_known=False)
    )

    step = next_step(situation)

    assert isinstance(step, Restrain)
    assert step.reason == "OwnerUnknown"


def test_bot_whose_namespace_becomes_somebody_elses_opens_nothing_new_and_keeps_its_pod() -> None:
    situation = replace(a_running_situation(a_bot()), namespace_owner="bob", credentials=None)

    step = next_step(situation)

    assert isinstance(step, Restrain)
    assert step.reason == "OwnerForbidden"
    assert "spec.owner" in step.message
    assert next_step(replace(situation, bot=STOPPED)) == Drain(reason="Stopped")


def test_pod_of_an_earlier_bot_of_the_same_name_goes() -> None:
    situation = a_running_situation(a_bot())
    other = a_bot(uid="99999999-9999-4999-8999-999999999999")

    assert next_step(replace(situation, bot=other)) == EndPod(reason="OfAnotherBot")


def test_test_network_is_refused_where_it_is_not_served() -> None:
    situation = a_situation(a_bot(**TESTNET), modes=frozenset({BotMode.PAPER}))

    assert next_step(situation) == CleanUp(reason="TestnetNotAvailable")


def test_pod_of_an_earlier_bot_that_is_going_is_not_asked_again() -> None:
    situation = a_running_situation(a_bot(), pod={"is_deleting": True})
    other = a_bot(uid="99999999-9999-4999-8999-999999999999")

    assert isinstance(next_step(replace(situation, bot=other)), Hold)
