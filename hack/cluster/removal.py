"""Taking away what this tool made, and nothing else."""

import json
import shutil

from hack.cluster.context import Context
from hack.cluster.docker import LABEL, leftovers
from hack.cluster.engine import stop_engine
from hack.cluster.kind_cluster import delete_cluster

__all__ = ["clean_all", "down"]


def down(context: Context) -> None:
    """Remove the cluster with everything in it, and stop our engine; images and caches stay for the next `make up`.

    Raises:
        StepFailed: the cluster is not ours, or the engine does not end.
    """
    _remove_cluster(context)
    stop_engine(context)


def clean_all(context: Context) -> None:
    """Remove cluster, images and caches, and stop our engine.

    Raises:
        StepFailed: the cluster is not ours, or the engine does not end.
    """
    _remove_cluster(context)
    _remove_images(context)
    stop_engine(context)
    with context.report.step(f"{context.paths.cache} emptied"):
        for folder in (context.paths.bin, context.paths.work, context.paths.logs):
            shutil.rmtree(folder, ignore_errors=True)
        context.keep(port=None)
    context.report.say("  kept: installed packages, /etc/docker/daemon.json, Go's own caches")


def _remove_cluster(context: Context) -> None:
    if context.docker.ask("info", "--format", "{{.ID}}") is None:
        context.report.say("  no docker engine answers, so no cluster runs")
    else:
        delete_cluster(context)


def _remove_images(context: Context) -> None:
    docker = context.docker
    ours = _listed(context, "--filter", f"label={LABEL}")
    if not ours:
        return
    with context.report.step("images removed"):
        parents = _parents(context, _listed(context, "--all"))
        untagged = _listed(context, "--filter", "dangling=true")
        for image in [*leftovers(parents, untagged, set(ours)), *ours]:
            docker.ask("image", "rm", "--force", image)


def _listed(context: Context, *filters: str) -> list[str]:
    """Return images, the newest first, so that none is removed before those that were built on it."""
    text = context.docker.ask("image", "ls", "--quiet", "--no-trunc", *filters) or ""
    return list(dict.fromkeys(text.split()))


def _parents(context: Context, images: list[str]) -> dict[str, str]:
    """Return each image's parent as the classic builder notes it; BuildKit notes none."""
    text = context.docker.ask("image", "inspect", *images) or "[]"
    return {image["Id"]: image.get("Parent", "") for image in json.loads(text)}
