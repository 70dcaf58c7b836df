import json
from pathlib import Path

import pytest

from hack.report import StepFailed
from hack.standalone.installation import open_installation


def test_choices_are_made_once_and_kept(tmp_path: Path) -> None:
    first = open_installation(tmp_path, market="synthetic")
    second = open_installation(tmp_path, market="synthetic")

    assert second == first
    assert second.passwords() == first.passwords()
    assert len(set(first.ports.values())) == len(first.ports)


def test_description_names_password_files_and_shows_no_password(tmp_path: Path) -> None:
    installation = open_installation(tmp_path, market="synthetic")
    text = (tmp_path / "kbots.json").read_text()

    assert json.loads(text)["adminPasswordFile"] == str(installation.password_file("kbots_admin"))
    assert [one for one in installation.passwords().values() if one in text] == []
    assert "password" not in repr(installation.address()).split("application_name")[0]


def test_passwords_are_readable_by_their_user_alone(tmp_path: Path) -> None:
    open_installation(tmp_path / "data", market="synthetic")

    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    for file in (tmp_path / "data" / "secrets").iterdir():
        assert file.stat().st_mode & 0o077 == 0


def test_given_ports_outrank_the_kept_ones(tmp_path: Path) -> None:
    open_installation(tmp_path, market="synthetic")

    given = open_installation(tmp_path, market="synthetic", port_base=9100)

    assert sorted(given.ports.values()) == [9100, 9101, 9102, 9103]
    assert open_installation(tmp_path, market="synthetic").ports == given.ports


def test_folder_of_another_market_is_refused(tmp_path: Path) -> None:
    open_installation(tmp_path, market="synthetic")

    with pytest.raises(StepFailed, match="another market") as refused:
        open_installation(tmp_path, market="/candles/BTCUSDT-1h.csv")
    assert "DATA=" in refused.value.fix
