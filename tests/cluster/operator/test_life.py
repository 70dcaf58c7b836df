"""A bot's life under the real operator: made, healed, followed, ended in order; and nothing written for nothing."""

import json
import signal
import time
from dataclasses import replace
from typing import Any

from tests.cluster.operator.api import ACCOUNT, RULES, Api
from tests.cluster.operator.process import Operator
from tests.support.postgres import free_port
from tests.support.waiting import wait_until

CHILDREN = (("secrets", "tb-alice-creds"), ("configmaps", "tb-alice-cfg"), ("pods", "tb-alice"))


def versions(api: Api) -> dict[str, str]:
    objects = (("tradingbots", "alice"), *CHILDREN)
    found = {name: api.get(kind, name) for kind, name in objects}
    return {name: one["metadata"]["resourceVersion"] if one else "" for name, one in found.items()}


def message(api: Api) -> str:
    """What the bot's readiness says."""
    bot = api.get("tradingbots", "alice") or {}
    conditions = (bot.get("status") or {}).get("conditions", ())
    return "".join(one["message"] for one in conditions if one["type"] == "Ready")


def wait_made(api: Api) -> dict[str, Any]:
    """Wait until the pod is there and its node has given up on the image; then nothing moves."""
    wait_until(lambda: api.get("pods", "tb-alice"), "the pod")

    def at_rest() -> bool:
        pod = api.get("pods", "tb-alice") or {}
        states = (pod.get("status") or {}).get("containerStatuses") or ()
        return any(
            one["state"].get("waiting", {}).get("reason") == "ErrImageNeverPull" for one in states
        )

    wait_until(at_rest, "the pod rests")
    pod = api.get("pods", "tb-alice")
    assert pod is not None
    return pod


def event_reasons(api: Api) -> set[str]:
    return {
        one["reason"] for one in api.list("events") if one["involvedObject"]["kind"] == "TradingBot"
    }


def test_bot_gets_its_children_and_a_status(operator: Operator, api: Api) -> None:
    api.create_bot()

    pod = wait_made(api)

    operator.wait_for("Ready", "False", "PodPending")
    assert api.condition("CredentialsReady") == ("True", "PaperAccount")
    secret, config = api.get("secrets", "tb-alice-creds"), api.get("configmaps", "tb-alice-cfg")
    assert secret is not None
    assert set(secret["data"]) == {
        "api-key",
        "api-secret",
        "database-password",
        "key-version",
    }
    assert config is not None
    assert json.loads(config["data"]["bot.json"])["bot"]["namespace"] == api.namespace
    assert pod["spec"]["serviceAccountName"] == "default"
    assert not pod["spec"]["automountServiceAccountToken"]
    assert "PodCreated" in event_reasons(api)
    assert operator.ask("/healthz") == operator.ask("/readyz") == 200


def test_unchanged_bot_is_looked_at_and_not_written(operator: Operator, api: Api) -> None:
    operator.stop()
    operator.settings = {"RESYNC_SECONDS": "0.5"}
    operator.start()
    api.create_bot()
    wait_made(api)
    wait_until(lambda: "is not present" in message(api), "the kubelet's last word is told")
    before = versions(api)

    time.sleep(6)  # a dozen full looks

    assert versions(api) == before
    stored = api.get("tradingbots", "alice")
    assert stored is not None
    assert stored["metadata"]["finalizers"] == ["kbots.dev/drain"]
    # The watch has a finalizer and annotations of its own where it is left to its ways.
    assert "annotations" not in stored["metadata"]


def test_lost_and_changed_children_are_made_again_without_touching_the_pod(
    operator: Operator, api: Api
) -> None:
    api.create_bot()
    uid = wait_made(api)["metadata"]["uid"]
    secret = api.get("secrets", "tb-alice-creds")
    assert secret is not None

    api.delete("configmaps", "tb-alice-cfg")
    api.patch("secrets", "tb-alice-creds", {"data": {"api-key": "d3Jvbmc=", "foreign": "eA=="}})

    wait_until(lambda: api.get("configmaps", "tb-alice-cfg"), "the ConfigMap is made again")
    wait_until(
        lambda: set(api.get("secrets", "tb-alice-creds")["data"]) == set(secret["data"]),  # type: ignore[index]
        "the Secret is as wanted",
    )
    pod = api.get("pods", "tb-alice")
    assert pod is not None
    assert pod["metadata"]["uid"] == uid
    assert {"Healed", "Updated"} <= event_reasons(api)


