"""Short-lived pods that try to connect."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Peer", "connections_of"]

# Network plugins may learn of a pod a moment after its start.
SCRIPT = """
import json, socket, sys, time
time.sleep(3)
reached = []
for name, address in json.loads(sys.argv[1]).items():
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        continue
    reached.append(name)
print(json.dumps(reached))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A pod that bears a program's name and nothing else of it, so that no Service or operator takes it."""

    name: str
    namespace: str
    image: str

    @property
    def pod(self) -> str:
        """The pod's name."""
        return f"connecting-{self.name}"


def connections_of(
    kubectl: Callable[..., str], peers: list[Peer], targets: dict[str, str]
) -> set[tuple[str, str]]:
    """Return which peer reached which target; all try at the same time."""
    listed = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [manifest(one, targets) for one in peers],
    }
    try:
        kubectl("create", "--filename", "-", input=json.dumps(listed))
        return {(one.name, target) for one in peers for target in outcome(kubectl, one)}
    finally:
        kubectl(
            "delete",
            "--ignore-not-found",
            "--wait=true",
            "--filename",
            "-",
            input=json.dumps(listed),
        )


def outcome(kubectl: Callable[..., str], peer: Peer) -> list[str]:
    """Wait until a peer has tried everything."""
    where = ("--namespace", peer.namespace)
    done = "--for=jsonpath={.status.phase}=Succeeded"
    kubectl("wait", *where, done, "--timeout=120s", f"pod/{peer.pod}")
    reached: list[str] = json.loads(kubectl("logs", *where, peer.pod))
    return reached


def manifest(peer: Peer, targets: dict[str, str]) -> dict[str, Any]:
    """Write the pod."""
    container = {
        "name": "connecting",
        "image": peer.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", SCRIPT, json.dumps(targets)],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    labels = {"app.kubernetes.io/name": peer.name}
    metadata = {"name": peer.pod, "namespace": peer.namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
