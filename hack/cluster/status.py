"""What is there, in one screen."""

from hack.cluster.context import Context
from hack.cluster.kind_cluster import NODE, find_node
from hack.cluster.node_image import node_tag
from hack.cluster.release import NAMESPACE
from hack.report import StepFailed

__all__ = ["print_status"]


def print_status(context: Context) -> bool:
    """Print engine, node image, cluster, release and pods; tells whether the platform is there."""
    say = context.report.say
    engine = context.docker.ask(
        "info", "--format", "{{.ServerVersion}} with runtime {{.DefaultRuntime}}"
    )
    say(f"  engine       {engine or 'does not answer'}")
    if engine is None:
        return False
    state, node = context.state, find_node(context)
    if state.is_offline:
        built = context.docker.has_image(node_tag())
        say(f"  node image   {node_tag()}{'' if built else ' is not built yet'}")
    is_up = node is not None and node.is_running
    say(f"  cluster      {NODE} {'runs' if is_up else 'is stopped' if node else 'is not there'}")
    if not is_up:
        return False
    try:
        return _print_contents(context)
    except StepFailed as failure:
        say(f"  {failure.why}: {failure.fix}")
        return False


def _print_contents(context: Context) -> bool:
    say = context.report.say
    say(f"  dashboard    http://127.0.0.1:{context.state.port}")
    say(f"  kubeconfig   {context.paths.kubeconfig}")
    release = context.commands.ask(
        context.tool("helm"), "--kubeconfig", str(context.paths.kubeconfig), "--namespace", NAMESPACE, "list"
    )  # fmt: skip
    pods = context.commands.ask(
        *context.kubectl("get", "pods", "--all-namespaces", "--request-timeout", "10s")
    )  # fmt: skip
    for answer in (release, pods):
        say()
        for line in (answer.text or answer.error).splitlines():
            say(f"  {line}")
    return release.code == 0 and len(release.text.splitlines()) > 1
