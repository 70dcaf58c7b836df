"""Ways from this machine into the cluster; each is opened again when it broke."""

import http.client
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

from tests.support.cluster.commands import Cluster
from tests.support.postgres import free_port
from tests.support.waiting import wait_until

__all__ = ["ApiServer", "Tunnel"]

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Tunnel:
    """`kubectl port-forward` or `kubectl proxy` on a loopback port of its own."""

    cluster: Cluster
    command: tuple[str, ...]
    """What follows `kubectl`; `{port}` stands for the port on this machine."""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    output: IO[bytes] | None = None

    @classmethod
    def to(cls, cluster: Cluster, namespace: str, target: str, port: int) -> "Tunnel":
        """Return a way to one port of a pod or Service."""
        command = ("-n", namespace, "port-forward", "--address=127.0.0.1", target)
        return cls(cluster=cluster, command=(*command, f"{{port}}:{port}"))

    def use(self, work: Callable[[int], T], *errors: type[Exception], seconds: float = 60) -> T:
        """Do something that may be done twice; on one of these errors the way is opened anew."""
        end = time.monotonic() + seconds
        while True:
            try:
                return work(self.open())
            except errors:
                self.close()
                if time.monotonic() >= end:
                    raise
                time.sleep(0.3)

    def open(self) -> int:
        """Return the port on this machine, where somebody listens."""
        if self.process is None or self.process.poll() is not None:
            self.close()
            self._start()
        return self.port

    def close(self) -> None:
        """End it; it may be opened again."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        if self.output is not None:
            self.output.close()
            self.output = None

    def _start(self) -> None:
        # A file: nobody reads a pipe once it listens, and a full one would stop it.
        self.output = output = tempfile.TemporaryFile()  # noqa: SIM115 closed with the process
        command = ("kubectl", *(one.format(port=self.port) for one in self.command))
        self.process = process = subprocess.Popen(
            command, env=self.cluster.environment(), stdout=output, stderr=output
        )

        def listens() -> bool:
            output.seek(0)
            text = output.read()
            if process.poll() is not None:
                raise ConnectionError(text.decode(errors="replace"))
            return b"Forwarding from" in text or b"Starting to serve" in text

        wait_until(listens, " ".join(command), seconds=20, every=0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServer:
    """The API server by way of `kubectl proxy`: for what is asked too often for a command each."""

    tunnel: Tunnel

    @classmethod
    def of(cls, cluster: Cluster) -> "ApiServer":
        """Return the one of this cluster."""
        return cls(tunnel=Tunnel(cluster=cluster, command=("proxy", "--port={port}")))

    def get(self, path: str) -> dict[str, Any] | None:
        """Return an object or a list, None where there is none."""
        return self.tunnel.use(lambda port: _get(port, path), OSError, http.client.HTTPException)


def _get(port: int, path: str) -> dict[str, Any] | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status == 404:
        return None
    if answer.status >= 500:
        raise ConnectionError(text.decode())
    assert answer.status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found
