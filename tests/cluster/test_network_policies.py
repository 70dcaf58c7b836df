"""Who may connect to whom: what the policies mean, and what the cluster makes of them."""

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hack.cluster.paths import Paths
from tests.cluster.chart import BOTS, SYSTEM, WEB, Manifest, of_kind, render
from tests.cluster.connecting import Peer, connections_of

# The judge of policies is built from source once, for minutes.
pytestmark = pytest.mark.timeout(900)

Command = Callable[..., str]
Traffic = tuple[str, str, str]

CYCLONUS = "github.com/mattfenwick/cyclonus/cmd/cyclonus@v0.5.6"
TRIAL = "chart-policies"

STRANGERS = {f"stranger-{space}": space for space in (SYSTEM, WEB, BOTS, "default")}
NAMESPACES = {
    "operator": SYSTEM, "set-up": SYSTEM, "migrate": SYSTEM, "postgres": SYSTEM, "exchange": SYSTEM,
    "relay": SYSTEM,
    "connections": SYSTEM, "dashboard": WEB, "botrunner": BOTS, "kube-dns": "kube-system", **STRANGERS,
}  # fmt: skip
OUTSIDE = {
    "internet": "93.184.216.34", "metadata service": "169.254.169.254", "private network": "192.168.7.7",
    "another pod network": "10.9.8.7", "carrier network": "100.64.1.1",
}  # fmt: skip
PORTS = ("TCP 22", "TCP 53", "UDP 53", "TCP 80", "TCP 443", "TCP 5432", "TCP 6443", "TCP 8080", "TCP 8081",
         "TCP 9080", "TCP 9081", "TCP 9085", "TCP 9090", "TCP 9091", "TCP 9443")  # fmt: skip
# Everything that may connect; whatever is not here may not. The outsider in "default" has no policy of its own.
DNS = ("operator", "migrate", "connections", "exchange", "dashboard", "botrunner")
API_SERVER = ("operator", "set-up", "dashboard")
NEEDED: set[Traffic] = {
    *((who, "kube-dns", port) for who in DNS for port in ("TCP 53", "UDP 53")),
    *((who, "postgres", "TCP 5432") for who in DNS),
    *((who, "exchange", "TCP 9080") for who in ("connections", "botrunner")),
    ("operator", "exchange", "TCP 9081"),
    ("connections", "dashboard", "TCP 8080"),
    *((who, "dashboard", "TCP 8080") for who in ("stranger-default", "kube-dns", "internet")),
    # Its address may be any, so the rule knows no range.
    *((who, to, port) for who in API_SERVER for to in (*OUTSIDE, "kube-dns", "stranger-default")
      for port in ("TCP 443", "TCP 6443")),
    ("botrunner", "internet", "TCP 443"),
}  # fmt: skip
# What is added by the relay and by a paper exchange that follows Binance.
LIVE = ("--set", "relay.enabled=true,exchange.source=binance")
NEEDED_LIVE: set[Traffic] = {
    ("botrunner", "relay", "TCP 9090"),
    *(("relay", "kube-dns", port) for port in ("TCP 53", "UDP 53")),
    *((who, "internet", port) for who in ("relay", "exchange") for port in ("TCP 443", "TCP 9443")),
}
# What is added by a Prometheus in the namespace "default", and by nobody else's.
SCRAPED = (
    "--set-json",
    'metrics.scrapeFrom=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"default"}}}]',
)
NEEDED_SCRAPED: set[Traffic] = {
    ("stranger-default", "botrunner", "TCP 9085"),
    ("stranger-default", "operator", "TCP 8081"),
}
# What is added by a tenant: a bot of theirs may do what any bot may, and whoever else is in its namespace nothing.
TENANT = "kbots-alice"
TENANTS = ("--set", f"tenants[0].namespace={TENANT},tenants[0].owner=alice,tenants[0].maxBots=1")
THEIRS = (f"botrunner@{TENANT}", f"stranger@{TENANT}")
NEEDED_TENANT: set[Traffic] = {
    (THEIRS[0], to, port) for who, to, port in NEEDED if who == "botrunner"
}


@pytest.fixture(scope="session")
def policies(helm: Command) -> list[Manifest]:
    """The chart's network policies."""
    return of_kind(render(helm), "NetworkPolicy")


@pytest.fixture(scope="session")
def cyclonus() -> str:
    """The judge of network policies, built once."""
    folder = Paths().bin
    found = shutil.which("cyclonus", path=str(folder))
    if found:
        return found
    if not shutil.which("go"):
        pytest.skip("go, which builds cyclonus, the judge of network policies, is not installed")
    command = ["env", f"GOBIN={folder}", "go", "install", CYCLONUS]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return str(folder / "cyclonus")


@pytest.fixture(scope="session")
def peers(kubectl: Command) -> list[Peer]:
    """Programs of the release as they connect, and pods that are none of them."""
    image = kubectl(
        "get", "deployment/kbots-operator", "--namespace", SYSTEM,
        "--output", "jsonpath={.spec.template.spec.containers[0].image}",
    )  # fmt: skip
    programs = {name: NAMESPACES[name] for name in ("operator", "dashboard", "botrunner")}
    strangers = {name: space for name, space in STRANGERS.items() if space != "default"}
    return [
        Peer(name=name, namespace=space, image=image)
        for name, space in (programs | strangers).items()
    ]


