"""The operator as it ships, beside the ledger and the paper exchange of a platform of this host."""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from botcore.sealing.keyring import new_private_key, write_key
from hack.bench.operator.nodes import FakeNodes
from hack.bench.operator.space import Space
from hack.bench.runner.host import Host, wait_for
from hack.report import StepFailed
from hack.standalone.installation import DATABASE, free_port

__all__ = ["Operator", "running_operator"]

# An environment for development has libraries that the image lacks, and that others import where they find them.
_AS_SHIPPED: Final = (
    "import sys; sys.modules.update(rich=None); from botoperator.main import main; main()"
)
_IMAGE: Final = "kbots/none:none"  # nobody asks for it: the nodes run nothing
_OPERATOR: Final = "kbots_operator"
_ANSWER_SECONDS: Final = 60
_LINES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A running operator."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def figure(self, name: str, **labels: str) -> float:
        """Sum up a figure over the series with these labels."""
        return sum(one.value for one in self._samples(name) if labels.items() <= one.labels.items())

    def cpu_seconds(self) -> float:
        """Give the processor time that the process has used."""
        return self.figure("process_cpu_seconds_total")

    def reads(self) -> float:
        """Count the reads from the API server; watches are none."""
        return self.figure("operator_api_requests_total", verb="get")

    def wanted(self) -> float:
        """Count the bots that full looks found to want a closer one."""
        return self.figure("operator_resync_repairs_total", kind="bot")

    def written(self) -> Counter[str]:
        """Count the writes to the API server by verb and resource, those of the leader's Lease aside."""
        counted = Counter[str]()
        for one in self._samples("operator_api_requests_total"):
            verb, resource = one.labels["verb"], one.labels["resource"]
            if verb in {"post", "patch", "put", "delete"} and resource != "leases":
                counted[f"{verb} {resource}"] += int(one.value)
        return counted

    def peak_megabytes(self) -> float:
        """Give the most that the process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        [line] = [one for one in status.splitlines() if one.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024

    def _samples(self, name: str) -> list[Sample]:
        text = wait_for(
            self._metrics, "the operator's figures", seconds=_ANSWER_SECONDS, every=0.02
        )
        return [
            one
            for family in text_string_to_metric_families(text)
            for one in family.samples
            if one.name == f"kbots_{name}"
        ]

    def _metrics(self) -> str:
        # Of one that has ended no figure is known, least of all that it is zero.
        if self.process.poll() is not None:
            last = self.log.read_text(encoding="utf-8").splitlines()[-_LINES:]
            raise StepFailed("\n".join(["the operator has ended:", *last]), fix="see its log above")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as got:
                return str(got.read().decode())
        except OSError:
            return ""


@contextmanager
def running_operator(
    host: Host, space: Space, nodes: FakeNodes, folder: Path, *, resync_seconds: float
) -> Iterator[Operator]:
    """Run one for the block, without a write budget, that has the bots' pods on these nodes.

    Raises:
        StepFailed: it did not begin to lead.
    """
    port = free_port()
    sealing = folder / "sealing"
    write_key(sealing, new_private_key())
    values = _settings(host, space, nodes) | {
        "SEALING_DIR": str(sealing),
        "RESYNC_SECONDS": str(resync_seconds),
        "HEALTH_PORT": str(port),
    }
    environment = {f"KBOTS_OPERATOR_{name}": value for name, value in values.items()}
    path = folder / "operator.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _AS_SHIPPED, "kubernetes"],
            env={"KUBECONFIG": str(space.kubeconfig), "PATH": "/usr/bin:/bin", **environment},
            stdout=log,
            stderr=log,
        )
    operator = Operator(process=process, port=port, log=path)
    try:
        wait_for(lambda: operator.figure("operator_leader"), "it leads", seconds=60, every=0.02)
        yield operator
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settings(host: Host, space: Space, nodes: FakeNodes) -> dict[str, str]:
    made = host.installation
    labels = (f"{label}={value}" for label, value in nodes.node_selector.items())
    return {
        "DATABASE_PORT": str(made.ports["postgres"]),
        "DATABASE_NAME": DATABASE,
        "PASSWORD_FILE": str(made.password_file(_OPERATOR)),
        "PAPER_REST_URL": made.url("exchange"),
        "PAPER_ADMIN_URL": made.url("exchangeAdmin"),
        "NAMESPACES": space.namespace,
        "VERIFY_NAMESPACE": space.namespace,
        "LEASE_NAMESPACE": space.namespace,
        "POD_NAME": "bench",
        "RUNNER_IMAGE": _IMAGE,
        "RUNNER_SERVICE_ACCOUNT": "default",
        "RUNNER_NODE_SELECTOR": ",".join(labels),
        "RUNNER_TOLERATIONS": json.dumps([nodes.toleration]),
        "WRITES_PER_SECOND": "0",
        "STARTING_PODS": "0",
        "LOG_LEVEL": "WARNING",
    }
