"""Whether an image registry is in reach; asked once, and the same answer until the cluster is removed."""

from hack.cluster.context import Context

__all__ = ["is_offline"]

_PROBE = "hello-world"
_SECONDS = 10


def is_offline(context: Context) -> bool:
    """Tell whether everything has to be built here: as the caller says, as the cluster was made, or as found out."""
    given = context.settings.is_offline
    if given is not None:
        return _keep(context, is_offline=given)
    kept = context.state.is_offline
    if kept is not None:
        return kept
    with context.report.step("image registry asked"):
        # Through the engine, since it may know a mirror that this process does not.
        had = context.docker.has_image(_PROBE)
        answer = context.commands.ask("docker", "pull", "--quiet", _PROBE, seconds=_SECONDS)
        if answer.code == 0 and not had:
            context.docker.ask("image", "rm", _PROBE)
    return _keep(context, is_offline=answer.code != 0)


def _keep(context: Context, *, is_offline: bool) -> bool:
    if context.state.is_offline != is_offline:
        context.report.say(
            "    no image registry in reach: node and bases are built here, about 10 minutes the first time;"
            " KBOTS_OFFLINE=0 pulls"
            if is_offline
            else "    images are pulled; KBOTS_OFFLINE=1 builds them here"
        )
        context.keep(is_offline=is_offline)
    return is_offline
