"""The chart by Helm itself and by the API server: what it makes, what that may do, what it refuses."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import yaml

from tests.cluster.chart import BOTS, CHART, SYSTEM, WEB, Manifest, of_kind, pods, render
from tests.support.cluster.commands import CommandFailed
from tests.support.sources import ROOT

Command = Callable[..., str]

TRIAL = "chart-restricted"
WITH_TOKEN = {"kbots-operator", "kbots-dashboard", "kbots-set-up-1"}
RELAY = ("--set", "relay.enabled=true")
EXTERNAL = ("--set", "postgres.enabled=false,database.host=db.example.org,database.adminSecret=db")


@pytest.fixture(scope="session")
def rendered(helm: Command) -> list[Manifest]:
    """The chart with its own values."""
    return render(helm)


@pytest.fixture
def restricted(kubectl: Command) -> Iterator[str]:
    """A namespace that takes restricted pods only."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": TRIAL, "labels": labels},
    }
    kubectl("apply", "--filename", "-", input=json.dumps(namespace))
    yield TRIAL
    kubectl("delete", "namespace", TRIAL, "--wait=false")


def test_chart_passes_the_strict_lint(helm: Command) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART))


def test_chart_renders_the_same_twice_and_no_secret(
    helm: Command, rendered: list[Manifest]
) -> None:
    assert render(helm) == rendered
    assert of_kind(rendered, "Secret") == []


def test_resource_definition_is_the_repositorys(rendered: list[Manifest]) -> None:
    source = yaml.safe_load((ROOT / "crds" / "tradingbots.yaml").read_text(encoding="utf-8"))

    assert of_kind(rendered, "CustomResourceDefinition") == [source]


def test_what_holds_bots_outlives_the_release_and_is_no_hook(rendered: list[Manifest]) -> None:
    kept = [*of_kind(rendered, "Namespace"), *of_kind(rendered, "CustomResourceDefinition")]

    assert {one["metadata"]["name"] for one in kept} == {WEB, BOTS, "tradingbots.kbots.dev"}
    assert {one["metadata"]["annotations"]["helm.sh/resource-policy"] for one in kept} == {"keep"}
    hooks = [
        (one["metadata"]["name"], hook)
        for one in rendered
        if (hook := one["metadata"].get("annotations", {}).get("helm.sh/hook"))
    ]
    assert hooks == [("kbots-test-connections", "test")]


def test_namespaces_take_restricted_pods_only(rendered: list[Manifest]) -> None:
    for namespace in of_kind(rendered, "Namespace"):
        labels = namespace["metadata"]["labels"]
        modes = [
            labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")
        ]
        assert modes == ["restricted"] * 3


def test_every_pod_is_taken_by_a_restricted_namespace(
    kubectl: Command, helm: Command, rendered: list[Manifest], restricted: str
) -> None:
    judge = partial(dry_run, kubectl, restricted)
    specs = [pod["spec"] for _, pod in pods([*rendered, *render(helm, *RELAY)])]

    assert len(specs) == 7 + 8
    for spec in specs:
        judge(spec)
    with pytest.raises(CommandFailed, match="violates PodSecurity"):
        judge({**specs[0], "hostNetwork": True})


def test_every_pod_is_tighter_than_restricted(helm: Command, rendered: list[Manifest]) -> None:
    for name, pod in pods([*rendered, *render(helm, *RELAY)]):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is (name in WITH_TOKEN), name
        assert spec["enableServiceLinks"] is False, name
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert container["resources"]["limits"]["memory"], name
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert not [one for one in container.get("env", ()) if "secretKeyRef" in str(one)], name
        volumes = spec.get("volumes", ())
        secrets = [one[kind] for one in volumes for kind in ("secret", "projected") if kind in one]
        assert {one["defaultMode"] for one in secrets} <= {0o400}, name


def test_every_lasting_pod_has_its_probes(rendered: list[Manifest]) -> None:
    for one in [*of_kind(rendered, "Deployment"), *of_kind(rendered, "StatefulSet")]:
        container = one["spec"]["template"]["spec"]["containers"][0]
        assert {"livenessProbe", "readinessProbe"} <= container.keys()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("operator.resyncSeconds=often", "/operator/resyncSeconds"),
        ("operator.writesPerSecond=-1", "/operator/writesPerSecond"),
        ("bots.max=0", "/bots/max"),
        ("exchange.speed=601", "/exchange/speed"),
        ("relay.replicas=0", "/relay/replicas"),
        ("exchange.symbols={}", "/exchange/symbols"),
        ("postgres.storage.size=big", "/postgres/storage/size"),
        ("metrics.podMonitor.interval=often", "/metrics/podMonitor/interval"),
        ("dashboard.publicOrigin=example.org", "/dashboard/publicOrigin"),
        ("dashboard.colour=red", "colour"),
        ("postgres.enabled=false", "database.host"),
        ("postgres.enabled=false,database.host=db", "database.adminSecret"),
        ("dashboard.ingress.enabled=true", "dashboard.ingress.host"),
        ("operator.testnet.streamUrl=", "operator.testnet.streamUrl"),
        (f"namespaces.bots={SYSTEM}", "namespaces.bots"),
    ],
)
def test_wrong_value_is_refused_by_its_name(helm: Command, setting: str, words: str) -> None:
    with pytest.raises(CommandFailed) as refusal:
        render(helm, "--set", setting)

    assert words in refusal.value.stderr


