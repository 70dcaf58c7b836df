"""The API server as a test asks it, and namespaces that end with their test."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from botcore.domain.errors import NotFound
from botoperator.adapters.kube_client import MERGE_PATCH, KubeClient
from tests.operator.platform import a_bot
from tests.support.postgres import run_async
from tests.support.waiting import wait_until

__all__ = ["ACCOUNT", "RULES", "Api", "namespace_for_test", "operator_kubeconfig"]

RBAC = "/apis/rbac.authorization.k8s.io/v1"
GROUPS = {
    "tradingbots": "/apis/kbots.dev/v1alpha1",
    "leases": "/apis/coordination.k8s.io/v1",
    "roles": RBAC,
    "rolebindings": RBAC,
}
ACCOUNT = "operator"


def _rule(group: str, resources: str, verbs: str, *names: str) -> dict[str, Any]:
    return {
        "apiGroups": [group],
        "resources": resources.split(),
        "verbs": verbs.split(),
        **({"resourceNames": list(names)} if names else {}),
    }


# What the chart gives the operator, in one namespace.
RULES = [
    _rule("kbots.dev", "tradingbots", "get list watch patch"),
    _rule("kbots.dev", "tradingbots/status", "patch"),
    _rule("kbots.dev", "tradingbots/finalizers", "update"),
    _rule("", "pods secrets configmaps", "get list watch create patch delete"),
    _rule("", "events", "create patch"),
    _rule("coordination.k8s.io", "leases", "create"),
    _rule("coordination.k8s.io", "leases", "get update patch", "kbots-operator"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One namespace of a cluster."""

    kubeconfig: Path
    namespace: str

    @asynccontextmanager
    async def client(
        self, on_answer: Callable[[str, str, int], None] = lambda _verb, _resource, _code: None
    ) -> AsyncIterator[KubeClient]:
        """Connect as the operator does, and tell of every answer."""
        configuration = Configuration()
        await load_kube_config(config_file=str(self.kubeconfig), client_configuration=configuration)
        async with ApiClient(configuration) as api:
            yield KubeClient(api, on_answer)

    def path(self, kind: str, name: str = "") -> str:
        """Write the path of a kind, or of one object, in this namespace."""
        group = GROUPS.get(kind, "/api/v1")
        return f"{group}/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        return self._ask(lambda client: client.find(self.path(kind, name)))

    def list(self, kind: str) -> list[dict[str, Any]]:
        answer = self._ask(lambda client: client.request("GET", self.path(kind)))
        return list(answer["items"])

    def create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask(lambda client: client.request("POST", self.path(kind), body=body))

    def patch(self, kind: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        path = self.path(kind, name)
        return self._ask(
            lambda client: client.request("PATCH", path, body=body, headers=MERGE_PATCH)
        )

    def delete(self, kind: str, name: str) -> None:
        self._ask(lambda client: client.request("DELETE", self.path(kind, name)))

    def create_bot(self, name: str = "alice", **spec: Any) -> dict[str, Any]:
        """Make a paper bot."""
        body = a_bot(name, **spec)
        return self.create(
            "tradingbots", {**body, "metadata": {"name": name, "namespace": self.namespace}}
        )

    def condition(self, kind: str, name: str = "alice") -> tuple[str, str]:
        bot = self.get("tradingbots", name) or {}
        for one in (bot.get("status") or {}).get("conditions", ()):
            if one["type"] == kind:
                return one["status"], one["reason"]
        return "", ""

    def _ask(self, work: Callable[[KubeClient], Awaitable[Any]]) -> Any:
        async def ask() -> Any:
            async with self.client() as client:
                return await work(client)

        return run_async(ask())


def operator_kubeconfig(api: Api, path: Path) -> Path:
    """Write a kubeconfig for a ServiceAccount with the operator's rights and no more."""
    api.create("serviceaccounts", {"metadata": {"name": ACCOUNT}})
    api.create("roles", {"metadata": {"name": ACCOUNT}, "rules": RULES})
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": api.namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT}
    api.create(
        "rolebindings", {"metadata": {"name": ACCOUNT}, "roleRef": role, "subjects": [subject]}
    )
    token = api.create(f"serviceaccounts/{ACCOUNT}/token", {"spec": {}})["status"]["token"]
    config = yaml.safe_load(api.kubeconfig.read_text(encoding="utf-8"))
    config["users"] = [{"name": one["name"], "user": {"token": token}} for one in config["users"]]
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    path.chmod(0o600)
    return path


@contextmanager
def namespace_for_test(kubeconfig: Path) -> Iterator[Api]:
    """Make a namespace that takes restricted pods alone, and remove it with everything in it."""
    api = Api(kubeconfig=kubeconfig, namespace=f"op-{secrets.token_hex(4)}")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"metadata": {"name": api.namespace, "labels": labels}}
    api._ask(lambda client: client.request("POST", "/api/v1/namespaces", body=body))
    wait_until(lambda: api.get("serviceaccounts", "default"), "its ServiceAccount")
    try:
        yield api
    finally:
        # Whoever would have released them is gone.
        for kind in ("tradingbots", "pods"):
            for one in api.list(kind):
                with suppress(NotFound):
                    api.patch(kind, one["metadata"]["name"], {"metadata": {"finalizers": None}})
        path = f"/api/v1/namespaces/{api.namespace}"
        api._ask(lambda client: client.request("DELETE", path))
