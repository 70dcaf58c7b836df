"""The parts of the operator's bench that keep it apart from the rest of the cluster."""

from typing import Any

from hack.bench.operator.nodes import FakeNodes, node_manifest

OURS = FakeNodes(mark="bench-1")


def takes(
    node: dict[str, Any], selector: dict[str, str], tolerations: list[dict[str, str]]
) -> bool:
    """Tell whether the scheduler would put a pod on the node."""
    labels, taints = node["metadata"]["labels"], node["spec"]["taints"]
    tolerated = all(
        any(
            one.get("key") in {None, taint["key"]}
            and (one["operator"] == "Exists" or one["value"] == taint["value"])
            for one in tolerations
        )
        for taint in taints
    )
    return tolerated and selector.items() <= labels.items()


def test_node_of_a_bench_takes_its_own_pods_and_no_other() -> None:
    node = node_manifest(OURS.mark, 0)
    other = FakeNodes(mark="bench-2")

    assert takes(node, dict(OURS.node_selector), [dict(OURS.toleration)])
    assert not takes(node, {}, [])
    assert not takes(node, {}, [dict(other.toleration)])
    assert not takes(node, dict(other.node_selector), [dict(other.toleration)])
    # A DaemonSet of the cluster itself tolerates everything, and asks for an operating system.
    assert not takes(node, {"kubernetes.io/os": "linux"}, [{"operator": "Exists"}])