def test_external_database_replaces_postgres(helm: Command) -> None:
    made = render(helm, *EXTERNAL)

    assert [name for name, _ in pods(made) if "postgres" in name] == []
    hosts = {
        one["value"]
        for _, pod in pods(made)
        for one in pod["spec"]["containers"][0].get("env", ())
        if one["name"].endswith("_DATABASE_HOST")
    }
    assert hosts == {"db.example.org"}
    exchange = dict(pods(made))["kbots-exchange"]["spec"]["containers"][0]["command"]
    assert "--database-host=db.example.org" in exchange
    migrate = next(pod for name, pod in pods(made) if name.startswith("kbots-migrate"))
    assert migrate["spec"]["volumes"][0]["secret"]["secretName"] == "db"


def test_ingress_is_served_over_tls_and_names_the_origin(helm: Command) -> None:  # SEC-59
    made = render(
        helm, "--set", "dashboard.ingress.enabled=true,dashboard.ingress.host=bots.example.org"
    )

    [ingress] = of_kind(made, "Ingress", WEB)
    assert ingress["spec"]["tls"] == [{"hosts": ["bots.example.org"]}]
    origin = environment(made, "kbots-dashboard")["KBOTS_DASHBOARD_PUBLIC_ORIGIN"]
    assert origin == "https://bots.example.org"


def test_addresses_to_restrict_keys_to_are_told_to_the_dashboard(helm: Command) -> None:
    addresses = "192.0.2.7,2001:db8::1"  # TR-70
    made = render(helm, "--set", f"dashboard.egressAddresses={{{addresses}}}")
    assert addresses in environment(made, "kbots-dashboard").values()


def test_without_test_network_the_operator_knows_none(
    helm: Command, rendered: list[Manifest]
) -> None:
    off = environment(render(helm, "--set", "operator.testnet.restUrl="), "kbots-operator")

    assert "KBOTS_OPERATOR_TESTNET_REST_URL" in environment(rendered, "kbots-operator")
    assert [name for name in off if "TESTNET" in name] == []


def test_operator_is_told_which_nodes_take_bots(helm: Command, rendered: list[Manifest]) -> None:
    made = render(
        helm, "--set", r"bots.nodeSelector.example\.org/pool=bots,bots.nodeSelector.spot=",
        "--set-json", 'bots.tolerations=[{"key":"pool","value":"bots","effect":"NoSchedule"}]',
    )  # fmt: skip
    told = environment(made, "kbots-operator")

    assert told["KBOTS_OPERATOR_RUNNER_NODE_SELECTOR"] == "example.org/pool=bots,spot="
    assert json.loads(told["KBOTS_OPERATOR_RUNNER_TOLERATIONS"]) == [
        {"key": "pool", "value": "bots", "effect": "NoSchedule"}
    ]
    anywhere = environment(rendered, "kbots-operator")
    assert [name for name in anywhere if "NODE_SELECTOR" in name or "TOLERATIONS" in name] == []


def test_connections_follow_the_most_bots(helm: Command) -> None:
    made = render(helm, "--set", "bots.max=100")
    [postgres] = of_kind(made, "StatefulSet", SYSTEM)

    assert "max_connections=440" in postgres["spec"]["template"]["spec"]["containers"][0]["args"]
    assert of_kind(made, "ResourceQuota", BOTS)[0]["spec"]["hard"] == {"pods": "105"}


def test_own_check_of_the_release_passes(helm: Command) -> None:
    answer = helm("test", "kbots", "--namespace", SYSTEM, "--logs")

    assert "Phase:          Succeeded" in answer
    assert [f"{name}: ok" in answer for name in ("database", "dashboard", "exchange")] == [True] * 3


def dry_run(kubectl: Command, namespace: str, spec: dict[str, Any]) -> None:
    """Have the API server judge a pod; its account is that of another namespace."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "trial", "namespace": namespace},
        "spec": {**spec, "serviceAccountName": "default"},
    }
    kubectl("create", "--dry-run=server", "--filename", "-", input=json.dumps(pod))


def environment(manifests: list[Manifest], name: str) -> dict[str, str]:
    """Return the plain variables of a program."""
    pod = dict(pods(manifests))[name]
    return {one["name"]: one.get("value", "") for one in pod["spec"]["containers"][0]["env"]}
