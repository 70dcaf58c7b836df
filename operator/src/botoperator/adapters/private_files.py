"""Files only their owner may read, replaced whole or not at all."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

__all__ = ["PRIVATE_DIRECTORY", "make_private", "publish_folder", "write_private"]

PRIVATE_DIRECTORY = 0o700


def make_private(folder: Path) -> Path:
    """Make a folder, and those above it, for its owner alone."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    return folder


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file's content in one step."""
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    _write_new(draft, text, mode)
    draft.replace(path)


def publish_folder(link: Path, files: Mapping[str, str], mode: int) -> None:
    """Replace the folder behind a link, so that a reader sees all of the old files or all of the new.

    As the kubelet does with a volume of a Secret: a pair of keys is never half of one and half of the other.
    """
    version = link.with_name(f".{link.name}.{token_hex(8)}")
    version.mkdir(mode=PRIVATE_DIRECTORY)
    for name, text in files.items():
        _write_new(version / name, text, mode)
    draft = version.with_suffix(".link")
    draft.symlink_to(version.name)
    draft.replace(link)
    for old in link.parent.glob(f".{link.name}.*"):
        if old != version and old.is_dir():
            shutil.rmtree(old, ignore_errors=True)


def _write_new(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
