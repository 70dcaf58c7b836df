"""The exchange's two roles as the chart deploys them."""

import json
from collections.abc import Callable

from tests.cluster.chart import of_kind, pods, render

Command = Callable[..., str]


def test_exchange_holds_no_state_and_its_own_password_alone(helm: Command) -> None:
    rendered = render(helm)
    spec = dict(pods(rendered))["kbots-exchange"]["spec"]

    kept = [one for one in spec["volumes"] if "emptyDir" not in one]
    assert [one["secret"]["secretName"] for one in kept] == ["kbots-exchange"]
    users = {
        name
        for name, pod in pods(rendered)
        if "kbots-exchange" in json.dumps(pod["spec"].get("volumes", ()))
    }
    assert users == {"kbots-exchange", "kbots-migrate-1"}


def test_relay_comes_in_replicas_that_never_end_together(helm: Command) -> None:
    made = render(helm, "--set", "relay.enabled=true")

    [relay] = [
        one for one in of_kind(made, "Deployment") if one["metadata"]["name"] == "kbots-relay"
    ]
    assert relay["spec"]["replicas"] == 2
    assert relay["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    [budget] = of_kind(made, "PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"] == relay["spec"]["selector"]
    assert "kbots-relay" not in [name for name, _ in pods(render(helm))]


def test_operator_hears_of_the_relay_and_whose_data_it_has(helm: Command) -> None:
    def told(*options: str) -> dict[str, str]:
        container = dict(pods(render(helm, *options)))["kbots-operator"]["spec"]["containers"][0]
        env = {one["name"]: one.get("value", "") for one in container["env"]}
        return {
            name.removeprefix("KBOTS_OPERATOR_RELAY_"): value
            for name, value in env.items()
            if "_RELAY_" in name
        }

    assert told() == {}
    assert told("--set", "relay.enabled=true", "--set", "relay.environment=testnet") == {
        "REST_URL": "http://kbots-relay.kbots-system.svc:9090",
        "STREAM_URL": "ws://kbots-relay.kbots-system.svc:9090",
        "ENVIRONMENT": "testnet",
    }
