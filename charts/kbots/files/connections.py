# ruff: noqa: INP001 (its text is an argument of python3; nothing imports it)
"""Ask the platform's programs, from inside the cluster, whether they answer; run by `helm test`.

Arguments: database as host:port, URL of the dashboard, URL of the exchange, and host:port of the exchange's
admin port, which network policies keep from this pod.
"""

import socket
import struct
import sys
import time
import urllib.request
from collections.abc import Callable

__all__: list[str] = []

# Asks a Postgres server whether it speaks TLS; it answers with one letter, before any password.
TLS_REQUEST = struct.pack("!II", 8, 80877103)
SECONDS = 5
DEADLINE = time.monotonic() + 60


def connect(address: str) -> socket.socket:
    """Open a connection to host:port."""
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def database_answers(address: str) -> None:
    """Raise OSError unless a Postgres server answers."""
    with connect(address) as stream:
        stream.sendall(TLS_REQUEST)
        answer = stream.recv(1)
    if answer not in {b"S", b"N"}:
        raise ConnectionError(f"answered {answer!r}, which is not Postgres")


def page_answers(url: str) -> None:
    """Raise OSError unless the page answers 200."""
    with urllib.request.urlopen(url, timeout=SECONDS):  # noqa: S310 the chart writes the address
        pass


def ask(name: str, question: Callable[[str], None], address: str) -> bool:
    """Ask until there is an answer or the time is up; says which."""
    while True:
        try:
            question(address)
        except OSError as error:
            if time.monotonic() > DEADLINE:
                sys.stdout.write(f"{name}: no answer from {address}: {error}\n")
                return False
            time.sleep(1)
        else:
            sys.stdout.write(f"{name}: ok\n")
            return True


def are_policies_enforced(forbidden: str) -> bool:
    """Tell whether a connection that policies forbid fails."""
    try:
        connect(forbidden).close()
    except OSError:
        return True
    return False


def main() -> int:
    """Ask all; give the exit code."""
    database, dashboard, exchange, forbidden = sys.argv[1:]
    answers = [
        ask("database", database_answers, database),
        ask("dashboard", page_answers, dashboard),
        ask("exchange", page_answers, exchange),
    ]
    if not are_policies_enforced(forbidden):
        sys.stdout.write("warning: network policies are off, or the network plugin ignores them\n")
    return 0 if all(answers) else 1


sys.exit(main())
