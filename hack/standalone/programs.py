"""The programs of one host in the order of their start: what each is given, and when it is ready.

Passwords and keys reach a program as files; its environment holds addresses and paths only.
"""

import http.client
import sys
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from botcore.ledger.roles import EXCHANGE
from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import DATABASE, Installation
from hack.standalone.supervision import Program

__all__ = ["Service", "Tuning", "answers", "base_environment", "services", "tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What tests choose differently from `make run`."""

    speed: int = 60
    """Venue seconds per real second on the synthetic market."""
    seed: int = 7
    durable: bool = True
    """Whether Postgres waits for the disk."""
    operator: Mapping[str, str] | None = None
    """More settings of the operator, such as a short restart backoff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A program with its title, the ports it needs and its readiness."""

    title: str
    program: Program
    ports: tuple[str, ...]
    is_ready: Callable[[], bool]


def tool(name: str) -> str:
    """Return the path of a command of this environment."""
    return str(Path(sys.executable).with_name(name))


def base_environment() -> dict[str, str]:
    """Return what every program gets: a path and a language, nothing of the caller's environment."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
    }


def services(installation: Installation, tuning: Tuning) -> tuple[Service, ...]:
    """Return the four programs; Postgres leads, so that it is stopped last."""
    return (
        _postgres(installation, tuning),
        _exchange(installation, tuning),
        _operator(installation, tuning),
        _dashboard(installation),
    )


def answers(url: str) -> bool:
    """Tell whether a health address says it is well."""
    try:
        return _get(url)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def announcement(log: Path, event: str) -> Callable[[], bool]:
    """Return a question: has this event been logged since now?"""
    before = log.stat().st_size if log.exists() else 0
    mark = f'"{event}"'.encode()
    return lambda: log.exists() and mark in log.read_bytes()[before:]


def _get(url: str) -> tuple[int, bytes]:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=5)
    try:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _postgres(installation: Installation, tuning: Tuning) -> Service:
    server = EmbeddedPostgres(
        folder=installation.folder / "postgres",
        port=installation.ports["postgres"],
        durable=tuning.durable,
    )
    program = Program(
        name="postgres",
        command=tuple(server.command()),
        environment=server.environment,
        user=server.user,
        stop_signal="INT",
        stop_seconds=30,
    )
    return Service(title="Postgres", program=program, ports=("postgres",), is_ready=server.is_ready)


def _exchange(installation: Installation, tuning: Tuning) -> Service:
    ports = installation.ports
    market = ["--source", "synthetic", "--seed", str(tuning.seed), "--speed", str(tuning.speed)]
    # Its own database under its own role, both named as the exchange's default.
    environment = {
        "KBOTS_EXCHANGE_DATABASE_HOST": "127.0.0.1",
        "KBOTS_EXCHANGE_DATABASE_PORT": str(ports["postgres"]),
        "KBOTS_EXCHANGE_DATABASE_PASSWORD_FILE": str(installation.password_file(EXCHANGE)),
    }
    if installation.is_replay:
        # In lockstep the market waits for the bot: the same file gives the same trades at any speed. Every candle is
        # stored before the next, so the memory is a folder, which does not wait for the disk.
        market = ["--source", "replay", "--csv", installation.market, "--lockstep", "1"]
        environment = {"KBOTS_EXCHANGE_DATA": str(installation.folder / "exchange")}
    command = (
        tool("kbots-exchange"), "paper", *market, "--host", "127.0.0.1", "--port", str(ports["exchange"]),
        "--admin-port", str(ports["exchangeAdmin"]),
    )  # fmt: skip
    health = f"{installation.url('exchangeAdmin')}/healthz"
    return Service(
        title="paper exchange",
        program=Program(name="exchange", command=command, environment=environment),
        ports=("exchange", "exchangeAdmin"),
        is_ready=lambda: answers(health),
    )


def _operator(installation: Installation, tuning: Tuning) -> Service:
    environment = {
        **_database("KBOTS_OPERATOR_", installation, "kbots_operator"),
        "KBOTS_OPERATOR_PAPER_REST_URL": installation.url("exchange"),
        "KBOTS_OPERATOR_PAPER_WS_API_URL": f"{installation.url('exchange', 'ws')}/ws-api/v3",
        "KBOTS_OPERATOR_PAPER_STREAM_URL": installation.url("exchange", "ws"),
        "KBOTS_OPERATOR_PAPER_ADMIN_URL": installation.url("exchangeAdmin"),
        "KBOTS_OPERATOR_LOCKSTEP": str(installation.is_replay).lower(),
        **(tuning.operator or {}),
    }
    command = (
        tool("kbots-operator"), "standalone", "--data", str(installation.folder), "--stop-bots-on-exit",
    )  # fmt: skip
    program = Program(name="operator", command=command, environment=environment, stop_seconds=25)
    started = announcement(installation.logs / "operator.log", "operator_started")
    return Service(title="operator", program=program, ports=(), is_ready=started)


def _dashboard(installation: Installation) -> Service:
    command = (tool("kbots-dashboard"), "serve")
    program = Program(
        name="dashboard", command=command, environment=dashboard_environment(installation)
    )
    health = f"{installation.url('dashboard')}/healthz"
    return Service(
        title="dashboard",
        program=program,
        ports=("dashboard",),
        is_ready=lambda: answers(health),
    )


def dashboard_environment(installation: Installation) -> dict[str, str]:
    """Return the dashboard's settings, also for its one-time link."""
    return {
        **_database("KBOTS_DASHBOARD_", installation, "kbots_dashboard"),
        "KBOTS_DASHBOARD_HOST": "127.0.0.1",
        "KBOTS_DASHBOARD_PORT": str(installation.ports["dashboard"]),
        "KBOTS_DASHBOARD_PUBLIC_ORIGIN": installation.url("dashboard"),
        "KBOTS_DASHBOARD_SECRETS_DIR": str(installation.folder / "secrets" / "dashboard"),
        "NICEGUI_STORAGE_PATH": str(installation.folder / "dashboard"),
    }


def _database(prefix: str, installation: Installation, role: str) -> dict[str, str]:
    return {
        f"{prefix}DATABASE_HOST": "127.0.0.1",
        f"{prefix}DATABASE_PORT": str(installation.ports["postgres"]),
        f"{prefix}DATABASE_NAME": DATABASE,
        f"{prefix}DATABASE_USER": role,
        f"{prefix}PASSWORD_FILE": str(installation.password_file(role)),
    }
