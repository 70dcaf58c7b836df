"""What somebody takes away or changes by hand comes back, and a bot that runs is not disturbed by it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.agreement import assert_settles
from tests.support.cluster.platform import BOTS, SYSTEM, ClusterPlatform
from tests.support.manifests import a_bot, a_dca
from tests.support.waiting import wait_until

Kubectl = Callable[..., str]
HEALED_SECONDS = 10
SUFFIXES = {"secrets": "creds", "configmaps": "cfg"}
# What of a child is told by the bot alone; a lost database password is replaced by a new one.
FILES = {"secrets": ("api-key", "api-secret"), "configmaps": ("bot.json",)}


def files_of(platform: ClusterPlatform, kind: str, name: str) -> dict[str, Any]:
    found = platform.object(kind, f"tb-{name}-{SUFFIXES[kind]}")
    data = (found or {}).get("data") or {}
    return {key: data.get(key) for key in FILES[kind]}


def running(platform: ClusterPlatform, name: str) -> tuple[str, int]:
    """Return the pod's uid and the process."""
    pod = platform.pod(name)
    return (pod["metadata"]["uid"] if pod else ""), platform.runner_pid(name)


def orders_of(platform: ClusterPlatform, name: str) -> int:
    return len(platform.exchange_truth(name).orders)


def assert_it_trades_on(platform: ClusterPlatform, name: str, seconds: float = 60) -> None:
    before = orders_of(platform, name)
    wait_until(lambda: orders_of(platform, name) >= before + 2, "trades on", seconds=seconds)


@pytest.mark.parametrize("kind", ["secrets", "configmaps"])
def test_deleted_child_is_made_again_beside_the_same_pod(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl, kind: str
) -> None:
    before, files = running(platform, running_bot), files_of(platform, kind, running_bot)

    kubectl("-n", BOTS, "delete", kind, f"tb-{running_bot}-{SUFFIXES[kind]}")

    wait_until(
        lambda: files_of(platform, kind, running_bot) == files, "healed", seconds=HEALED_SECONDS
    )
    assert_it_trades_on(platform, running_bot)
    assert running(platform, running_bot) == before


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("secrets", ".+", "YnJva2Vu"),  # Base64 of nothing in particular
        ("configmaps", "(?s).+", "not JSON"),
        ("configmaps", "kbots-postgres", "elsewhere"),
    ],
)
def test_child_edited_by_hand_is_put_right_beside_the_same_pod(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl, kind: str, old: str, new: str
) -> None:
    before, files = running(platform, running_bot), files_of(platform, kind, running_bot)
    broken = {key: re.sub(old, new, str(text)) for key, text in files.items()}
    assert broken != files

    patch = json.dumps({"data": broken})
    kubectl("-n", BOTS, "patch", kind, f"tb-{running_bot}-{SUFFIXES[kind]}", "-p", patch)

    wait_until(
        lambda: files_of(platform, kind, running_bot) == files, "healed", seconds=HEALED_SECONDS
    )
    assert_it_trades_on(platform, running_bot)
    assert running(platform, running_bot) == before


def test_deleted_pod_is_replaced_and_no_order_is_doubled(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    uid, _ = running(platform, running_bot)

    kubectl("-n", BOTS, "delete", "pod", f"tb-{running_bot}", "--wait=false")

    wait_until(lambda: running(platform, running_bot)[0] not in {"", uid}, "a new pod", seconds=60)
    platform.wait_condition(running_bot, "Ready")
    assert_it_trades_on(platform, running_bot)
    resting = a_bot(running_bot, strategies=[a_dca("SOLUSDT")], desiredState="Paused")
    assert_settles(platform, resting)


def test_new_operator_heals_what_was_lost_meanwhile_and_adopts_the_pod(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    before, files = running(platform, running_bot), files_of(platform, "configmaps", running_bot)

    kubectl("-n", SYSTEM, "delete", "pod", "-l", "app.kubernetes.io/name=operator")
    kubectl("-n", BOTS, "delete", "configmap", f"tb-{running_bot}-cfg")

    wait_until(lambda: files_of(platform, "configmaps", running_bot) == files, "healed", seconds=60)
    platform.wait_condition(running_bot, "Ready")
    assert_it_trades_on(platform, running_bot)
    assert running(platform, running_bot) == before
