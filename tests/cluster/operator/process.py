"""The operator as a real process beside a real cluster, a real Postgres and a real paper exchange.

Bots' pods ask for an image that no node has, so they stay as they were made: what is looked at here is the operator.
"""

import json
import os
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from botcore.sealing.keyring import new_private_key, write_key
from tests.cluster.operator.api import Api
from tests.support.lone_runner import LoneExchange
from tests.support.metrics import Sample, parsed
from tests.support.postgres import Database, free_port
from tests.support.waiting import wait_until

__all__ = ["IMAGE", "Operator", "mounted_like_a_secret"]

IMAGE = "kbots/none:none"
_WRITES = ("post", "patch", "put", "delete")


@dataclass(kw_only=True)
class Operator:
    """One operator for one namespace."""

    folder: Path
    api: Api
    database: Database
    exchange: LoneExchange
    kubeconfig: Path
    name: str = "first"
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        password = self.folder / "password"
        password.write_text(self.database.passwords["kbots_operator"])
        rest = f"http://127.0.0.1:{self.exchange.port}"
        values = {
            "DATABASE_HOST": self.database.host,
            "DATABASE_PORT": str(self.database.port),
            "DATABASE_NAME": self.database.dbname,
            "PASSWORD_FILE": str(password),
            "SEALING_DIR": str(mounted_like_a_secret(self.folder / "sealing")),
            "PAPER_REST_URL": rest,
            "PAPER_WS_API_URL": rest.replace("http", "ws") + "/ws-api/v3",
            "PAPER_STREAM_URL": rest.replace("http", "ws"),
            "PAPER_ADMIN_URL": f"http://127.0.0.1:{self.exchange.admin_port}",
            "NAMESPACES": self.api.namespace,
            "VERIFY_NAMESPACE": self.api.namespace,
            "LEASE_NAMESPACE": self.api.namespace,
            "POD_NAME": self.name,
            "RUNNER_IMAGE": IMAGE,
            "RUNNER_IMAGE_PULL_POLICY": "Never",
            "RUNNER_SERVICE_ACCOUNT": "default",
            "HEALTH_PORT": str(self.port),
            **self.settings,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "botoperator.main", "kubernetes"],
                env={"PATH": os.environ["PATH"], "KUBECONFIG": str(self.kubeconfig)}  # noqa: TID251 a bare environment
                | {f"KBOTS_OPERATOR_{name}": value for name, value in values.items()},
                stdout=log,
                stderr=log,
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process = None
        return code

    def clear(self) -> None:
        if self.process is not None:
            self.stop(signal.SIGKILL)

    def ask(self, path: str) -> int:
        """Ask the health port, as the kubelet does; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def figure(self, name: str, **labels: str) -> int:
        """Sum up a figure of /metrics over the series with these labels."""
        return sum(
            int(one.value)
            for one in self._samples()
            if one.name == f"kbots_{name}" and labels.items() <= one.labels.items()
        )

    def asked(self) -> Counter[tuple[str, str]]:
        """Count requests to the API server by verb and resource, all at one moment."""
        counted: Counter[tuple[str, str]] = Counter()
        for one in self._samples():
            if one.name == "kbots_operator_api_requests_total":
                counted[one.labels["verb"], one.labels["resource"]] += int(one.value)
        return counted

    def requests(self, verb: str, *resources: str) -> int:
        """Count requests to the API server."""
        counted = self.asked()
        return sum(counted[verb, one] for one in resources)

    def writes(self) -> int:
        """Count writes to the API server, those of the Lease aside."""
        return sum(
            count
            for (verb, resource), count in self.asked().items()
            if verb in _WRITES and resource != "leases"
        )

    def _samples(self) -> list[Sample]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            return parsed(answer.read().decode())

    def events(self, event: str) -> list[dict[str, str]]:
        """What the log says of one kind."""
        lines = self.log.read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [one for one in found if one["event"] == event]

    def wait_started(self) -> None:
        wait_until(lambda: self.events("operator_started"), f"{self.log.read_text()[-2000:]}")

    def wait_for(self, kind: str, status: str, reason: str, seconds: float = 20) -> None:
        try:
            wait_until(lambda: self.api.condition(kind) == (status, reason), kind, seconds=seconds)
        except AssertionError:
            log = self.log.read_text()[-3000:]
            raise AssertionError(f"{kind} is {self.api.condition(kind)}\n{log}") from None


def mounted_like_a_secret(folder: Path) -> Path:
    """Lay a sealing key out as the kubelet mounts it: links to files of another user, for our group to read."""
    version = folder / "..2026"
    if folder.exists():
        return folder
    path = write_key(version, new_private_key())
    if os.geteuid() == 0:
        os.chown(path, 12345, os.getegid())
        path.chmod(stat.S_IRUSR | stat.S_IRGRP)
    (folder / "..data").symlink_to(version.name)
    (folder / path.name).symlink_to(f"..data/{path.name}")
    return folder
