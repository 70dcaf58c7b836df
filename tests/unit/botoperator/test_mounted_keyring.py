"""Sealing keys as a pod mounts them: files of root that the pod's group may read."""

import os
from pathlib import Path

import pytest

from botcore.domain.errors import NotAllowed
from botcore.sealing.keyring import is_private, load_keyring, new_private_key, write_key

ANOTHER_USER, ANOTHER_GROUP = 12345, 54321


def mounted(folder: Path, group: int, mode: int) -> Path:
    """Lay a key out as the kubelet does, owned by another user."""
    if os.geteuid() != 0:
        pytest.skip("giving a file to another user needs root")
    path = write_key(folder / "..2026", new_private_key())
    os.chown(path, ANOTHER_USER, group)
    path.chmod(mode)
    (folder / "..data").symlink_to("..2026")
    (folder / path.name).symlink_to(f"..data/{path.name}")
    return folder


def test_key_our_group_may_read_is_loaded_and_the_folder_left_alone(tmp_path: Path) -> None:
    folder = mounted(tmp_path / "keys", os.getegid(), 0o440)
    folder.chmod(0o500)

    assert len(load_keyring(folder).kids) == 1
    assert {one.name for one in folder.iterdir()} == {
        "..2026",
        "..data",
        f"{load_keyring(folder).kids[0]}.key",
    }


@pytest.mark.parametrize(("group", "mode"), [(ANOTHER_GROUP, 0o440), (None, 0o444), (None, 0o460)])
def test_key_that_others_may_read_or_change_is_refused(
    tmp_path: Path, group: int | None, mode: int
) -> None:
    with pytest.raises(NotAllowed, match="may be read by others"):
        load_keyring(mounted(tmp_path / "keys", os.getegid() if group is None else group, mode))


def test_group_that_is_not_ours_makes_a_file_readable_by_others() -> None:
    assert is_private(0o440, own=False, in_group=True)
    assert not is_private(0o440, own=False, in_group=False)
    assert not is_private(0o440, own=True, in_group=True)
