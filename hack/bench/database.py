"""A Postgres of the bench's own, as durable as a real one."""

import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hack.standalone.embedded_postgres import EmbeddedPostgres

__all__ = ["running_postgres"]


@contextmanager
def running_postgres(folder: Path) -> Iterator[tuple[str, ...]]:
    """Run a server for the block; gives the options that point the exchange at it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
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
            process.send_signal(signal.SIGINT)  # fast shutdown: ends the sessions still open
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        server.remove()
