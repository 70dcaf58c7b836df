import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from botcore.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from botcore.sealing.keyring import (
    KeyRing,
    is_private,
    kid_of,
    load_keyring,
    new_private_key,
    parse_public_key,
    public_key_text,
    write_key,
)


def test_written_keys_are_loaded_by_id(tmp_path: Path):
    keys = [new_private_key(), new_private_key()]
    for key in keys:
        write_key(tmp_path / "keys", key)

    ring = load_keyring(tmp_path / "keys")

    assert ring.kids == tuple(sorted(kid_of(key.public_key()) for key in keys))
    for key in keys:
        found = ring.find(kid_of(key.public_key()))
        assert found.private_bytes_raw() == key.private_bytes_raw()


def test_written_key_is_for_its_owner_only(tmp_path: Path):
    path = write_key(tmp_path / "keys", new_private_key())

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_key_is_never_overwritten(tmp_path: Path):
    key = new_private_key()
    path = write_key(tmp_path, key)
    before = path.read_bytes()

    with pytest.raises(Conflict):
        write_key(tmp_path, key)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_key_that_others_may_read_is_refused(tmp_path: Path, mode: int):
    write_key(tmp_path, new_private_key()).chmod(mode)

    with pytest.raises(NotAllowed, match="0600"):
        load_keyring(tmp_path)


def test_read_only_key_is_loaded(tmp_path: Path):
    write_key(tmp_path, new_private_key()).chmod(0o400)

    assert len(load_keyring(tmp_path).kids) == 1


@pytest.mark.parametrize(
    ("mode", "own", "private"),
    [
        (0o600, True, True),
        (0o400, True, True),
        (0o440, True, False),
        (0o440, False, True),
        (0o460, False, False),
        (0o444, False, False),
        (0o404, True, False),
    ],
)
def test_group_may_read_only_what_belongs_to_another(mode: int, own: bool, private: bool):  # noqa: FBT001 -- a table of cases
    assert is_private(mode, own=own) is private


def test_key_mounted_from_a_secret_is_loaded_through_its_links(tmp_path: Path):
    path = write_key(tmp_path / "..data", new_private_key())
    (tmp_path / path.name).symlink_to(path)

    assert load_keyring(tmp_path).kids == (path.stem,)


def test_renamed_key_is_refused(tmp_path: Path):
    path = write_key(tmp_path, new_private_key())
    path.rename(path.with_stem("0" * 16))

    with pytest.raises(InvalidInput, match="another key"):
        load_keyring(tmp_path)


def test_key_of_another_kind_is_refused(tmp_path: Path):
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    a_file(tmp_path, pem)

    with pytest.raises(InvalidInput, match="another key"):
        load_keyring(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"secret-content", b"-----BEGIN " + b"PRIVATE KEY-----\nAA\n"]
)
def test_file_without_a_key_is_refused_without_being_shown(tmp_path: Path, content: bytes):
    a_file(tmp_path, content)

    with pytest.raises(InvalidInput, match="holds no sealing key") as caught:
        load_keyring(tmp_path)

    assert "secret-content" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_unreadable_key_is_refused(tmp_path: Path):
    (tmp_path / "0123456789abcdef.key").symlink_to(tmp_path / "nowhere")

    with pytest.raises(NotAllowed, match="can't be read"):
        load_keyring(tmp_path)


def test_missing_folder_is_not_found(tmp_path: Path):
    with pytest.raises(NotFound):
        load_keyring(tmp_path / "none")


def test_other_files_are_left_alone(tmp_path: Path):
    (tmp_path / "README").write_text("not a key", encoding="utf-8")

    assert load_keyring(tmp_path).kids == ()


def test_public_key_survives_as_text():
    public_key = new_private_key().public_key()

    assert kid_of(parse_public_key(public_key_text(public_key) + "\n")) == kid_of(public_key)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64", "ä"])
def test_text_that_is_no_public_key_is_refused(text: str):
    with pytest.raises(InvalidInput):
        parse_public_key(text)


def test_keyring_shows_ids_alone():
    key = new_private_key()

    shown = repr(KeyRing([key]))

    assert shown == f"KeyRing({kid_of(key.public_key())})"
    assert key.private_bytes_raw().hex() not in shown


def a_file(folder: Path, content: bytes) -> None:
    descriptor = os.open(folder / "0123456789abcdef.key", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
