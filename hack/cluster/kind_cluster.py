"""The kind cluster: made, started again, made anew after a change of its recipe, and removed."""

import enum
import json
import socket
import time
from dataclasses import dataclass

import yaml

from hack.cluster.commands import Job
from hack.cluster.context import Context
from hack.cluster.product_images import Images
from hack.cluster.recipe import digest
from hack.cluster.settings import CLUSTER
from hack.cluster.state import State
from hack.cluster.versions import COREDNS
from hack.report import StepFailed

__all__ = [
    "NODE",
    "NODE_PORT",
    "Action",
    "Node",
    "choose_port",
    "delete_cluster",
    "ensure_cluster",
    "find_node",
    "kind_config",
    "load_images",
    "not_loaded",
    "what_to_do",
]

NODE = f"{CLUSTER}-control-plane"
NODE_PORT = 30080
_FIRST_PORT = 8080
_CREATE_SECONDS = 300
_START_SECONDS = 120


class Action(enum.Enum):
    """What a found cluster needs."""

    CREATE = "create"
    CREATE_ANEW = "create anew"
    START = "start"
    NOTHING = "nothing"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The container that holds the cluster."""

    id: str
    is_running: bool


def kind_config(port: int, *, is_offline: bool) -> str:
    """Return kind's configuration; `port` of the loopback interface leads to the dashboard."""
    kubelet = {
        "kind": "KubeletConfiguration",
        # A bot that ends comes back at once; Postgres keeps two of them from trading at a time.
        "crashLoopBackOff": {"maxContainerRestartPeriod": "1s"},
    }
    mapping = {"containerPort": NODE_PORT, "hostPort": port, "listenAddress": "127.0.0.1"}
    config = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": CLUSTER,
        "featureGates": {"KubeletCrashLoopBackOffMax": True},
        "nodes": [{"role": "control-plane", "extraPortMappings": [mapping]}],
        "kubeadmConfigPatches": [yaml.safe_dump(kubelet)],
    }
    if is_offline:
        # The node built here has a pod network of its own, and CoreDNS of another version than kubeadm expects.
        config["networking"] = {"disableDefaultCNI": True, "podSubnet": "10.244.0.0/24"}
        dns = {"kind": "ClusterConfiguration", "dns": {"imageTag": COREDNS}}
        config["kubeadmConfigPatches"] = [yaml.safe_dump(dns), yaml.safe_dump(kubelet)]
        # The kubelet of a host without CAP_SYS_RESOURCE may not set its own score for the out-of-memory killer.
        config["featureGates"] = {
            "KubeletCrashLoopBackOffMax": True,
            "KubeletInUserNamespace": True,
        }
    return yaml.safe_dump(config, sort_keys=False)


def what_to_do(node: Node | None, state: State, recipe: str) -> Action:
    """Decide from the container that is there and from what this tool knows it made."""
    if node is None:
        return Action.CREATE
    if state.recipe is None or state.node not in {None, node.id}:
        return Action.REFUSE
    if state.node is None or state.recipe != recipe:
        return Action.CREATE_ANEW
    return Action.NOTHING if node.is_running else Action.START


def find_node(context: Context) -> Node | None:
    """Return the cluster's container."""
    found = context.docker.inspect(NODE)
    return Node(id=found["Id"], is_running=found["State"]["Running"]) if found else None


