"""The Helm release: everything that the chart installs, with the images made here."""

import json
from pathlib import Path

from hack.cluster.commands import Job
from hack.cluster.context import Context
from hack.cluster.paths import ROOT
from hack.cluster.product_images import Images
from hack.report import StepFailed

__all__ = ["NAMESPACE", "RELEASE", "STATE_OF_PODS", "ensure_release", "explain", "helm_settings"]

RELEASE = "kbots"
NAMESPACE = "kbots-system"
_CHART = ROOT / "charts" / "kbots"
_VALUES = ROOT / "hack" / "cluster" / "values.yaml"
_RESTRICTED = {
    f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
}
_LOG = "release"
_EXPLAINED = 20
STATE_OF_PODS = (
    ("get", "events", "--all-namespaces", "--sort-by", ".lastTimestamp"),
    ("get", "pods", "--all-namespaces"),
)


def helm_settings(images: Images, port: int) -> dict[str, str]:
    """Return the chart's values that only this machine knows."""
    named = {
        **{f"images.{program}": tag for program, tag in images.programs.items()},
        "postgres.image": images.postgres,
    }
    settings = {"dashboard.publicOrigin": f"http://127.0.0.1:{port}"}
    for key, image in named.items():
        settings[f"{key}.repository"], _, settings[f"{key}.tag"] = image.partition(":")
    return settings


def ensure_release(context: Context, images: Images, port: int) -> None:
    """Install the chart, or upgrade to it as it is now, and wait until everything is ready.

    Raises:
        StepFailed: Helm refuses, or something does not become ready in time.
    """
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": _RESTRICTED},
    }
    with context.report.step(f"Helm release {RELEASE}"):
        context.commands.need(
            *context.kubectl("apply", "--filename", "-"),
            stdin=json.dumps(namespace), fix="make status shows what the cluster lacks",
        )  # fmt: skip
        _forget_interrupted(context)
        try:
            _upgrade(context, helm_settings(images, port))
        except StepFailed:
            explain(context, _LOG, *STATE_OF_PODS)
            raise


def _upgrade(context: Context, settings: dict[str, str]) -> None:
    pairs = [word for key, value in settings.items() for word in ("--set-string", f"{key}={value}")]
    context.commands.run(
        Job(
            command=(
                context.tool("helm"), "upgrade", "--install", RELEASE, str(_CHART),
                "--namespace", NAMESPACE, "--kubeconfig", str(context.paths.kubeconfig),
                "--values", str(_VALUES), *pairs, "--wait", "--timeout", "180s",
            ),
            log=_LOG,
            fix="the log ends with the pods and events of the cluster; make up goes on from here",
        )
    )  # fmt: skip


def _forget_interrupted(context: Context) -> None:
    """Remove the record of an upgrade that was killed on its way; Helm would wait for it for ever."""
    context.commands.ask(
        *context.kubectl(
            "--namespace", NAMESPACE, "delete", "secret", "--selector",
            f"owner=helm,name={RELEASE},status in (pending-install,pending-upgrade,pending-rollback)",
        )
    )  # fmt: skip


def explain(context: Context, name: str, *questions: tuple[str, ...]) -> Path:
    """Add to a log what kubectl answers to each question, its last lines only; returns the log."""
    for words in questions:
        answer = context.commands.ask(*context.kubectl(*words))
        lines = (answer.text or answer.error).splitlines()[-_EXPLAINED:]
        context.commands.note(name, "\n".join([f"$ kubectl {' '.join(words)}", *lines]))
    return context.commands.log(name)
