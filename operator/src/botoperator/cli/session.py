"""What every command has: the platform's data folder and a connection as its administrator."""

import json
import os
import pwd
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botcore.domain.errors import InvalidInput
from botcore.ledger.connect import Connection, DatabaseAddress, connect, translated
from botcore.runtime.settings import EnvSettings, read_secret_file

__all__ = ["CliSettings", "Session", "open_session"]

CONNECTION_FILE = "kbots.json"


class CliSettings(EnvSettings):
    """Settings of the command line: KBOTS_DATA."""

    data: Path = Path(".data")
    """Folder of the platform on this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's view of the platform."""

    data: Path
    address: DatabaseAddress
    connection: Connection

    @property
    def actor(self) -> str:
        """Who is at the keyboard, for what is recorded."""
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


@asynccontextmanager
async def open_session(data: Path) -> AsyncIterator[Session]:
    """Connect with what the platform left in its data folder.

    Raises:
        InvalidInput: there is no platform in the folder.
        Transient: its database does not answer.
    """
    address = _address(data)
    with translated():
        async with await connect(address) as connection:
            yield Session(data=data, address=address, connection=connection)


def _address(data: Path) -> DatabaseAddress:
    path = data / CONNECTION_FILE
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        database, password_file = content["database"], Path(content["adminPasswordFile"])
        host, port, name = database["host"], int(database["port"]), database["dbname"]
    except FileNotFoundError:
        raise InvalidInput.of(
            str(path),
            "is not there; start the platform, or name its folder by --data or KBOTS_DATA",
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise InvalidInput.of(str(path), "can't be understood") from None
    return DatabaseAddress(
        host=host,
        port=port,
        dbname=name,
        user="kbots_admin",
        password=read_secret_file(data / password_file),
        application_name="kbots-cli",
    )
