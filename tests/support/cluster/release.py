"""The Helm release `kbots`: its values for the tests, and the way back."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.sources import ROOT

__all__ = ["CHART", "RELEASE", "ready_again", "upgrade", "values_of", "with_test_network"]

RELEASE = ("kbots", "-n", "kbots-system")
CHART = str(ROOT / "charts" / "kbots")
# The paper exchange stands in for Binance's test network too.
_EXCHANGE = "kbots-exchange.kbots-system.svc:9080"
_TEST_NETWORK = {
    "operator.testnet.restUrl": f"http://{_EXCHANGE}",
    "operator.testnet.wsApiUrl": f"ws://{_EXCHANGE}/ws-api/v3",
    "operator.testnet.streamUrl": f"ws://{_EXCHANGE}",
}


def values_of(cluster: Cluster) -> str:
    """Return the values the release was installed with, as helm reads them; fails where there is none."""
    try:
        return cluster.helm("get", "values", *RELEASE, "-o", "json")
    except CommandFailed as failure:
        raise AssertionError(f"kbots is not installed: run make up first\n{failure}") from failure


def upgrade(cluster: Cluster, values: str, **changes: str) -> None:
    """Upgrade to these values and changes, names with dots for their levels, and wait until all pods are ready."""
    settings = [word for name, value in changes.items() for word in ("--set", f"{name}={value}")]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(values)
        file.flush()
        cluster.helm(
            "upgrade", "--install", RELEASE[0], CHART, *RELEASE[1:], "-f", file.name, *settings,
            "--wait", "--timeout=180s",
        )  # fmt: skip


def ready_again(cluster: Cluster) -> None:
    """Wait until operator and dashboard are there in their newest form."""
    for namespace, name in (("kbots-system", "kbots-operator"), ("kbots-web", "kbots-dashboard")):
        cluster.kubectl(
            "-n", namespace, "rollout", "status", f"deployment/{name}", "--timeout=180s"
        )


@contextmanager
def with_test_network(cluster: Cluster) -> Iterator[None]:
    """Let bots of mode testnet trade at the paper exchange for the block."""
    before = values_of(cluster)
    upgrade(cluster, before, **_TEST_NETWORK)
    ready_again(cluster)
    try:
        yield
    finally:
        upgrade(cluster, before)
