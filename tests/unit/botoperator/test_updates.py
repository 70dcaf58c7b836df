"""When a running bot takes a changed spec."""

from typing import Any

import pytest

from botoperator.plan.changes import Delete, Keep, Patch, plan_changes
from botoperator.plan.updates import Running, choose_update, tolerate_drift
from tests.unit.botoperator.builders import a_bot, children_of

OLD = a_bot().spec


def running(*, is_flat: bool) -> Running:
    return Running(spec=OLD.to_manifest(), generation=1, is_flat=is_flat)


def changed(update: str, **more: Any) -> Any:
    risk = {"maxOpenOrders": 3}
    return a_bot(risk=risk, updateStrategy={"type": update}, **more).spec


@pytest.mark.parametrize(
    ("update", "is_flat", "taken", "pending", "needs_new_pod"),
    [
        ("Live", False, True, "", False),
        ("WhenFlat", True, True, "", False),
        ("WhenFlat", False, False, "WaitingUntilFlat", False),
        ("Restart", False, True, "", True),
        ("Manual", True, False, "ManualRestartNeeded", False),
    ],
)
def test_changed_spec_is_taken_as_its_strategy_says(
    *, update: str, is_flat: bool, taken: bool, pending: str, needs_new_pod: bool
) -> None:
    chosen = choose_update(changed(update), 2, running(is_flat=is_flat))

    assert ("risk" in chosen.rendered.spec) is taken
    assert chosen.rendered.generation == (2 if taken else 1)
    assert (chosen.pending, chosen.needs_new_pod) == (pending, needs_new_pod)  # TR-51


def test_state_the_owner_wants_is_never_held_back() -> None:
    chosen = choose_update(changed("Manual", desiredState="Paused"), 2, running(is_flat=False))

    assert chosen.rendered.spec["desiredState"] == "Paused"
    assert "risk" not in chosen.rendered.spec


def test_without_a_pod_the_whole_spec_is_taken() -> None:
    chosen = choose_update(changed("Manual"), 2, None)

    assert chosen.rendered.generation == 2
    assert "risk" in chosen.rendered.spec


@pytest.mark.parametrize(
    ("update", "is_flat", "kind", "pending"),
    [
        ("Live", False, Keep, "WaitingUntilFlat"),
        ("Live", True, Delete, ""),
        ("Restart", False, Delete, ""),
        ("Manual", True, Keep, "ManualRestartNeeded"),
    ],
)
def test_newer_image_restarts_a_bot_only_as_its_strategy_says(
    *, update: str, is_flat: bool, kind: type, pending: str
) -> None:
    bot = a_bot(updateStrategy={"type": update})
    there = children_of(bot)

    desired, why = tolerate_drift(
        children_of(bot, image="kbots/botrunner:2"),
        there[2],
        strategy=bot.spec.update_strategy.type,
        is_flat=is_flat,
    )

    assert type(plan_changes(desired, there)[2]) is kind
    assert why == pending


def test_old_pod_still_gets_a_new_config() -> None:
    there = children_of(a_bot())
    paused = a_bot(desiredState="Paused", generation=2)

    desired, _ = tolerate_drift(
        children_of(paused, image="kbots/botrunner:2"),
        there[2],
        strategy=paused.spec.update_strategy.type,
        is_flat=False,
    )

    assert [type(one) for one in plan_changes(desired, there)] == [Keep, Patch, Patch]
