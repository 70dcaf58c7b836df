"""The probe while 20 people sign in at once: hashing a password must not hold up anybody else (SEC-10)."""

import asyncio
import hashlib
import http.client
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from botcore.ledger.connect import DatabaseAddress, connect
from botcore.ledger.migrate import migrate
from botcore.ledger.roles import LOGIN_ROLES, ensure_roles
from hack.bench.dashboard.login_load import post_form
from hack.bench.database import running_postgres
from hack.bench.exchange_process import load, resident_megabytes
from hack.bench.rows import Row, below, note
from hack.standalone.installation import free_port

__all__ = ["bench_logins"]

_PEOPLE: Final = 20
_ROUNDS: Final = 4
_EVERY: Final = 0.02  # seconds between two probes
_START_SECONDS: Final = 60


def bench_logins() -> Iterator[Row]:
    """Measure the real program over a real database."""
    with tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # the database runs as another user
        with (
            running_postgres(home / "postgres") as address,
            _dashboard(home, address) as (port, process),
        ):
            names = [f"person-{number}" for number in range(_PEOPLE)]
            password = secrets.token_urlsafe(18)
            _make_people(port, address, names, password)
            quiet = _probe(port, until=time.monotonic() + 3)
            plan = {"port": port, "names": names, "password": password, "rounds": _ROUNDS}
            with ThreadPoolExecutor(1) as pool:
                loading = pool.submit(load, "dashboard.login_load", plan)
                busy = list[float]()
                while not loading.done():
                    busy += _probe(port, until=time.monotonic() + 0.2)
                found = loading.result()
            size = resident_megabytes(process.pid)
    note(f"{found}, dashboard {size:.0f} MB, {len(busy)} probes, {_p99(quiet):.1f} ms when quiet")
    yield below("dashboard-healthz-p99-under-logins", _p99(busy), 100, "ms")
    yield below("dashboard-logins-refused", found["wrong"], 1, "logins")


def _probe(port: int, *, until: float) -> list[float]:
    """Ask the probe again and again; gives the times in milliseconds."""
    taken = []
    while time.monotonic() < until:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        connection.close()
        taken.append((time.monotonic() - began) * 1_000)
        time.sleep(_EVERY)
    return taken


def _p99(taken: list[float]) -> float:
    return sorted(taken)[len(taken) * 99 // 100]


@contextmanager
def _dashboard(
    home: Path, address: DatabaseAddress
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    passwords = {role: secrets.token_hex(16) for role in LOGIN_ROLES}
    asyncio.run(_prepare(address, passwords))
    password_file = home / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(passwords["kbots_dashboard"], encoding="utf-8")
    port = free_port()
    settings = {
        "PORT": port,
        "DATABASE_PORT": address.port,
        "DATABASE_NAME": address.dbname,
        "PASSWORD_FILE": password_file,
        "SECRETS_DIR": home / "secrets",
    }
    with (home / "dashboard.log").open("wb") as log:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "kbots-dashboard", "serve"],
            env={f"KBOTS_DASHBOARD_{name}": str(value) for name, value in settings.items()},
            cwd=home,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_ready(port)
        yield port, process
    finally:
        process.terminate()
        process.wait(15)


async def _prepare(address: DatabaseAddress, passwords: dict[str, str]) -> None:
    async with await connect(address) as connection:
        await ensure_roles(connection, passwords)
        await migrate(connection)


def _wait_ready(port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            _probe(port, until=time.monotonic() + 0.01)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the dashboard did not start")


def _make_people(port: int, address: DatabaseAddress, names: list[str], password: str) -> None:
    """Make accounts by one-time links, as people do; the first one's is that of the set-up."""
    for name in names:
        token = secrets.token_urlsafe(32)
        asyncio.run(_invite(address, token))
        fields = {"name": name, "password": password, "repeated": password}
        if post_form(port, f"/invite/{token}", fields) != http.HTTPStatus.SEE_OTHER:
            raise RuntimeError(f"no account for {name}")


async def _invite(address: DatabaseAddress, token: str) -> None:
    async with await connect(address) as connection:
        await connection.execute(
            "insert into kbots.invites (token_hash, role, created_by, expires_at)"
            " values (%s, 'admin', (select id from kbots.users limit 1), now() + interval '1 hour')",
            [hashlib.sha256(token.encode()).digest()],
        )
