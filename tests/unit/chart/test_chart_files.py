"""The chart's files, as far as they can be judged without Helm."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from botoperator.plan.pod import PROBE_PORT
from botoperator.settings import Toleration
from tests.support.sources import ROOT

CHART = ROOT / "charts" / "kbots"
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))

A_TENANT: dict[str, Any] = {"namespace": "kbots-alice", "owner": "alice", "maxBots": 3}


def values() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return loaded


def problems(of: dict[str, Any]) -> list[str]:
    found = jsonschema.Draft7Validator(SCHEMA).iter_errors(of)
    return [f"{'.'.join(map(str, one.absolute_path))}: {one.message}" for one in found]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/definitions/")
    return SCHEMA["definitions"][name] if name else schema


def leaves_of_schema(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    fields = resolved(schema).get("properties")
    if fields is None:
        yield path
        return
    for name, field in fields.items():
        yield from leaves_of_schema(field, f"{path}.{name}")


def leaves_of_values(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    fields = resolved(schema).get("properties")
    if fields is None or not isinstance(value, dict):
        yield path
        return
    for name, inner in value.items():
        yield from leaves_of_values(inner, fields[name], f"{path}.{name}")


def test_copy_of_the_resource_definition_is_its_source() -> None:
    source = (ROOT / "crds" / "tradingbots.yaml").read_bytes()

    assert (CHART / "files" / "crds" / "tradingbots.yaml").read_bytes() == source
    # Without it an uninstall removes every TradingBot.
    annotations = yaml.safe_load(source)["metadata"]["annotations"]
    assert annotations["helm.sh/resource-policy"] == "keep"


def test_values_conform_to_a_schema_that_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)

    assert problems(values()) == []


def test_tenants_conform_with_and_without_who_may_write() -> None:
    subjects = [
        {"kind": "User", "name": "alice@example.org"},
        {"kind": "ServiceAccount", "name": "flux", "namespace": "flux"},
    ]

    assert problems({**values(), "tenants": [A_TENANT, {**A_TENANT, "subjects": subjects}]}) == []


def test_bots_are_scraped_at_the_port_they_serve() -> None:
    policies = (CHART / "templates" / "network-policies.yaml").read_text(encoding="utf-8")

    assert f"port: {PROBE_PORT}}}" in policies.split('"botrunner") }}')[-1]


def test_schema_and_values_name_the_same() -> None:
    known = set(leaves_of_schema(SCHEMA))
    # No default: an option of resources that the chart leaves out.
    unset = {path for path in known if path.endswith("resources.limits.cpu")}

    assert set(leaves_of_values(values(), SCHEMA)) == known - unset


def test_every_object_of_the_schema_refuses_unknown_fields() -> None:
    def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "properties" in schema:
            yield schema
            for field in schema["properties"].values():
                yield from objects(resolved(field))

    loose = [one for one in objects(SCHEMA) if one.get("additionalProperties") is not False]
    assert loose == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("operator.resyncSeconds", "often"),
        ("operator.logLevel", "LOUD"),
        ("operator.resources.requests.cpu", "half"),
        ("bots.max", 0),
        ("bots.nodeSelector", {"gpu": True}),
        ("bots.nodeSelector", {"a label": "yes"}),
        ("bots.tolerations", [{"value": "bots"}]),
        ("bots.tolerations", [{"key": "pool", "operator": "Exists", "value": "bots"}]),
        ("bots.tolerations", [{"key": "pool", "effect": "NoSleep"}]),
        ("bots.tolerations", [{"key": "pool", "effect": "NoSchedule", "tolerationSeconds": 5}]),
        ("live.enabled", "yes"),
        ("live.symbols", "BTCUSDT"),
        ("live.mostNotional", {"USDT": 1000}),
        ("live.mostNotional", {"usdt": "1000"}),
        ("metrics.scrapeFrom", "monitoring"),
        ("metrics.podMonitor.interval", "often"),
        ("metrics.prometheusRule.enabled", "yes"),
        ("operator.startingPods", -1),
        ("dashboard.publicOrigin", "example.org"),
        ("dashboard.publicOrigin", "https://example.org/path"),
        ("dashboard.service.nodePort", 70_000),
        ("exchange.speed", 601),
        ("exchange.source", "moon"),
        ("relay.replicas", 0),
        ("postgres.storage.size", "a lot"),
        ("images.operator.tag", "with space"),
        ("namespaces.web", "Kbots"),
        ("tenants", [{"namespace": "Alice", "owner": "alice", "maxBots": 1}]),
        ("tenants", [{"namespace": "alice", "owner": "Alice Smith", "maxBots": 1}]),
        ("tenants", [{"namespace": "alice", "owner": "alice", "maxBots": 0}]),
        ("tenants", [{"namespace": "alice", "owner": "alice"}]),
        ("tenants", [{**A_TENANT, "subjects": [{"kind": "Robot", "name": "x"}]}]),
        ("networkPolicies.apiServerCidr", "10.0.0.1"),
        ("dashboard.colour", "red"),
    ],
)
def test_wrong_value_is_refused_by_its_name(path: str, value: object) -> None:
    changed = values()
    *folders, name = path.split(".")
    place = changed
    for folder in folders:
        place = place[folder]
    place[name] = value

    found = problems(changed)

    assert len(found) == 1
    assert all(word in found[0] for word in path.split("."))


@pytest.mark.parametrize(
    "toleration",
    [
        {"operator": "Exists"},
        {"key": "example.org/pool", "value": "bots", "effect": "NoSchedule"},
        {"key": "pool", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
    ],
)
def test_toleration_that_kubernetes_takes_is_taken(toleration: dict[str, Any]) -> None:
    changed = values()
    changed["bots"] |= {"nodeSelector": {"example.org/pool": ""}, "tolerations": [toleration]}

    assert problems(changed) == []
    assert Toleration.model_validate(toleration).to_manifest().items() >= toleration.items()
