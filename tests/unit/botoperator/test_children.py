"""The rendered objects, held against a file people can read."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from botcore.resources.trading_bot import BotMode, TradingBotSpec
from botcore.resources.validation import parse_trading_bot
from botoperator.plan.children import config_of, key_of, stopped_config, verify_children
from botoperator.plan.inputs import BotIdentity, PodSettings, Relay, Venue
from botoperator.plan.manifests import Kind, Manifest
from tests.unit.botoperator.builders import a_bot, a_key, children_of

GOLDEN = Path(__file__).with_name("golden") / "paper_bot.yaml"
RELAYED = GOLDEN.with_name("testnet_venue.yaml")


def readable(manifests: tuple[Manifest, ...]) -> list[Any]:
    bodies = json.loads(json.dumps([one.body for one in manifests]))
    for body in bodies:
        if body["kind"] == "ConfigMap":
            body["data"]["bot.json"] = json.loads(body["data"]["bot.json"])
    return list(bodies)


def test_children_are_as_the_golden_file_says() -> None:
    rendered = readable(children_of(a_bot()))

    assert rendered == list(yaml.safe_load_all(GOLDEN.read_text()))


def test_venue_with_a_relay_is_as_the_golden_file_says() -> None:
    relay = Relay(
        rest_url="http://kbots-relay.kbots-system.svc:9090",
        stream_url="ws://kbots-relay.kbots-system.svc:9090",
    )
    venue = Venue(
        environment=BotMode.TESTNET,
        rest_url="https://testnet.binance.vision",
        ws_api_url="wss://ws-api.testnet.binance.vision/ws-api/v3",
        stream_url="wss://stream.testnet.binance.vision",
        relay=relay,
    )
    check = BotIdentity(uid="u", namespace="n", name="alice", owner="alice", generation=1)

    config_map = verify_children(check, a_key(), venue, PodSettings(image="i"))[1]

    assert json.loads(config_map.data["bot.json"])["venue"] == yaml.safe_load(RELAYED.read_text())


def test_pod_has_no_secret_in_environment_labels_or_annotations() -> None:
    text = json.dumps(children_of(a_bot())[2].body)

    assert not [
        word for word in ("the-api-key", "the-api-secret", "the-db-password") if word in text
    ]


def test_bot_is_restarted_for_a_loop_that_stands_and_never_for_not_being_ready() -> None:
    """A fenced bot is not ready, which is no reason to restart it (I10)."""
    (container,) = children_of(a_bot())[2].body["spec"]["containers"]

    asked = {name: probe["httpGet"] for name, probe in container.items() if name.endswith("Probe")}
    assert asked == {
        "startupProbe": {"path": "/healthz", "port": "probes"},
        "livenessProbe": {"path": "/healthz", "port": "probes"},
        "readinessProbe": {"path": "/readyz", "port": "probes"},
    }
    liveness = container["livenessProbe"]
    # Beyond any pause that ends by itself, such as that of a process frozen past its lease.
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 120


def test_config_is_one_the_resource_models_take() -> None:
    config = config_of(children_of(a_bot())[1])

    manifest = {
        "apiVersion": "kbots.dev/v1alpha1",
        "kind": "TradingBot",
        "metadata": {"name": "alice"},
    }
    assert isinstance(parse_trading_bot({**manifest, "spec": config["spec"]}).spec, TradingBotSpec)
    assert config["accountUid"] == "1001"


def test_key_is_read_back_from_its_secret() -> None:
    secret = children_of(a_bot())[0]

    assert key_of(secret) == a_key()
    assert key_of(secret.with_data({})) is None


def test_stopped_config_keeps_the_old_account_and_takes_the_new_order() -> None:
    before = children_of(a_bot())[1]

    config = config_of(stopped_config(before, {"orders": "Keep"}, 7))

    assert config["spec"]["desiredState"] == "Stopped"
    assert config["spec"]["onStop"] == {"orders": "Keep"}
    assert config["generation"] == 7
    assert config["venue"] == config_of(before)["venue"]


def test_key_check_has_its_own_pod_that_never_restarts_and_no_database() -> None:
    check = BotIdentity(
        uid="abcdef01-2345", namespace="kbots-bots", name="x", owner="alice", generation=1
    )
    venue = Venue(environment=BotMode.TESTNET, rest_url="r", ws_api_url="w", stream_url="s")

    secret, config_map, pod = verify_children(check, a_key(), venue, PodSettings(image="i"))

    assert pod.name == "tb-verify-abcdef01"
    assert pod.body["spec"]["restartPolicy"] == "Never"
    (container,) = pod.body["spec"]["containers"]
    assert container["command"] == ["botrunner", "verify-key"]
    assert not [name for name in container if name.endswith("Probe") or name == "ports"]
    assert set(secret.data) == {"api-key", "api-secret", "key-version"}
    assert set(json.loads(config_map.data["bot.json"])) == {"bot", "venue"}
    assert {one.owner_uid for one in (secret, config_map, pod)} == {None}


def test_nodes_are_chosen_for_bots_and_for_checks_of_keys() -> None:
    toleration = {"key": "pool", "operator": "Exists", "effect": "NoSchedule"}
    check = BotIdentity(uid="u", namespace="n", name="alice", owner="alice", generation=1)
    venue = Venue(environment=BotMode.TESTNET, rest_url="r", ws_api_url="w", stream_url="s")
    settings = PodSettings(
        image="kbots/botrunner:1", node_selector={"pool": "bots"}, tolerations=(toleration,)
    )

    for pod in (
        children_of(a_bot(), pod=settings)[2],
        verify_children(check, a_key(), venue, settings)[2],
    ):
        assert pod.body["spec"]["nodeSelector"] == {"pool": "bots"}
        assert pod.body["spec"]["tolerations"] == [toleration]


def test_pod_that_may_run_anywhere_is_the_one_it_was() -> None:
    """Its hash, too: else an upgrade of the operator would replace every bot's pod."""
    pod = children_of(a_bot())[2]

    assert {"nodeSelector", "tolerations"} & pod.body["spec"].keys() == set()
    elsewhere = PodSettings(image="kbots/botrunner:1", node_selector={"pool": "bots"})
    moved = children_of(a_bot(), pod=elsewhere)[2]
    assert moved.annotations["kbots.dev/pod-hash"] != pod.annotations["kbots.dev/pod-hash"]


@pytest.mark.parametrize("text", ["not JSON", "[]", "{}", '{"spec": 1, "generation": 1}'])
def test_configuration_that_somebody_broke_is_none(text: str) -> None:
    config_map = children_of(a_bot())[1]

    assert config_of(config_map) is not None
    assert config_of(config_map.with_data({"bot.json": text})) is None
    assert config_of(config_map.with_data({})) is None
    assert config_of(None) is None


@pytest.mark.parametrize(
    "data", [{}, {"api-key": "eA=="}, {"api-key": "/w==", "api-secret": "eA=="}]
)
def test_secret_that_somebody_broke_holds_no_key(data: dict[str, str]) -> None:
    secret = children_of(a_bot())[0]

    assert key_of(secret) == a_key()
    assert key_of(secret.with_data(data)) is None
    assert key_of(secret.with_annotations({"kbots.dev/account": "nowhere/1"})) is None


@pytest.mark.parametrize("name", ["a", "a" * 50])
def test_names_of_children_are_legal_for_every_legal_bot(name: str) -> None:
    bot = a_bot().model_copy(
        update={"metadata": a_bot().metadata.model_copy(update={"name": name})}
    )

    for child in children_of(bot):
        assert child.name.startswith("tb-")
        assert len(child.name) <= 63
        assert child.kind in Kind
