"""A namespace of its own on the cluster, and the dashboard's rights in it and no others."""

import json
import secrets
from collections.abc import Iterator

import pytest

from botdashboard.views.records import BotKey
from tests.cluster.dashboard.space import ClusterStore, Kubectl, Space
from tests.dashboard.people import an_actor
from tests.dashboard.proxy import Proxy
from tests.support.logins import a_user
from tests.support.sources import ROOT

ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "dashboard"},
    "rules": [
        {
            "apiGroups": ["kbots.dev"],
            "resources": ["tradingbots"],
            "verbs": ["get", "list", "watch", "create", "patch", "delete"],
        }
    ],
}


@pytest.fixture(scope="session")
def kubectl(cluster) -> Kubectl:
    """Give the administrator's kubectl, with the CRD in place."""
    made = Kubectl(kubeconfig=cluster.kubeconfig)
    made("apply", "--server-side", "-f", str(ROOT / "crds" / "tradingbots.yaml"))
    made("wait", "--for=condition=Established", "crd/tradingbots.kbots.dev", "--timeout=30s")
    return made


@pytest.fixture(scope="session")
def space(kubectl: Kubectl, tmp_path_factory) -> Iterator[Space]:
    """Give a namespace, and a kubeconfig of the dashboard's service account in it."""
    name = f"db-{secrets.token_hex(4)}"
    kubectl("create", "namespace", name)
    inside = kubectl.inside(name)
    try:
        inside("create", "serviceaccount", "dashboard")
        inside("create", "-f", "-", text=json.dumps(ROLE))
        inside(
            "create",
            "rolebinding",
            "dashboard",
            "--role=dashboard",
            f"--serviceaccount={name}:dashboard",
        )
        token = inside("create", "token", "dashboard", "--duration=2h").strip()
        folder = tmp_path_factory.mktemp("space")
        yield Space(namespace=name, kubectl=inside, token=token, folder=folder)
    finally:
        _release(inside)
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def clean(space: Space) -> Iterator[Space]:
    """Give the namespace without a bot in it."""
    yield space
    _release(space.kubectl)
    space.kubectl("delete", "tradingbots", "--all")


@pytest.fixture
def proxy(space: Space) -> Iterator[Proxy]:
    """Give a way to the API server that can be broken."""
    made = Proxy(*space.server())
    yield made
    made.close()


@pytest.fixture
def key(clean: Space) -> BotKey:
    """Name the bot."""
    return BotKey(namespace=clean.namespace, name="trend")


@pytest.fixture
def store(clean: Space, database) -> ClusterStore:
    """Give the cluster, as the operator and others see it."""
    return ClusterStore(clean.kubectl, database)


@pytest.fixture
def alice(database):
    """Sign alice in."""
    return an_actor(database, a_user(database, "alice"), "alice")


@pytest.fixture
def bob(database):
    """Sign bob in."""
    return an_actor(database, a_user(database, "bob"), "bob")


def _release(kubectl: Kubectl) -> None:
    for name in kubectl("get", "tradingbots", "-o", "name").split():
        kubectl("patch", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
