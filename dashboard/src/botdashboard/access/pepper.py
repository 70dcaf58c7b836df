"""The password pepper: made once, readable by this program alone."""

import os
import secrets
from pathlib import Path

from botcore.domain.errors import NotAllowed
from botcore.runtime.settings import read_secret_file

__all__ = ["load_pepper"]


def load_pepper(folder: Path) -> bytes:
    """Read the pepper, or make it if it is not there.

    Raises:
        NotAllowed: others may read the file.
        InvalidInput: it is empty or can't be read.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "password-pepper"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise NotAllowed(f"{path} may be read by others: set its mode to 0600") from None
        return read_secret_file(path).encode()
    pepper = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(pepper + "\n")
    return pepper.encode()
