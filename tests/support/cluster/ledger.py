"""The database of the release, as its administrator."""

import base64
import json
import threading
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.support.cluster.commands import Cluster
from tests.support.cluster.tunnels import Tunnel

__all__ = ["Ledger", "secret_file"]

SYSTEM = "kbots-system"


def secret_file(cluster: Cluster, namespace: str, name: str, key: str) -> str:
    """Return one file of a Secret."""
    secret = json.loads(cluster.kubectl("-n", namespace, "get", "secret", name, "-o", "json"))
    return base64.b64decode(secret["data"][key]).decode().strip()


@dataclass(slots=True, kw_only=True)
class Ledger:
    """One connection, made again when it broke; tests ask from several threads."""

    password: str = field(repr=False)
    tunnel: Tunnel
    connection: psycopg.Connection | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, cluster: Cluster) -> "Ledger":
        """Return the one of the release."""
        return cls(
            password=secret_file(cluster, SYSTEM, "kbots-postgres", "postgres-password"),
            tunnel=Tunnel.to(cluster, SYSTEM, "service/kbots-postgres", 5432),
        )

    def query(self, text: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Read; asked again when the connection broke."""
        with self.lock:
            return self.tunnel.use(
                lambda port: self._ask(port, text, values),
                psycopg.OperationalError,
                psycopg.InterfaceError,
                OSError,
            )

    def close(self) -> None:
        """Close the connection and the way to it."""
        if self.connection is not None:
            self.connection.close()
        self.tunnel.close()

    def _ask(self, port: int, text: str, values: tuple[object, ...]) -> list[Any]:
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(
                host="127.0.0.1",
                port=port,
                dbname="kbots",
                user="postgres",
                password=self.password,
                autocommit=True,
                connect_timeout=5,
            )
        return self.connection.execute(text.encode(), values or None).fetchall()
