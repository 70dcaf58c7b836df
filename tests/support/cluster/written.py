"""Everything the release writes down anywhere, to search it for what must not be there."""

import json
from collections.abc import Iterator

from tests.support.cluster.commands import Cluster, CommandFailed

__all__ = ["logs", "metrics", "objects", "processes_and_files"]

# Environments and arguments of all pods' processes.
_PROCESSES = """
for process in /proc/[0-9]*; do
    grep -q kubepods $process/cgroup 2>/dev/null && cat $process/environ $process/cmdline 2>/dev/null
done
true
"""
# What pods wrote to volumes that die with them.
_FILES = "find /var/lib/kubelet/pods/*/volumes/kubernetes.io~empty-dir -type f -exec cat {} + 2>/dev/null; true"


def logs(cluster: Cluster, namespace: str) -> Iterator[tuple[str, bytes]]:
    """Return the log of every container, and of the one before it."""
    for pod in cluster.kubectl("-n", namespace, "get", "pods", "-o", "name").split():
        for previous in ("false", "true"):
            command = ("logs", pod, "--all-containers", f"--previous={previous}")
            try:
                yield (
                    f"log of {namespace}/{pod}, previous {previous}",
                    cluster.kubectl("-n", namespace, *command).encode(),
                )
            except CommandFailed as failure:
                # Not every container had one before; pods come and go.
                if not any(
                    word in failure.stderr for word in ("previous", "not found", "waiting to start")
                ):
                    raise


def metrics(cluster: Cluster, namespace: str) -> Iterator[tuple[str, bytes]]:
    """Return what every pod with a port for them tells Prometheus."""
    listed = json.loads(cluster.kubectl("-n", namespace, "get", "pods", "-o", "json"))
    for pod in listed["items"]:
        name = pod["metadata"]["name"]
        named = [port for one in pod["spec"]["containers"] for port in one.get("ports", ())]
        for port in named:
            if port.get("name") not in {"health", "probes"}:
                continue
            proxy = (
                f"/api/v1/namespaces/{namespace}/pods/{name}:{port['containerPort']}/proxy/metrics"
            )
            try:
                yield (
                    f"metrics of {namespace}/{name}",
                    cluster.kubectl("get", "--raw", proxy).encode(),
                )
            except CommandFailed as failure:
                # Pods come and go, and one that stands by has none yet.
                if "not found" not in failure.stderr and "ServiceUnavailable" not in failure.stderr:
                    raise


def objects(cluster: Cluster, namespace: str) -> Iterator[tuple[str, bytes]]:
    """Return every object of a namespace, Events too; of a Secret all but its data."""
    listed = cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
    kinds = ",".join(kind for kind in listed if kind != "secrets")
    yield (
        f"objects of {namespace}",
        cluster.kubectl(
            "-n", namespace, "get", kinds, "-o", "json", "--show-managed-fields"
        ).encode(),
    )
    secrets = json.loads(cluster.kubectl("-n", namespace, "get", "secrets", "-o", "json"))
    for secret in secrets["items"]:
        secret.pop("data", None)
        yield f"secret {namespace}/{secret['metadata']['name']}", json.dumps(secret).encode()


def processes_and_files(cluster: Cluster) -> Iterator[tuple[str, bytes]]:
    """Return what the processes of all pods were given, and what they wrote to short-lived volumes."""
    yield "processes of the pods", cluster.in_node("sh", "-c", _PROCESSES).encode()
    yield "files of the pods", cluster.in_node("sh", "-c", _FILES).encode()
