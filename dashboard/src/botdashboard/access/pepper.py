"""The password pepper: made once, readable by this program alone."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.runtime.settings import read_secret_file
from botcore.sealing.keyring import is_private

__all__ = ["load_pepper"]


def load_pepper(folder: Path) -> bytes:
    """Read the pepper, or make it if it is not there; a folder that has it is only read.

    Raises:
        NotAllowed: others may read the file.
        InvalidInput: it is empty, can't be read or can't be made.
    """
    path = folder / "password-pepper"
    if not path.exists():
        try:
            _make(path)
        except OSError as error:
            raise InvalidInput.of(str(path), f"can't be made: {error.strerror}") from None
    pepper = read_secret_file(path).encode()
    status = path.stat()
    own = status.st_uid == os.geteuid()
    in_group = status.st_gid in {os.getegid(), *os.getgroups()}
    if not is_private(stat.S_IMODE(status.st_mode), own=own, in_group=in_group):
        raise NotAllowed(f"{path} may be read by others: set its mode to 0600")
    return pepper


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):  # another process of ours was faster
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
