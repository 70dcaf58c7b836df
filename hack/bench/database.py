"""A Postgres of the bench's own, as durable as a real one."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import free_port

__all__ = ["running_postgres"]


@contextmanager
def running_postgres(folder: Path) -> Iterator[tuple[str, ...]]:
    """Run a server for the block; gives the options that point the exchange at it."""
    port = free_port()
    server, password = EmbeddedPostgres(folder=folder, port=port), secrets.token_hex(16)
    try:
        server.initialise(password)
        process = server.start(folder / "postgres.log")
        password_file = folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="utf-8")
        try:
            yield (
                "--database-host=127.0.0.1",
                f"--database-port={port}",
                "--database-name=postgres",
                "--database-user=postgres",
                f"--database-password-file={password_file}",
            )
        finally:
            server.stop(process)
    finally:
        server.remove()
