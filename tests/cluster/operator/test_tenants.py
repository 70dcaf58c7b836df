"""The operator's own judgement of whose a bot is, where no admission policy stands before it."""

from typing import Any

import pytest

from tests.cluster.operator.api import ACCOUNT, RULES, Api, namespace_for_test
from tests.cluster.operator.process import Operator
from tests.support.waiting import wait_until

CHILDREN = (("secrets", "tb-alice-creds"), ("configmaps", "tb-alice-cfg"), ("pods", "tb-alice"))


@pytest.fixture
def of_bob(operator: Operator, api: Api) -> Operator:
    """The operator, told that the namespace is for bob's bots."""
    restart(operator, f"{api.namespace}=bob")
    return operator


def restart(operator: Operator, tenants: str) -> None:
    operator.stop()
    operator.settings = {"TENANTS": tenants}
    operator.start()


def give_rights(api: Api, home: Api) -> None:
    """Let the operator's account work in another namespace, too."""
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": home.namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT}
    api.create("roles", {"metadata": {"name": ACCOUNT}, "rules": RULES})
    api.create(
        "rolebindings", {"metadata": {"name": ACCOUNT}, "roleRef": role, "subjects": [subject]}
    )


def ready(api: Api) -> dict[str, Any]:
    bot = api.get("tradingbots", "alice") or {}
    conditions = (bot.get("status") or {}).get("conditions", ())
    return next((one for one in conditions if one["type"] == "Ready"), {})


def test_bot_of_another_owner_gets_nothing_and_is_told_why(of_bob: Operator, api: Api) -> None:
    api.create_bot()

    of_bob.wait_for("Ready", "False", "OwnerForbidden", seconds=60)

    assert "spec.owner is not whom this namespace is for" in ready(api)["message"]
    assert [name for kind, name in CHILDREN if api.get(kind, name)] == []
    told = {one["reason"] for one in api.list("events")}
    assert "OwnerForbidden" in told
    # Nothing was asked for it either: it could not be removed without the operator.
    stored = api.get("tradingbots", "alice") or {}
    assert "finalizers" not in stored["metadata"]


def test_bot_of_the_namespaces_owner_is_served(of_bob: Operator, api: Api) -> None:
    api.create_bot(owner="bob")

    wait_until(lambda: api.get("pods", "tb-alice"), "its pod", seconds=60)
    of_bob.wait_for("Ready", "False", "PodPending", seconds=60)


def test_bot_whose_namespace_becomes_somebody_elses_keeps_its_pod_and_opens_nothing_new(
    operator: Operator, api: Api
) -> None:
    api.create_bot()
    wait_until(lambda: api.get("pods", "tb-alice"), "its pod", seconds=60)
    pod = api.get("pods", "tb-alice") or {}

    restart(operator, f"{api.namespace}=bob")

    operator.wait_for("Ready", "False", "OwnerForbidden", seconds=60)
    config = (api.get("configmaps", "tb-alice-cfg") or {})["data"]["bot.json"]
    assert '"desiredState": "Paused"' in config or '"desiredState":"Paused"' in config
    after = api.get("pods", "tb-alice") or {}
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    # And it can still be stopped.
    api.patch("tradingbots", "alice", {"spec": {"desiredState": "Stopped"}})
    wait_until(
        lambda: "stopping-since" in str(api.get("pods", "tb-alice")),
        "it is told to stop",
        seconds=60,
    )


def test_namespace_that_is_away_keeps_no_other_waiting_and_is_served_once_it_comes(
    operator: Operator, api: Api
) -> None:
    with namespace_for_test(api.kubeconfig) as other:
        operator.stop()
        operator.settings = {
            "NAMESPACES": f"{api.namespace},{other.namespace}",
            "TENANTS": f"{other.namespace}=bob",
            "RESYNC_SECONDS": "2",
        }
        operator.start()
        api.create_bot()
        other.create_bot("bobs", owner="bob")

        wait_until(lambda: api.get("pods", "tb-alice"), "its pod", seconds=60)
        (told,) = operator.events("tenant_not_served")
        assert told["namespace"] == other.namespace
        assert other.get("pods", "tb-bobs") is None
        process = operator.process
        assert process is not None

        give_rights(other, api)

        wait_until(lambda: process.poll() is not None, "it ends, to begin anew", seconds=60)
        assert "is there now: starting anew" in operator.log.read_text()
        operator.start()
        wait_until(lambda: other.get("pods", "tb-bobs"), "the newcomer's pod", seconds=60)
        # Else its finalizer outlives the operator.
        operator.stop()