@pytest.mark.parametrize(
    ("options", "needed", "more"),
    [
        ((), NEEDED, ()),
        (LIVE, NEEDED | NEEDED_LIVE, ()),
        (SCRAPED, NEEDED | NEEDED_SCRAPED, ()),
        (TENANTS, NEEDED | NEEDED_TENANT, THEIRS),
    ],
    ids=["default", "live", "scraped", "tenants"],
)
def test_policies_allow_what_is_needed_and_nothing_else(
    helm: Command,
    cyclonus: str,
    tmp_path: Path,
    options: tuple[str, ...],
    needed: set[Traffic],
    more: tuple[str, ...],
) -> None:
    policies = of_kind(render(helm, *options), "NetworkPolicy")
    names = (*NAMESPACES, *more)
    traffics = list(itertools.product((*names, "internet"), (*names, *OUTSIDE), PORTS))
    # Between strangers of the namespaces without policies nothing is ours to decide.
    free = {"kube-dns", "stranger-default", *OUTSIDE}
    ours = [one for one in traffics if one[0] != one[1] and not {one[0], one[1]} <= free]

    allowed = {
        one
        for one, said in zip(ours, judge(cyclonus, policies, ours, tmp_path), strict=True)
        if said
    }

    assert allowed - needed == set()
    assert needed - allowed == set()


def test_policies_are_written_without_ambiguity(
    cyclonus: str, policies: list[Manifest], tmp_path: Path
) -> None:
    found = analyze(cyclonus, policies, tmp_path, "--mode", "lint")

    assert "CheckTargetAllEgressBlocked" in found  # the default of each namespace
    # The dashboard alone may be reached by everybody.
    assert re.findall(r"CheckSource\w+|Check\w+Allowed", found) == ["CheckTargetAllIngressAllowed"]


def test_needed_connections_are_made(kubectl: Command, peers: list[Peer]) -> None:
    reached = connections_of(kubectl, peers, addresses(kubectl))

    assert needed_here(peers, addresses(kubectl)) - reached == set()


def test_forbidden_connections_fail(kubectl: Command, peers: list[Peer]) -> None:
    if not enforces(kubectl, peers[0].image):
        pytest.skip("this cluster's network plugin does not enforce NetworkPolicy")
    targets = addresses(kubectl)

    assert connections_of(kubectl, peers, targets) == needed_here(peers, targets)


def needed_here(peers: list[Peer], targets: dict[str, str]) -> set[tuple[str, str]]:
    """Return which of these peers need which of these addresses."""
    from_programs = {(who, f"{to}:{port.split()[1]}") for who, to, port in NEEDED}
    from_programs |= {(who, "api-server:443") for who in API_SERVER}
    return {(peer.name, target) for peer in peers for target in targets} & from_programs


def addresses(kubectl: Command) -> dict[str, str]:
    """Return the addresses of the release's Services and the API server's; names would need DNS."""
    services = {
        "postgres:5432": ("kbots-postgres", SYSTEM),
        "exchange:9080": ("kbots-exchange", SYSTEM),
        "exchange:9081": ("kbots-exchange-admin", SYSTEM),
        "dashboard:8080": ("kbots-dashboard", WEB),
        "api-server:443": ("kubernetes", "default"),
    }
    found = {}
    for target, (name, namespace) in services.items():
        where = "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}"
        found[target] = kubectl("get", "service", name, "--namespace", namespace, "--output", where)
    return found


def enforces(kubectl: Command, image: str) -> bool:
    """Tell whether a pod that may connect to nothing can't."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TRIAL}}
    deny = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny", "namespace": TRIAL},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }
    for one in (namespace, deny):
        kubectl("apply", "--filename", "-", input=json.dumps(one))
    target = {"api-server:443": addresses(kubectl)["api-server:443"]}
    try:
        silenced = Peer(name="silenced", namespace=TRIAL, image=image)
        return not connections_of(kubectl, [silenced], target)
    finally:
        kubectl("delete", "namespace", TRIAL, "--wait=false")


def judge(
    cyclonus: str, policies: list[Manifest], traffics: list[Traffic], folder: Path
) -> list[bool]:
    """Tell for each traffic whether the policies allow it."""
    (folder / "traffic.json").write_text(json.dumps([traffic(*one) for one in traffics]))
    text = analyze(
        cyclonus, policies, folder, "--mode", "query-traffic", "--traffic-path", str(folder / "traffic.json")
    )  # fmt: skip
    return [word == "TRUE" for word in re.findall(r"IS ALLOWED\? \|\s+(TRUE|FALSE)", text)]


def analyze(cyclonus: str, policies: list[Manifest], folder: Path, *options: str) -> str:
    """Run the judge on these policies."""
    listed = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": policies}
    path = folder / "policies.yaml"
    path.write_text(json.dumps(listed))
    command = [cyclonus, "analyze", "--policy-path", str(path), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def traffic(who: str, to: str, port: str) -> Manifest:
    """Write one connection for the judge."""
    protocol, number = port.split()
    return {
        "Source": end(who),
        "Destination": end(to),
        "Protocol": protocol,
        "ResolvedPort": int(number),
    }


def end(name: str) -> Manifest:
    """Write one end of a connection: a pod, or an address outside the cluster.

    A pod is named by its program, and by program@namespace where others have one of this name.
    """
    if name in OUTSIDE:
        return {"IP": OUTSIDE[name]}
    name, _, elsewhere = name.partition("@")
    namespace = elsewhere or NAMESPACES[name]
    internal = {
        "PodLabels": {"app.kubernetes.io/name": name},
        "NamespaceLabels": {"kubernetes.io/metadata.name": namespace},
        "Namespace": namespace,
    }
    return {"Internal": internal, "IP": "10.244.0.10"}