def choose_port(kept: int | None) -> int:
    """Return the kept port where it is free, else 8080, else any that is free."""
    for port in (kept, _FIRST_PORT, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StepFailed("no loopback port is free", fix="end a program that listens")


def ensure_cluster(context: Context, node_image: str, *, is_offline: bool) -> None:
    """Make sure that the cluster runs and answers.

    Raises:
        StepFailed: it can't be made, or another one of this name is there.
    """
    node, state = find_node(context), context.state
    port = state.port if node and state.port else choose_port(state.port)
    config = kind_config(port, is_offline=is_offline)
    recipe = _recipe(config, node_image)
    action = what_to_do(node, state, recipe)
    if action is Action.REFUSE:
        raise StepFailed(
            f"there is a kind cluster {CLUSTER} that this tool did not make",
            fix=f"if it may go: kind delete cluster --name {CLUSTER}",
        )
    if action is Action.CREATE_ANEW:
        if state.node is not None:
            context.report.say(
                f"    the recipe of cluster {CLUSTER} changed: it is made anew, empty"
            )
        _delete(context)
        port = choose_port(port)
        config = kind_config(port, is_offline=is_offline)
        recipe = _recipe(config, node_image)
    if action is Action.NOTHING:
        _await_api(context)
        return
    with context.report.step(f"cluster {CLUSTER}"):
        if action is Action.START:
            context.docker.run("start", NODE, log="cluster")
        else:
            context.keep(port=port, recipe=recipe, node=None)
            _create(context, config, node_image)
            made = find_node(context)
            context.keep(node=made.id if made else None)
        _await_api(context)


def load_images(context: Context, images: Images) -> None:
    """Load what this machine built into the node, in one call so that common layers travel once.

    Raises:
        StepFailed: kind could not load them.
    """
    listed = context.docker.ask("exec", NODE, "ctr", "-n", "k8s.io", "images", "list", "-q") or ""
    missing = not_loaded(images.built, listed)
    if not missing:
        return
    with context.report.step(f"{len(missing)} images loaded"):
        context.commands.run(
            Job(
                command=(context.tool("kind"), "load", "docker-image", "--name", CLUSTER, *missing),
                log="load",
                fix="free disk space, then run again",
            )
        )


def not_loaded(wanted: tuple[str, ...], listed: str) -> list[str]:
    """Return the images that containerd does not list; a tag names its inputs, so the name is enough."""
    there = set(listed.split())
    return [tag for tag in wanted if f"docker.io/{tag}" not in there]


def delete_cluster(context: Context) -> None:
    """Remove the cluster if this tool made it; the chosen port is kept.

    Raises:
        StepFailed: another tool made it.
    """
    node, state = find_node(context), context.state
    if node is None:
        context.report.say("  there is no cluster")
    elif what_to_do(node, state, state.recipe or "") is Action.REFUSE:
        raise StepFailed(
            f"this tool did not make the kind cluster {CLUSTER}",
            fix=f"if it may go: kind delete cluster --name {CLUSTER}",
        )
    else:
        with context.report.step(f"cluster {CLUSTER} removed"):
            _delete(context)
    context.paths.kubeconfig.unlink(missing_ok=True)
    context.keep(recipe=None, node=None, is_offline=None)


def _recipe(config: str, node_image: str) -> str:
    return digest([("config", config.encode()), ("image", node_image.encode())])


def _create(context: Context, config: str, image: str) -> None:
    file = context.paths.work / "kind.yaml"
    file.write_text(config, encoding="utf-8")
    context.commands.run(
        Job(
            command=(
                context.tool("kind"), "create", "cluster", "--name", CLUSTER, "--config", str(file),
                "--image", image, "--kubeconfig", str(context.paths.kubeconfig), "--wait", "120s",
            ),
            log="cluster",
            fix="read the log, then run again",
            seconds=_CREATE_SECONDS,
        )
    )  # fmt: skip


def _delete(context: Context) -> None:
    context.commands.need(
        context.tool("kind"), "delete", "cluster", "--name", CLUSTER,
        "--kubeconfig", str(context.paths.kubeconfig),
        fix=f"docker rm --force {NODE}",
    )  # fmt: skip


def _await_api(context: Context) -> None:
    if not context.paths.kubeconfig.exists():
        context.commands.need(
            context.tool("kind"), "export", "kubeconfig", "--name", CLUSTER,
            "--kubeconfig", str(context.paths.kubeconfig),
            fix="make down, then make up",
        )  # fmt: skip
    end = time.monotonic() + _START_SECONDS
    command = context.kubectl("get", "nodes", "--output", "json", "--request-timeout", "5s")
    while True:
        answer = context.commands.ask(*command, seconds=15)
        if answer.code == 0 and _is_ready(answer.text):
            return
        if time.monotonic() > end:
            raise StepFailed(
                f"the API server does not answer: {(answer.error or answer.text)[-300:]}",
                fix="make down, then make up",
            )
        time.sleep(0.5)


def _is_ready(nodes: str) -> bool:
    conditions = [
        condition
        for node in json.loads(nodes)["items"]
        for condition in node.get("status", {}).get("conditions", [])
    ]
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
