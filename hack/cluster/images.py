"""All images: pulled where there is a registry, else built from source, two lanes at a time."""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

from hack.cluster.base_images import ensure_postgres, ensure_python
from hack.cluster.binaries import ensure_tools, node_binaries
from hack.cluster.commands import Stopped
from hack.cluster.context import Context
from hack.cluster.node_image import assemble_node, node_root, node_tag
from hack.cluster.product_images import Images, ensure_programs
from hack.cluster.versions import NODE_IMAGE

__all__ = ["in_lanes", "make_images"]

First = TypeVar("First")
Second = TypeVar("Second")


def make_images(context: Context, *, is_offline: bool) -> Images:
    """Make the tools and images that are missing.

    Raises:
        StepFailed: something could not be built.
    """
    if not is_offline:
        ensure_tools(context, is_offline=False)
        programs = ensure_programs(context, None)
        return Images(
            node=NODE_IMAGE,
            postgres="postgres:17",
            programs=programs,
            built=tuple(programs.values()),
        )
    tag = node_tag()
    if context.docker.has_image(tag):
        ensure_tools(context, is_offline=True)
        postgres, programs = _packaged(context)
    else:
        # Go computes for minutes; packages and pip mostly wait for the network.
        binaries, (folder, (postgres, programs)) = in_lanes(
            context,
            lambda: _compiled(context),
            lambda: (node_root(context), _packaged(context)),
        )
        assemble_node(context, folder, binaries)
    return Images(
        node=tag, postgres=postgres, programs=programs, built=(*programs.values(), postgres)
    )


def in_lanes(
    context: Context, first: Callable[[], First], second: Callable[[], Second]
) -> tuple[First, Second]:
    """Do two things at a time; when one fails or the person interrupts, the other one is ended too."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        one, other = pool.submit(first), pool.submit(second)
        lanes: tuple[Future[Any], ...] = (one, other)
        try:
            ended, _ = wait(lanes, return_when=FIRST_EXCEPTION)
        except BaseException:
            context.commands.stop()
            raise
        if any(lane.exception() for lane in ended):
            context.commands.stop()
    for error in (lane.exception() for lane in lanes):
        if error is not None and not isinstance(error, Stopped):
            raise error
    return one.result(), other.result()


def _compiled(context: Context) -> Path:
    ensure_tools(context, is_offline=True)
    return node_binaries(context)


def _packaged(context: Context) -> tuple[str, dict[str, str]]:
    base = ensure_python(context)
    postgres = ensure_postgres(context)
    return postgres, ensure_programs(context, base)
