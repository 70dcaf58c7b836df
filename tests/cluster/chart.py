"""The chart as Helm renders it."""

from collections.abc import Callable, Iterator
from typing import Any

import yaml

from tests.support.sources import ROOT

__all__ = ["BOTS", "CHART", "SYSTEM", "WEB", "Manifest", "of_kind", "pods", "render"]

CHART = ROOT / "charts" / "kbots"
SYSTEM, WEB, BOTS = "kbots-system", "kbots-web", "kbots-bots"
# A helm without a cluster assumes a version of its own, which may be older than the chart's least.
LEAST_VERSION = "1.30.0"

Manifest = dict[str, Any]


def render(helm: Callable[..., str], *options: str) -> list[Manifest]:
    """Render every object of the chart, the pod of `helm test` included."""
    text = helm(
        "template", "kbots", str(CHART), "--namespace", SYSTEM, "--kube-version", LEAST_VERSION, *options
    )  # fmt: skip
    return [document for document in yaml.safe_load_all(text) if document]


def of_kind(manifests: list[Manifest], kind: str, namespace: str | None = None) -> list[Manifest]:
    """Return the objects of a kind, in one namespace or in all."""
    return [
        one
        for one in manifests
        if one["kind"] == kind and namespace in {None, one["metadata"].get("namespace")}
    ]


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yield every pod the chart makes, with its claims as volumes: the name of its maker, and the pod."""
    for one in manifests:
        if one["kind"] == "Pod":
            yield one["metadata"]["name"], one
        elif "template" in one.get("spec", {}):
            claims = [
                claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", ())
            ]
            mounted = [
                {"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims
            ]
            template = one["spec"]["template"]
            volumes = [*template["spec"].get("volumes", ()), *mounted]
            yield (
                one["metadata"]["name"],
                {**template, "spec": {**template["spec"], "volumes": volumes}},
            )
