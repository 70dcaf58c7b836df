"""The status people and programs read."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from botcore.domain.errors import InvalidInput
from botoperator.plan.conditions import Assessment
from botoperator.plan.credentials import KeyReady
from botoperator.plan.lifecycle import CleanUp, Drain, Hold, Serve, Situation, Step
from botoperator.plan.observed import Figures, Halt, Lease, PodPhase
from botoperator.plan.status import derive_status, invalid_status
from botoperator.plan.stored import parse_status
from tests.unit.botoperator.builders import (
    NOW,
    a_bot,
    a_heartbeat,
    a_key,
    a_running_situation,
    a_situation,
)

FIGURES = Figures(
    equity=Decimal("10012.345"), today_pnl=Decimal("-3.005"), total_pnl=Decimal("12.345"),
    open_positions=1, open_orders=2,
)  # fmt: skip


def status_of(situation: Situation, step: Step | None = None, pending: str = "") -> dict[str, Any]:
    seen = Assessment(situation=situation, step=step or Serve(), pending_update=pending)
    return dict(derive_status(seen))


def condition(status: dict[str, Any], kind: str) -> tuple[str, str]:
    (found,) = [one for one in status["conditions"] if one["type"] == kind]
    assert found["observedGeneration"] == status["observedGeneration"]
    return found["status"], found["reason"]


def test_running_bot_meets_every_condition() -> None:
    status = status_of(a_running_situation(a_bot()))

    assert status["phase"] == "Running"
    assert status["observedGeneration"] == 1
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "Ready": "True",
        "CredentialsReady": "True",
        "LeaseHeld": "True",
        "UpToDate": "True",
        "Degraded": "False",
        "Halted": "False",
    }


@pytest.mark.parametrize(
    ("desired", "state", "ready", "phase"),
    [
        ("Running", "Running", ("True", "Running"), "Running"),
        ("Running", "Paused", ("False", "Paused"), "Paused"),
        ("Running", "Recovering", ("False", "Recovering"), "Starting"),
        ("Running", "Fenced", ("False", "Fenced"), "Fenced"),
        ("Paused", "Paused", ("True", "Paused"), "Paused"),
        ("Paused", "Running", ("False", "Running"), "Running"),
        ("Flat", "Flat", ("True", "Flat"), "Flat"),
        ("Flat", "Paused", ("True", "Paused"), "Paused"),
        ("Running", "Halted", ("False", "Halted"), "Halted"),
    ],
)
def test_ready_compares_what_runs_with_what_is_wanted(
    desired: str, state: str, ready: tuple[str, str], phase: str
) -> None:
    situation = a_running_situation(a_bot(desiredState=desired), heartbeat=a_heartbeat(state=state))

    status = status_of(situation)

    assert condition(status, "Ready") == ready
    assert status["phase"] == phase


@pytest.mark.parametrize(
    ("pod", "heartbeat", "ready", "phase"),
    [
        (
            {"started_at": None, "phase": PodPhase.PENDING},
            None,
            ("False", "PodPending"),
            "Starting",
        ),
        ({}, None, ("False", "Starting"), "Starting"),
        ({"started_at": NOW}, a_heartbeat(), ("False", "Starting"), "Starting"),
        ({}, a_heartbeat(age_seconds=16.0), ("Unknown", "HeartbeatStale"), "Running"),
        (
            {"waiting_reason": "CrashLoopBackOff"},
            a_heartbeat(),
            ("False", "CrashLooping"),
            "Failed",
        ),
        ({"waiting_reason": "Restarting"}, a_heartbeat(), ("False", "Starting"), "Starting"),
    ],
)
def test_pod_that_does_not_report_is_not_ready(
    pod: dict[str, Any], heartbeat: Any, ready: tuple[str, str], phase: str
) -> None:
    status = status_of(a_running_situation(a_bot(), pod=pod, heartbeat=heartbeat))

    assert condition(status, "Ready") == ready
    assert status["phase"] == phase


@pytest.mark.parametrize(
    ("ledger", "degraded"),
    [
        ({"owner_is_known": False}, ("True", "OwnerUnknown")),
        ({"owner_is_disabled": True}, ("True", "OwnerDisabled")),
        ({"heartbeat": a_heartbeat(state="Fenced")}, ("True", "Fenced")),
        ({"heartbeat": a_heartbeat(age_seconds=20.0)}, ("True", "HeartbeatStale")),
        (
            {"heartbeat": a_heartbeat(problems=(("BooksDisagree", "x"), ("MarketStale", "y")))},
            ("True", "BooksDisagree"),
        ),
        ({}, ("False", "AsExpected")),
    ],
)
def test_degraded_names_what_is_wrong(ledger: dict[str, Any], degraded: tuple[str, str]) -> None:
    assert condition(status_of(a_running_situation(a_bot(), **ledger)), "Degraded") == degraded


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ("key@2", ("True", "Verified")),
        ("", ("True", "Verified")),
        ("key@1", ("False", "Rotating")),
    ],
)
def test_credentials_are_ready_once_the_bot_signs_with_the_key_it_is_to_have(
    used: str, expected: tuple[str, str]
) -> None:
    """Until then its owner must not take the earlier key from the exchange (operator.md §2.8)."""
    seen = replace(
        a_running_situation(a_bot(), heartbeat=a_heartbeat(key_version=used)),
        credentials=KeyReady(key=a_key(version="key@2"), reason="Verified"),
    )

    assert condition(status_of(seen), "CredentialsReady") == expected


def test_degraded_shows_every_problem_once_and_is_stable() -> None:
    problems = (
        ("BooksDisagree", "BTC: the account holds 0.5, own lots are 1"),
        ("BooksDisagree", "ETH: the account holds 0, own lots are 2"),
        ("RiskLimitReached", "maxDailyLoss 50 reached"),
        ("RiskLimitReached", "maxDailyLoss 50 reached"),
    )
    seen = a_running_situation(a_bot(), heartbeat=a_heartbeat(problems=problems))

    status = status_of(seen)

    (degraded,) = [one for one in status["conditions"] if one["type"] == "Degraded"]
    assert degraded["message"] == (
        "BTC: the account holds 0.5, own lots are 1; ETH: the account holds 0, own lots are 2;"
        " RiskLimitReached: maxDailyLoss 50 reached"
    )
    assert condition(status, "Ready") == ("True", "Running")  # it trades on, exits above all


@pytest.mark.parametrize(
    ("ledger", "halted"),
    [
        ({"halts": (Halt(scope="owner", reason="x"),)}, ("True", "OwnerHalted")),
        ({"halts": (Halt(scope="all", reason="x"),)}, ("True", "PlatformHalted")),
        ({"halts": (Halt(scope="bot", reason="x"),)}, ("True", "BotHalted")),
        ({"heartbeat": a_heartbeat(state="Halted", reason="loss")}, ("True", "RiskHalted")),
    ],
)
def test_halted_says_by_whom(ledger: dict[str, Any], halted: tuple[str, str]) -> None:
    assert condition(status_of(a_running_situation(a_bot(), **ledger)), "Halted") == halted


def test_lease_of_another_pod_is_not_ours() -> None:
    situation = a_running_situation(a_bot(), lease=Lease(holder="another", epoch=4))

    assert condition(status_of(situation), "LeaseHeld") == ("False", "HeldElsewhere")


def test_up_to_date_waits_for_the_runner_to_report_the_generation() -> None:
    newer = a_running_situation(a_bot(generation=2))

    assert condition(status_of(newer), "UpToDate") == ("False", "Updating")
    held = status_of(a_running_situation(a_bot()), pending="WaitingUntilFlat")
    assert condition(held, "UpToDate") == ("False", "WaitingUntilFlat")


@pytest.mark.parametrize(
    ("step", "ready", "phase"),
    [
        (CleanUp(reason="Stopped"), ("True", "Stopped"), "Stopped"),
        (CleanUp(reason="LiveNotAvailable"), ("False", "LiveNotAvailable"), "Failed"),
        (Hold(reason="AccountInUse", message="by bob"), ("False", "AccountInUse"), "Pending"),
        (Drain(reason="ModeChanged"), ("False", "ModeChanged"), "Stopping"),
    ],
)
def test_step_shows_in_ready_and_phase(step: Step, ready: tuple[str, str], phase: str) -> None:
    status = status_of(a_situation(a_bot()), step)

    assert condition(status, "Ready") == ready
    assert status["phase"] == phase


def test_second_look_at_the_same_things_writes_the_same_status() -> None:
    situation = a_running_situation(a_bot(), figures=FIGURES)
    first = status_of(situation)

    later = replace(
        situation,
        bot=a_bot(status=first),
        now=NOW + timedelta(hours=2),
        ledger=replace(situation.ledger, heartbeat=a_heartbeat(age_seconds=4.0)),
    )

    assert status_of(later) == first


def test_figures_are_rounded_and_written_every_thirty_seconds_at_most() -> None:
    situation = a_running_situation(a_bot(), figures=FIGURES)
    first = status_of(situation)
    richer = replace(FIGURES, equity=Decimal(20000))

    def after(seconds: int) -> dict[str, Any]:
        ledger = replace(situation.ledger, figures=richer)
        now = NOW + timedelta(seconds=seconds)
        return status_of(replace(situation, bot=a_bot(status=first), ledger=ledger, now=now))

    assert first["trading"] == {
        "equity": "10012.34", "todayPnL": "-3.00", "totalPnL": "12.34", "openPositions": 1, "openOrders": 2,
        "asOf": "2026-05-04T12:00:00Z",
    }  # fmt: skip
    assert after(29)["trading"] == first["trading"]
    assert after(30)["trading"]["equity"] == "20000.00"


def test_amounts_in_bitcoin_keep_their_small_digits() -> None:
    strategy = {
        "name": "eth", "type": "dca", "symbols": ["ETHBTC"], "interval": "1m", "capital": "1",
        "params": {"amount": "0.1"},
    }  # fmt: skip
    bot = a_bot(quoteAsset="BTC", paper={"balances": {"BTC": "1"}}, strategies=[strategy])

    status = status_of(
        a_running_situation(bot, figures=replace(FIGURES, equity=Decimal("0.12345678")))
    )

    assert status["trading"]["equity"] == "0.12345678"


def test_invalid_spec_is_told_and_leaves_the_rest_of_the_status() -> None:
    before = parse_status(status_of(a_running_situation(a_bot(), figures=FIGURES)))
    error = InvalidInput.of("spec.owner", "wrong")

    status = dict(invalid_status(before, error, 5, NOW))

    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert (ready["status"], ready["reason"], ready["message"]) == (
        "False",
        "InvalidSpec",
        "spec.owner: wrong",
    )
    assert status["trading"]["openPositions"] == 1
    assert status["observedGeneration"] == 5


def test_status_nobody_understands_is_derived_anew() -> None:
    assert parse_status({"phase": "Dancing"}) is None
    assert parse_status({}) is None
