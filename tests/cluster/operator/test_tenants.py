"""The operator's own judgement of whose a bot is, where no admission policy stands before it."""

from typing import Any

import pytest

from tests.cluster.operator.api import Api
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
