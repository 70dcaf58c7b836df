"""The password pepper, in a folder of ours or of a mounted Secret."""

import os
import stat

import pytest

from botcore.domain.errors import InvalidInput, NotAllowed
from botdashboard.access.pepper import load_pepper

PEPPER = "password-pepper"


@pytest.fixture
def mounted(tmp_path):
    """Give a folder as Secrets are mounted: links to files of root that the pod's group may read."""
    if os.geteuid() != 0:
        pytest.skip("a file of someone else is missing: only root can make one")
    folder, data = tmp_path / "secret", tmp_path / "secret" / "..data"
    data.mkdir(parents=True)
    (data / PEPPER).write_text("mounted\n")
    os.chown(data / PEPPER, 65534, os.getegid())
    (data / PEPPER).chmod(0o440)
    (folder / PEPPER).symlink_to(data / PEPPER)
    return folder


def test_pepper_is_made_once_and_private(tmp_path):
    first = load_pepper(tmp_path / "secrets")

    assert load_pepper(tmp_path / "secrets") == first
    assert (tmp_path / "secrets" / "password-pepper").stat().st_mode & 0o777 == 0o600


def test_pepper_that_others_may_read_is_refused(tmp_path):
    load_pepper(tmp_path)
    (tmp_path / "password-pepper").chmod(0o644)

    with pytest.raises(NotAllowed, match="0600"):
        load_pepper(tmp_path)


def test_mounted_pepper_is_read_and_nothing_is_written_beside_it(mounted):
    before = mounted.stat().st_mtime_ns

    assert load_pepper(mounted) == b"mounted"
    assert mounted.stat().st_mtime_ns == before


@pytest.mark.parametrize("mode", [0o444, 0o460, 0o450])
def test_mounted_pepper_that_more_than_the_group_may_read_is_refused(mounted, mode):
    (mounted / PEPPER).chmod(mode)

    with pytest.raises(NotAllowed):
        load_pepper(mounted)


def test_mounted_pepper_of_another_group_is_refused(mounted):
    os.chown(mounted / PEPPER, 65534, 65534)

    with pytest.raises(NotAllowed):
        load_pepper(mounted)


def test_pepper_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidInput, match=r"password-pepper: can't be made: File exists"):
        load_pepper(tmp_path / "file")


def test_link_to_nothing_is_named(tmp_path):
    (tmp_path / PEPPER).symlink_to(tmp_path / "nothing")

    with pytest.raises(InvalidInput, match="No such file"):
        load_pepper(tmp_path)
    assert stat.S_ISLNK((tmp_path / PEPPER).lstat().st_mode)
