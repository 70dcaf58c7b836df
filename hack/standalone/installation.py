"""The data folder: which ports were chosen, where the passwords lie, what market is traded.

Everything is chosen once and kept, so that the next run goes on where the last one was. `kbots.json` holds no
secret; each password is a file of its own that only its user can read.
"""

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botcore.ledger.connect import DatabaseAddress
from botcore.ledger.roles import LOGIN_ROLES
from hack.report import StepFailed

__all__ = ["ADMIN", "DATABASE", "Installation", "free_port", "is_free", "open_installation"]

ADMIN = "postgres"
DATABASE = "kbots"
_PORTS = ("postgres", "exchange", "exchangeAdmin", "dashboard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One data folder and what was chosen for it."""

    folder: Path
    ports: dict[str, int]
    market: str
    """`synthetic`, or the absolute path of the candle file that is replayed."""

    @property
    def logs(self) -> Path:
        """Return the folder with a log per program."""
        return self.folder / "logs"

    @property
    def is_replay(self) -> bool:
        """Tell whether a candle file is the market."""
        return self.market != "synthetic"

    def password_file(self, role: str) -> Path:
        """Return where a database role's password lies."""
        return self.folder / "secrets" / f"{role}.password"

    def passwords(self) -> dict[str, str]:
        """Return every fixed role's password."""
        return {
            role: self.password_file(role).read_text(encoding="utf-8").strip()
            for role in (ADMIN, *LOGIN_ROLES)
        }

    def address(self, role: str = ADMIN, dbname: str = DATABASE) -> DatabaseAddress:
        """Return how to reach the database as one of the fixed roles."""
        return DatabaseAddress(
            host="127.0.0.1",
            port=self.ports["postgres"],
            dbname=dbname,
            user=role,
            password=self.passwords()[role],
        )

    def url(self, port: str, scheme: str = "http") -> str:
        """Return the loopback address of one of the ports."""
        return f"{scheme}://127.0.0.1:{self.ports[port]}"


def open_installation(folder: Path, *, market: str, port_base: int | None = None) -> Installation:
    """Read the data folder's choices, or make them.

    Raises:
        StepFailed: the folder belongs to another market.
    """
    folder = folder.resolve()
    for part in (folder, folder / "logs", folder / "secrets"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "kbots.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if known.get("market", market) != market:
        raise StepFailed(
            f"{folder} holds trades of another market: {known['market']}",
            fix=f"use another folder: make run DATA=.data/other, or remove {folder}",
        )
    ports = known.get("ports") or _choose_ports(port_base)
    if port_base is not None:
        ports = _choose_ports(port_base)
    for role in (ADMIN, *LOGIN_ROLES):
        _write_once(folder / "secrets" / f"{role}.password", secrets.token_urlsafe(24))
    installation = Installation(folder=folder, ports=ports, market=market)
    _replace(file, json.dumps(_description(installation), indent=2) + "\n")
    return installation


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port that is free now, below those the kernel gives to outgoing connections."""
    while not is_free(port := 12_000 + secrets.randbelow(20_000)):
        pass
    return port


def _description(installation: Installation) -> dict[str, Any]:
    """What the command line and people read; passwords are named, never shown."""
    return {
        "database": {
            "host": "127.0.0.1",
            "port": installation.ports["postgres"],
            "dbname": DATABASE,
        },
        "adminPasswordFile": str(installation.password_file("kbots_admin")),
        "dashboardUrl": installation.url("dashboard"),
        "market": installation.market,
        "ports": installation.ports,
    }


def _choose_ports(base: int | None) -> dict[str, int]:
    if base is not None:
        return {name: base + offset for offset, name in enumerate(_PORTS)}
    probes = [socket.socket() for _ in _PORTS]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {
            name: int(probe.getsockname()[1]) for name, probe in zip(_PORTS, probes, strict=True)
        }
    finally:
        for probe in probes:
            probe.close()


def _write_once(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")


def _replace(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o600)
    partial.replace(path)