def test_lost_pod_is_replaced(operator: Operator, api: Api) -> None:
    api.create_bot()
    first = wait_made(api)["metadata"]["uid"]

    api.delete("pods", "tb-alice")

    wait_until(
        lambda: (
            (api.get("pods", "tb-alice") or {"metadata": {"uid": first}})["metadata"]["uid"]
            != first
        ),
        "another pod",
    )


def test_changed_spec_reaches_the_running_pod(operator: Operator, api: Api) -> None:
    api.create_bot()
    pod = wait_made(api)

    api.patch("tradingbots", "alice", {"spec": {"desiredState": "Paused"}})

    def told() -> bool:
        config = api.get("configmaps", "tb-alice-cfg")
        return bool(config) and '"Paused"' in config["data"]["bot.json"]

    wait_until(told, "the configuration says Paused")
    wait_until(lambda: changed_hash(api, pod), "the nudge")
    after = api.get("pods", "tb-alice")
    assert after is not None
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]


def changed_hash(api: Api, before: dict[str, Any]) -> bool:
    mark = "kbots.dev/config-hash"
    now = api.get("pods", "tb-alice") or before
    return bool(now["metadata"]["annotations"][mark] != before["metadata"]["annotations"][mark])


def test_deleted_bot_ends_in_order_and_leaves_nothing(operator: Operator, api: Api) -> None:
    api.create_bot(onStop={"timeoutSeconds": 5})
    wait_made(api)

    api.delete("tradingbots", "alice")

    operator.wait_for("Ready", "False", "Draining")
    wait_until(lambda: api.get("tradingbots", "alice") is None, "the bot goes", seconds=60)
    assert [name for kind, name in CHILDREN if api.get(kind, name)] == []
    (active,) = operator.database.rows(
        "select count(*) from kbots.bot_logins where retired_at is null"
    )[0]
    assert active == 0


def test_bot_that_breaks_the_rules_of_the_operator_says_so(operator: Operator, api: Api) -> None:
    api.create_bot(mode="testnet", paper=None, credentials={"secretName": "mine"})

    operator.wait_for("Ready", "False", "TestnetNotAvailable")

    assert api.get("pods", "tb-alice") is None


def test_killed_operator_leaves_bots_alone_and_the_next_goes_on(
    operator: Operator, api: Api
) -> None:
    api.create_bot()
    uid = wait_made(api)["metadata"]["uid"]
    operator.stop(signal.SIGKILL)
    api.delete("configmaps", "tb-alice-cfg")

    operator.start()

    wait_until(lambda: api.get("configmaps", "tb-alice-cfg"), "what was lost meanwhile is made")
    pod = api.get("pods", "tb-alice")
    assert pod is not None
    assert pod["metadata"]["uid"] == uid


def test_second_operator_stands_by_until_the_first_stops(operator: Operator) -> None:
    operator.wait_started()
    second = replace(operator, name="second", port=free_port(), process=None)
    second.start()
    try:
        wait_until(lambda: second.ask("/readyz") == 200, "it stands by")
        stood_by = not second.events("operator_started")

        code = operator.stop()

        wait_until(lambda: second.events("operator_started"), "it leads", seconds=5)
        assert stood_by
        assert code == 0
        lease = second.api.get("leases", "kbots-operator")
        assert lease is not None
        assert (lease["spec"]["holderIdentity"], lease["spec"]["leaseTransitions"]) == ("second", 1)
    finally:
        second.clear()


def test_operator_that_lost_its_lease_ends_at_once(operator: Operator, api: Api) -> None:
    operator.wait_started()

    api.patch("leases", "kbots-operator", {"spec": {"holderIdentity": "another"}})

    assert operator.process is not None
    assert operator.process.wait(10) != 0
    assert operator.events("leadership_lost")


def test_operator_that_can_not_watch_any_more_ends_and_frees_its_lease(
    operator: Operator, api: Api
) -> None:
    operator.wait_started()
    operator.stop()
    blind = [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "watch"]} for rule in RULES
    ]
    api.patch("roles", ACCOUNT, {"rules": blind})

    operator.start()

    assert operator.process is not None
    assert operator.process.wait(120) == 1
    lease = api.get("leases", "kbots-operator")
    assert lease is not None
    assert lease["spec"]["holderIdentity"] == ""


def test_operator_shows_no_secret(operator: Operator, api: Api) -> None:
    api.create_bot()
    wait_made(api)
    secret = api.get("secrets", "tb-alice-creds")
    assert secret is not None
    operator.stop()

    shown = operator.log.read_text() + json.dumps(
        [api.list("events"), api.list("pods"), api.list("configmaps"), api.list("tradingbots")]
    )

    hidden = set(secret["data"].values()) | {operator.database.passwords["kbots_operator"]}
    assert [value for value in hidden if value in shown] == []
