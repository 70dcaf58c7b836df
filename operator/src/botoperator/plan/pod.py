"""The pod of a bot: one container, restricted, with its files mounted and nothing secret in its environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botoperator.plan.inputs import PodSettings
from botoperator.plan.manifests import POD_HASH, Kind, Manifest, digest

__all__ = ["GRACE_SECONDS", "PROBE_PORT", "PodParts", "build_pod"]

CONFIG_DIR = "/etc/kbots/config"
CREDENTIALS_DIR = "/etc/kbots/credentials"
STATE_DIR = "/var/lib/kbots"
TERMINATION_LOG = "/dev/termination-log"
# The runner settles what is in flight within 10 s of SIGTERM.
GRACE_SECONDS = 30
PROBE_PORT = 9085


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "probes"},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": 5,
    }


# A bot is restarted only when its loop has not moved for minutes. One that is fenced, or can't see the market, is
# not ready and lives on: a restart would mend nothing (I10).
PROBES: Mapping[str, Any] = {
    "startupProbe": _probe("/healthz", period=2, failures=60),
    "livenessProbe": _probe("/healthz", period=15, failures=8),
    "readinessProbe": _probe("/readyz", period=5, failures=3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PodParts:
    """What tells one pod of a botrunner from another."""

    metadata: Mapping[str, Any]
    command: Sequence[str]
    secret: str
    config_map: str
    restart_policy: str
    serves_probes: bool = False


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
        **_placement(settings),
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


def _placement(settings: PodSettings) -> dict[str, Any]:
    # Nothing at all where nothing is asked for: the hash of every pod that is there stays what it is.
    selector, tolerations = dict(settings.node_selector), [*map(dict, settings.tolerations)]
    return {
        **({"nodeSelector": selector} if selector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
    }


def _container(parts: PodParts, settings: PodSettings) -> dict[str, Any]:
    ports = {"ports": [{"name": "probes", "containerPort": PROBE_PORT}], **PROBES}
    return {
        "name": "botrunner",
        "image": settings.image,
        "imagePullPolicy": settings.image_pull_policy,
        "command": list(parts.command),
        "env": [*_environment(), *(_probe_environment() if parts.serves_probes else ())],
        "resources": {
            "requests": {"cpu": settings.cpu_request, "memory": settings.memory_request},
            "limits": {"memory": settings.memory_limit},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        **(ports if parts.serves_probes else {}),
        "terminationMessagePath": TERMINATION_LOG,
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
            {"name": "credentials", "mountPath": CREDENTIALS_DIR, "readOnly": True},
            {"name": "state", "mountPath": STATE_DIR},
        ],
    }


def _environment() -> list[dict[str, Any]]:
    return [
        {"name": "KBOTS_RUNNER_CONFIG_DIR", "value": CONFIG_DIR},
        {"name": "KBOTS_RUNNER_CREDENTIALS_DIR", "value": CREDENTIALS_DIR},
        {"name": "KBOTS_RUNNER_STATE_DIR", "value": STATE_DIR},
        {"name": "KBOTS_RUNNER_TERMINATION_LOG", "value": TERMINATION_LOG},
        _field("KBOTS_RUNNER_POD_UID", "metadata.uid"),
    ]


def _probe_environment() -> list[dict[str, Any]]:
    return [
        _field("KBOTS_RUNNER_PROBE_HOST", "status.podIP"),
        {"name": "KBOTS_RUNNER_PROBE_PORT", "value": str(PROBE_PORT)},
    ]


def _field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}
