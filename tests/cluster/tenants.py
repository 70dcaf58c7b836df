"""Two people with a namespace of their own on the release, and what each of them may ask for with kubectl."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.cluster.release import ready_again, upgrade, values_of
from tests.support.manifests import a_bot

__all__ = ["ALICE", "BOB", "Tenant", "tenant_bot", "with_tenants"]

EDITOR = "editor@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One of the chart's tenants."""

    namespace: str
    owner: str
    user: str
    max_bots: int = 3

    def kubectl(self, cluster: Cluster, *arguments: str, text: object = None) -> str:
        """Run kubectl in the namespace as this person; `text` is written as JSON."""
        return self._run(cluster, self.user, *arguments, text=text)

    def editor(self, cluster: Cluster, *arguments: str, text: object = None) -> str:
        """Run kubectl in the namespace as somebody who has Kubernetes' own role edit there."""
        return self._run(cluster, EDITOR, *arguments, text=text)

    def admin(self, cluster: Cluster, *arguments: str, text: object = None) -> str:
        """Run kubectl in the namespace as the cluster's administrator."""
        written = None if text is None else json.dumps(text)
        return cluster.kubectl("-n", self.namespace, *arguments, input=written)

    def _run(self, cluster: Cluster, who: str, *arguments: str, text: object) -> str:
        return self.admin(cluster, f"--as={who}", *arguments, text=text)

    def get(self, cluster: Cluster, kind: str, name: str) -> dict[str, Any] | None:
        """Return an object, None where there is none."""
        found = self.admin(cluster, "get", kind, name, "--ignore-not-found", "-o", "json")
        return json.loads(found) if found.strip() else None

    def condition(self, cluster: Cluster, name: str, kind: str) -> tuple[str, str, str]:
        """Return status, reason and message of a bot's condition."""
        bot = self.get(cluster, "tb", name) or {}
        for one in (bot.get("status") or {}).get("conditions", ()):
            if one["type"] == kind:
                return one["status"], one["reason"], one["message"]
        return "", "", ""


ALICE = Tenant(namespace="kbots-t-alice", owner="t-alice", user="alice@example.org")
BOB = Tenant(namespace="kbots-t-bob", owner="t-bob", user="bob@example.org")


def tenant_bot(tenant: Tenant, name: str, **spec: Any) -> dict[str, Any]:
    """Return a paper bot of a tenant's; `spec` replaces whole fields, None leaves one out."""
    bot = a_bot(name, owner=tenant.owner)
    kept = {key: value for key, value in (bot["spec"] | spec).items() if value is not None}
    return {**bot, "metadata": {"name": name, "namespace": tenant.namespace}, "spec": kept}


@contextmanager
def with_tenants(cluster: Cluster) -> Iterator[None]:
    """Give the release two tenants for the block; their namespaces go with everything in them."""
    before = values_of(cluster)
    changes = {}
    for number, one in enumerate((ALICE, BOB)):
        changes |= {
            f"tenants[{number}].namespace": one.namespace,
            f"tenants[{number}].owner": one.owner,
            f"tenants[{number}].maxBots": str(one.max_bots),
            f"tenants[{number}].subjects[0].kind": "User",
            f"tenants[{number}].subjects[0].name": one.user,
        }
    upgrade(cluster, before, **changes)
    ready_again(cluster)
    ALICE.admin(cluster, "apply", "-f", "-", text=_edit_binding())
    try:
        yield
    finally:
        # The operator ends the bots while it may still look after them.
        for one in (ALICE, BOB):
            with suppress(CommandFailed):
                one.admin(cluster, "delete", "tb", "--all", "--timeout=120s")
        upgrade(cluster, before)
        spaces = (ALICE.namespace, BOB.namespace)
        cluster.kubectl("delete", "namespace", *spaces, "--wait=false", "--ignore-not-found")


def _edit_binding() -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "edit"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": EDITOR}],
    }
