"""Where people's commands find the ledger; a password is read from its file, never from the command line."""

import json
from pathlib import Path
from typing import Any, Final

from botcore.domain.errors import InvalidInput
from botcore.ledger.connect import DatabaseAddress
from botcore.runtime.settings import read_secret_file
from botrunner.settings import DataSettings, ReplaySettings

__all__ = ["admin_address"]

_CONNECTION_FILE: Final = "kbots.json"
"""What a platform on this host leaves in its data folder for the command line."""


def admin_address(data: Path | None, application_name: str) -> DatabaseAddress:
    """Return the ledger that the environment names, else the one of the data folder.

    Raises:
        InvalidInput: neither is there, or can't be understood.
    """
    settings = ReplaySettings.load("KBOTS_REPLAY_")
    if data is not None or settings.password_file is None:
        return _local(data or DataSettings.load("KBOTS_").data, settings.user, application_name)
    return DatabaseAddress(
        host=settings.host,
        port=settings.port,
        dbname=settings.dbname,
        user=settings.user,
        password=read_secret_file(settings.password_file),
        application_name=application_name,
    )


def _local(data: Path, user: str, application_name: str) -> DatabaseAddress:
    path = data / _CONNECTION_FILE
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        database, password_file = content["database"], Path(content["adminPasswordFile"])
        host, port, dbname = database["host"], int(database["port"]), database["dbname"]
    except FileNotFoundError:
        raise InvalidInput.of(
            str(path),
            "is not there; name the platform's folder by --data or KBOTS_DATA, or the ledger by"
            " KBOTS_REPLAY_PASSWORD_FILE",
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise InvalidInput.of(str(path), "can't be understood") from None
    return DatabaseAddress(
        host=host,
        port=port,
        dbname=dbname,
        user=user,
        password=read_secret_file(data / password_file),
        application_name=application_name,
    )
