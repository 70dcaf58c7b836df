"""A Postgres of the bench's own, as durable as a real one."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botcore.ledger.connect import DatabaseAddress
from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import free_port

__all__ = ["running_for_exchange", "running_postgres"]


@contextmanager
def running_postgres(folder: Path) -> Iterator[DatabaseAddress]:
    """Run a server for the block; gives how to reach it as its administrator."""
    port = free_port()
    server, password = EmbeddedPostgres(folder=folder, port=port), secrets.token_hex(16)
    try:
        server.initialise(password)
        process = server.start(folder / "postgres.log")
        try:
            yield DatabaseAddress(
                host="127.0.0.1", port=port, dbname="postgres", user="postgres", password=password
            )
        finally:
            server.stop(process)
    finally:
        server.remove()


@contextmanager
def running_for_exchange(folder: Path) -> Iterator[tuple[str, ...]]:
    """Run a server for the block; gives the options that point the exchange at it."""
    with running_postgres(folder) as address:
        password_file = folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(address.password, encoding="utf-8")
        yield (
            f"--database-host={address.host}",
            f"--database-port={address.port}",
            f"--database-name={address.dbname}",
            f"--database-user={address.user}",
            f"--database-password-file={password_file}",
        )
