"""A pod with a bot's label that the operator did not make: ended and told, and the bot trades on beside it."""

import json
from collections.abc import Callable
from typing import Any

from tests.e2e.agreement import assert_settles
from tests.support.cluster.platform import BOTS, SYSTEM, ClusterPlatform
from tests.support.manifests import a_bot, a_dca
from tests.support.waiting import wait_until

Kubectl = Callable[..., str]
# A runner that gets no lease ends within its pod's grace period.
GONE_SECONDS = 120


def copy_of(pod: dict[str, Any], name: str, **labels: str) -> str:
    """Write a bot's own pod under another name, key and login included, as somebody who copies it would."""
    metadata = pod["metadata"]
    spec = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
    kept = {
        "name": name,
        "namespace": metadata["namespace"],
        "labels": {**metadata["labels"], **labels},
    }
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": kept, "spec": spec})


def is_gone(platform: ClusterPlatform, name: str) -> bool:
    return platform.object("pods", name) is None


def own_pod(platform: ClusterPlatform, name: str) -> dict[str, Any]:
    pod = platform.pod(name)
    assert pod is not None
    return pod


def test_copy_of_a_running_bots_pod_is_ended_and_no_order_is_doubled(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    pod = own_pod(platform, running_bot)
    before = pod["metadata"]["uid"], platform.runner_pid(running_bot)
    copy = f"tb-{running_bot}-copy"

    kubectl("create", "-f", "-", input=copy_of(pod, copy))

    wait_until(lambda: is_gone(platform, copy), "ended", seconds=GONE_SECONDS)
    told = kubectl("-n", BOTS, "describe", "tb", running_bot)
    assert f"Pod {copy} is ended: OtherPod" in told
    after = own_pod(platform, running_bot)["metadata"]["uid"], platform.runner_pid(running_bot)
    assert after == before
    resting = a_bot(running_bot, strategies=[a_dca("SOLUSDT")], desiredState="Paused")
    assert_settles(platform, resting)


def test_new_operator_ends_a_copy_that_was_made_meanwhile(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    pod = own_pod(platform, running_bot)
    copy = f"tb-{running_bot}-late"

    kubectl("-n", SYSTEM, "delete", "pod", "-l", "app.kubernetes.io/name=operator")
    kubectl("create", "-f", "-", input=copy_of(pod, copy))

    wait_until(lambda: is_gone(platform, copy), "ended", seconds=GONE_SECONDS)
    assert own_pod(platform, running_bot)["metadata"]["uid"] == pod["metadata"]["uid"]


def test_pod_with_the_label_of_a_bot_that_does_not_exist_is_ended(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    nobodys = {"kbots.dev/bot": "nobody", "kbots.dev/uid": "none"}
    labelled = copy_of(own_pod(platform, running_bot), "of-nobody", **nobodys)

    kubectl("create", "-f", "-", input=labelled)

    wait_until(lambda: is_gone(platform, "of-nobody"), "ended", seconds=GONE_SECONDS)
