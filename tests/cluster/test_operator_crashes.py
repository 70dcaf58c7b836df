"""kill -9 of the operator in the middle of its work leads to the same end as undisturbed work."""

import json
import random
import time
from typing import Any

import pytest

from tests.e2e.agreement import uid_of
from tests.support.cluster.platform import ClusterPlatform
from tests.support.manifests import a_bot, a_dca, a_name
from tests.support.waiting import wait_until

KILLS = 4
KINDS = {"pods": "tb-{}", "secrets": "tb-{}-creds", "configmaps": "tb-{}-cfg"}
CHANCE = random.Random(20260203)


def kill_again_and_again(platform: ClusterPlatform) -> None:
    """Kill the operator at moments from the start of its process to well into its work."""
    last = 0
    for _ in range(KILLS):
        last = wait_until(
            lambda last=last: (found := platform.operator_pid()) not in {0, last} and found,
            "the operator runs again",
            seconds=60,
            every=0.02,
        )
        time.sleep(CHANCE.uniform(0.0, 4.0))
        platform.kill_operator()


def shape(platform: ClusterPlatform, name: str) -> dict[str, Any]:
    """Return what is there of a bot and its children, without what differs from bot to bot."""
    bot = platform.get(name)
    assert bot is not None
    found: dict[str, Any] = {
        "finalizers": bot["metadata"].get("finalizers"),
        "generation": bot["status"]["observedGeneration"],
        "conditions": {
            (one["type"], one["status"], one["reason"]) for one in bot["status"]["conditions"]
        },
    }
    for kind, pattern in KINDS.items():
        child = platform.object(kind, pattern.format(name))
        assert child is not None, f"{kind} of {name}"
        metadata = child["metadata"]
        assert metadata["labels"]["kbots.dev/uid"] == bot["metadata"]["uid"]
        assert [one["uid"] for one in metadata["ownerReferences"]] == [bot["metadata"]["uid"]]
        found[kind] = (
            sorted(metadata["labels"]), sorted(metadata.get("annotations", {})), sorted(child.get("data", {})),
        )  # fmt: skip
    config = platform.object("configmaps", f"tb-{name}-cfg")
    assert config is not None
    found["spec"] = json.loads(config["data"]["bot.json"])["spec"]
    return found


def settled(platform: ClusterPlatform, name: str, generation: int) -> None:
    for kind in ("Ready", "UpToDate"):
        assert platform.wait_condition(name, kind)["observedGeneration"] >= generation


@pytest.mark.timeout(400)
def test_operator_killed_while_it_makes_changes_and_removes_a_bot_ends_where_it_would_have(
    platform: ClusterPlatform,
) -> None:
    calm, shaken = a_name("calm"), a_name("shaken")
    wanted = {"strategies": [a_dca("SOLUSDT")], "desiredState": "Paused"}
    changed = {"strategies": [a_dca("SOLUSDT", amount="30")], "desiredState": "Paused"}
    platform.apply(a_bot(calm, **wanted))
    settled(platform, calm, 1)

    platform.apply(a_bot(shaken, **wanted))
    kill_again_and_again(platform)
    settled(platform, shaken, 1)
    assert shape(platform, shaken) == shape(platform, calm)

    pod = platform.pod(shaken)
    platform.apply(a_bot(calm, **changed))
    platform.apply(a_bot(shaken, **changed))
    kill_again_and_again(platform)
    settled(platform, calm, 2)
    settled(platform, shaken, 2)
    assert shape(platform, shaken) == shape(platform, calm)
    assert same_pod(pod, platform.pod(shaken))

    uids = [uid_of(platform, name) for name in (calm, shaken)]
    platform.delete(calm)
    platform.delete(shaken)
    kill_again_and_again(platform)
    for name in (calm, shaken):
        wait_until(lambda name=name: platform.get(name) is None, f"{name} is gone", seconds=90)
        wait_until(lambda name=name: platform.children_gone(name), f"no child of {name}")
    assert logins_of(platform, uids) == []


def same_pod(before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    assert before is not None
    assert after is not None
    return bool(before["metadata"]["uid"] == after["metadata"]["uid"])


def logins_of(platform: ClusterPlatform, uids: list[str]) -> list[Any]:
    """Return the database's roles of these bots that can still sign in."""
    return platform.query(
        "select l.db_role from kbots.bot_logins l left join pg_roles r on r.rolname = l.db_role"
        " where l.bot_uid = any(%s::uuid[]) and (l.retired_at is null or r.rolcanlogin)",
        (uids,),
    )
