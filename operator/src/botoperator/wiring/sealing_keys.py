"""`kbots-operator sealing-key`: new, check, reseal, backup, restore (docs/operations.md)."""

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from uuid import UUID

from botcore.domain.errors import Conflict, InvalidInput
from botcore.runtime.settings import read_secret_file
from botcore.sealing.backup import RingBackup, pack, unpack
from botcore.sealing.keyring import (
    KeyRing,
    key_file,
    kid_of,
    load_keyring,
    new_private_key,
    write_key,
)
from botoperator.adapters.private_files import make_private, write_private
from botoperator.adapters.resealing import KeyCensus, Resealing
from botoperator.settings import PREFIX, DatabaseSettings
from botoperator.wiring.parts import address_of

__all__ = ["run_sealing_key"]

INSTALLATION, STDIN = "installation-id", "-"


async def run_sealing_key(arguments: argparse.Namespace) -> None:
    """Run one of the actions; what it tells goes to standard output, never a key but as a patch that was asked for.

    Raises:
        InvalidInput: a file or setting is wrong, or stored keys don't open.
        NotAllowed: the passphrase is another, or a file may be read by others.
        Conflict: the folder belongs to another installation.
    """
    await ACTIONS[arguments.action](arguments)


async def _new(arguments: argparse.Namespace) -> None:
    key = new_private_key()
    if arguments.patch:
        name, text = key_file(key)
        _say(json.dumps({"stringData": {name: text}}))
        return
    write_key(arguments.dir, key)
    _say(f"sealing key {kid_of(key.public_key())} made; restart the operator to publish it")


async def _check(arguments: argparse.Namespace) -> None:
    _tell(await _resealing(load_keyring(arguments.dir)).check())


async def _reseal(arguments: argparse.Namespace) -> None:
    _tell(await _resealing(load_keyring(arguments.dir)).reseal())


async def _backup(arguments: argparse.Namespace) -> None:
    ring = load_keyring(arguments.dir)
    installation = _installation(arguments.dir) or await _resealing(ring).installation()
    _say(pack(RingBackup(installation=installation, ring=ring), _passphrase(arguments)))


async def _restore(arguments: argparse.Namespace) -> None:
    backup = unpack(_text(arguments.backup), _passphrase(arguments))
    folder = make_private(arguments.dir)
    here = _installation(folder)
    if here is not None and here != backup.installation:
        raise Conflict(f"{folder} holds the keys of installation {here}; name another folder")
    for kid in backup.ring.kids:
        if not (folder / f"{kid}.key").exists():
            write_key(folder, backup.ring.find(kid))
    write_private(folder / INSTALLATION, f"{backup.installation}\n")
    _say(f"installation {backup.installation}: {len(backup.ring.kids)} sealing keys in {folder}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _resealing(ring: KeyRing) -> Resealing:
    return Resealing(address_of(DatabaseSettings.load(PREFIX)), ring)


def _tell(census: KeyCensus) -> None:
    for kid, count in sorted(census.by_kid.items()):
        _say(f"sealing key {kid}: {count} stored keys")
    _say(f"sealed anew: {census.resealed}; not opened: {len(census.closed)}")
    if census.closed:
        raise InvalidInput.of(
            "keyring",
            f"{len(census.closed)} stored keys don't open with it: {', '.join(census.closed)}; restore the"
            " sealing keys that were backed up, or have these keys entered anew",
        )


def _installation(folder: Path) -> UUID | None:
    path = folder / INSTALLATION
    if not path.exists():
        return None
    try:
        return UUID(read_secret_file(path))
    except ValueError:
        raise InvalidInput.of(str(path), "must hold a UUID") from None


def _passphrase(arguments: argparse.Namespace) -> str:
    if arguments.passphrase_file == STDIN:
        return sys.stdin.readline().strip()
    return read_secret_file(Path(arguments.passphrase_file))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput.of(str(path), "can't be read") from None


ACTIONS: Mapping[str, Callable[[argparse.Namespace], Awaitable[None]]] = {
    "new": _new,
    "check": _check,
    "reseal": _reseal,
    "backup": _backup,
    "restore": _restore,
}
