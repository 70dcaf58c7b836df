"""Upgrade, removal and return of the release, with a bot that runs through it. Comes last."""

import hashlib
import json
from collections.abc import Callable

import pytest

from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.cluster.platform import BOTS, SYSTEM, WEB, ClusterPlatform
from tests.support.cluster.release import RELEASE, ready_again, upgrade, values_of
from tests.support.manifests import a_bot, a_dca
from tests.support.waiting import wait_until

Kubectl = Callable[..., str]
NAMESPACES = (SYSTEM, WEB, BOTS)
# Each revision of the release is itself a Secret.
HELM = "helm.sh/release.v1"


def secrets_there(kubectl: Kubectl, bot: str) -> dict[str, str]:
    """Return a fingerprint of the data of every Secret but those of other bots, which come and go."""
    found = {}
    for namespace in NAMESPACES:
        listed = json.loads(kubectl("-n", namespace, "get", "secrets", "-o", "json"))
        for one in listed["items"]:
            name = one["metadata"]["name"]
            if one["type"] != HELM and (namespace != BOTS or name == f"tb-{bot}-creds"):
                data = json.dumps(one["data"], sort_keys=True).encode()
                found[f"{namespace}/{name}"] = hashlib.sha256(data).hexdigest()
    return found


def claims_there(kubectl: Kubectl) -> dict[str, str]:
    """Return the uid of every volume claim."""
    listed = json.loads(kubectl("get", "persistentvolumeclaims", "-A", "-o", "json"))
    return {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in listed["items"]
        if one["metadata"]["namespace"] in NAMESPACES
    }


def running(platform: ClusterPlatform, name: str) -> tuple[str, int]:
    """Return the pod's uid and the process."""
    pod = platform.pod(name)
    return (pod["metadata"]["uid"] if pod else ""), platform.runner_pid(name)


def assert_the_operator_works(platform: ClusterPlatform, name: str) -> None:
    """Change the bot and wait until it follows: its pod runs on without an operator, too."""
    platform.apply(a_bot(name, strategies=[a_dca("SOLUSDT", amount="26")]))
    platform.wait_condition(name, "UpToDate", seconds=120)


def wait_for_trades(platform: ClusterPlatform, name: str, seconds: float) -> None:
    before = len(platform.exchange_truth(name).trades)
    wait_until(
        lambda: len(platform.exchange_truth(name).trades) > before,
        "trades again",
        seconds=seconds,
        every=0.5,
    )


@pytest.mark.timeout(400)
def test_upgrade_leaves_a_running_bot_and_every_secret_as_they_are(
    platform: ClusterPlatform, running_bot: str, cluster: Cluster, kubectl: Kubectl
) -> None:
    bot, secrets, values = (
        running(platform, running_bot),
        secrets_there(kubectl, running_bot),
        values_of(cluster),
    )
    operator = platform.operator_pid()

    upgrade(cluster, values, **{"operator.logLevel": "WARNING"})
    ready_again(cluster)
    try:
        wait_until(
            lambda: platform.operator_pid() not in {0, operator}, "the new operator", seconds=90
        )
        assert_the_operator_works(platform, running_bot)
        wait_for_trades(platform, running_bot, 60)
        assert running(platform, running_bot) == bot
        assert secrets_there(kubectl, running_bot) == secrets
    finally:
        upgrade(cluster, values)


@pytest.mark.timeout(500)
def test_release_removed_and_installed_again_goes_on_with_bots_keys_and_books(
    platform: ClusterPlatform, running_bot: str, cluster: Cluster, kubectl: Kubectl
) -> None:
    bot, secrets, values = (
        running(platform, running_bot),
        secrets_there(kubectl, running_bot),
        values_of(cluster),
    )
    claims, resource = claims_there(kubectl), platform.get(running_bot)

    try:
        cluster.helm("uninstall", *RELEASE, "--wait", "--timeout=180s")

        assert resource is not None
        left = platform.get(running_bot)
        assert left is not None
        assert (left["metadata"]["uid"], left["spec"]) == (
            resource["metadata"]["uid"],
            resource["spec"],
        )
        assert kubectl("get", "crd", "tradingbots.kbots.dev", "-o", "name").strip()
        assert secrets_there(kubectl, running_bot) == secrets
        assert claims_there(kubectl) == claims
        with pytest.raises(CommandFailed, match="not found"):
            kubectl("-n", SYSTEM, "get", "deployment", "kbots-operator")
        assert running(platform, running_bot) == bot
    finally:
        upgrade(cluster, values)
        ready_again(cluster)

    assert_the_operator_works(platform, running_bot)
    wait_for_trades(platform, running_bot, 120)
    platform.wait_condition(running_bot, "Ready")
    assert running(platform, running_bot) == bot
    assert secrets_there(kubectl, running_bot) == secrets
    assert claims_there(kubectl) == claims
