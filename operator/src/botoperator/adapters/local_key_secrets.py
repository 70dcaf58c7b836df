"""Secrets with exchange keys as private folders of one host, put there by their owner.

`<data>/keys/<namespace>/<name>/` holds the files api-key, api-secret, owner and environment.
"""

import asyncio
import os
import stat
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from botcore.domain.errors import NotAllowed
from botcore.resources.meta import EXCHANGE_KEY_LABEL, OWNER_LABEL
from botoperator.plan.key_secret import API_KEY, API_SECRET, KeySecret

__all__ = ["LocalKeySecrets"]

LABELS = {"environment": EXCHANGE_KEY_LABEL, "owner": OWNER_LABEL}
LONGEST = 16 * 1024  # bytes; as long as a sealed key may be


class LocalKeySecrets:
    """Reads what only this user can read."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def find(self, namespace: str, name: str) -> KeySecret | None:
        """Read a folder.

        Raises:
            NotAllowed: others may read it, or a file of it.
        """
        return await asyncio.to_thread(self._find, namespace, name)

    def _find(self, namespace: str, name: str) -> KeySecret | None:
        folder = self._root / namespace / name
        if not folder.is_dir():
            return None
        _check_private(folder)
        files = {file: _read(folder / file) for file in (API_KEY, API_SECRET, *LABELS)}
        there = {file: text for file, text in files.items() if text}
        return KeySecret(
            uid=str(uuid5(NAMESPACE_URL, f"kbots:key/{namespace}/{name}")),
            namespace=namespace,
            name=name,
            labels={LABELS[file]: text for file, text in there.items() if file in LABELS},
            data={file: text for file, text in there.items() if file not in LABELS},
        )


def _read(path: Path) -> str:
    if not path.is_file():
        return ""
    _check_private(path)
    with path.open(encoding="utf-8") as file:
        return file.read(LONGEST).strip()


def _check_private(path: Path) -> None:
    status = path.stat()
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise NotAllowed(
            f"spec.credentials.secretName: {path.name} may be read by others: chmod -R go= it"
        )
