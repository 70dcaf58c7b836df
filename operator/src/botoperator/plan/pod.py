"""The pod of a bot: one container, restricted, with its files mounted and nothing secret in its environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botoperator.plan.inputs import PodSettings
from botoperator.plan.manifests import POD_HASH, Kind, Manifest, digest

__all__ = ["GRACE_SECONDS", "LIVENESS", "PodParts", "build_pod"]

CONFIG_DIR = "/etc/kbots/config"
CREDENTIALS_DIR = "/etc/kbots/credentials"
STATE_DIR = "/var/lib/kbots"
TERMINATION_LOG = "/dev/termination-log"
# The runner settles what is in flight within 10 s of SIGTERM.
GRACE_SECONDS = 30
# The runner touches the file every few seconds while its loop turns; it serves no port to ask at.
LIVENESS: Mapping[str, Any] = {
    "exec": {
        "command": [
            "/bin/sh",
            "-c",
            f"test $(( $(date +%s) - $(stat -c %Y {STATE_DIR}/alive) )) -lt 120",
        ]
    },
    "initialDelaySeconds": 60,
    "periodSeconds": 30,
    "failureThreshold": 4,
    "timeoutSeconds": 5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PodParts:
    """What tells one pod of a botrunner from another."""

    metadata: Mapping[str, Any]
    command: Sequence[str]
    secret: str
    config_map: str
    restart_policy: str
    liveness: Mapping[str, Any] | None = None


def build_pod(parts: PodParts, settings: PodSettings) -> Manifest:
    """Build the pod; its hash covers what only a new pod can change."""
    spec = _spec(parts, settings)
    pod = Manifest(
        body={"apiVersion": "v1", "kind": Kind.POD.value, "metadata": parts.metadata, "spec": spec}
    )
    return pod.with_annotations({POD_HASH: digest(spec)})


def _spec(parts: PodParts, settings: PodSettings) -> dict[str, Any]:
    account = {"serviceAccountName": settings.service_account} if settings.service_account else {}
    return {
        **account,
        "restartPolicy": parts.restart_policy,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": settings.user_id,
            "runAsGroup": settings.user_id,
            "fsGroup": settings.user_id,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(parts, settings)],
        "volumes": [
            {"name": "config", "configMap": {"name": parts.config_map}},
            {"name": "credentials", "secret": {"secretName": parts.secret, "defaultMode": 0o400}},
            {"name": "state", "emptyDir": {"sizeLimit": "16Mi"}},
        ],
    }


def _container(parts: PodParts, settings: PodSettings) -> dict[str, Any]:
    probe = {"livenessProbe": dict(parts.liveness)} if parts.liveness else {}
    return {
        "name": "botrunner",
        "image": settings.image,
        "imagePullPolicy": settings.image_pull_policy,
        "command": list(parts.command),
        "env": _environment(),
        "resources": {
            "requests": {"cpu": settings.cpu_request, "memory": settings.memory_request},
            "limits": {"memory": settings.memory_limit},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        **probe,
        "terminationMessagePath": TERMINATION_LOG,
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
            {"name": "credentials", "mountPath": CREDENTIALS_DIR, "readOnly": True},
            {"name": "state", "mountPath": STATE_DIR},
        ],
    }


def _environment() -> list[dict[str, Any]]:
    uid = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.uid"}}
    return [
        {"name": "KBOTS_RUNNER_CONFIG_DIR", "value": CONFIG_DIR},
        {"name": "KBOTS_RUNNER_CREDENTIALS_DIR", "value": CREDENTIALS_DIR},
        {"name": "KBOTS_RUNNER_STATE_DIR", "value": STATE_DIR},
        {"name": "KBOTS_RUNNER_TERMINATION_LOG", "value": TERMINATION_LOG},
        {"name": "KBOTS_RUNNER_POD_UID", "valueFrom": uid},
    ]
