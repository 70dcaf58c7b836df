"""Every event and command has a line for people; arguments and addresses are judged with clear words."""

import argparse
import json
import typing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botcore.domain.errors import InvalidInput
from botrunner.commands.database import admin_address
from botrunner.commands.replay import add_arguments
from botrunner.commands.replay_text import text_of
from botrunner.trading.commands import Command
from botrunner.trading.events import Event, TradesRead
from tests.support.core_samples import samples_of


@pytest.mark.parametrize("kind", [*typing.get_args(Event), *typing.get_args(Command)])
def test_every_event_and_command_has_one_line(kind: type) -> None:
    for value in samples_of(kind):
        text = text_of(value)

        assert text.startswith(kind.__name__)
        assert "object at 0x" not in text
        assert "Decimal(" not in text or kind is TradesRead


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--bot", "alice", *words])


def test_time_without_a_zone_is_utc_and_another_zone_is_turned() -> None:
    assert parsed("--at", "2026-01-31T18:05").at == datetime(2026, 1, 31, 18, 5, tzinfo=UTC)
    assert parsed("--at", "2026-01-31T18:05+02:00").at == datetime(2026, 1, 31, 16, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "noon"), "'noon' is no time such as 2026-01-31T18:05"),
        (("--at", "2026-01-31", "--minutes", "0"), "is no number of minutes up to 10080"),
        (("--at", "2026-01-31", "--minutes", "nan"), "is no number of minutes"),
        (("--at", "2026-01-31", "--minutes", "soon"), "is no number of minutes"),
        ((), "--at"),
    ],
)
def test_bad_arguments_are_told(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        parsed(*words)

    assert refused.value.code == 2
    assert said in capsys.readouterr().err


def test_ledger_of_a_platform_on_this_host_is_found_by_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("word\n")
    database = {"host": "127.0.0.1", "port": 5433, "dbname": "kbots"}
    (tmp_path / "kbots.json").write_text(
        json.dumps({"database": database, "adminPasswordFile": "secret"})
    )
    by_option = admin_address(tmp_path, "test")
    monkeypatch.setenv("KBOTS_DATA", str(tmp_path))

    assert admin_address(None, "test") == by_option
    assert (by_option.port, by_option.user, by_option.password) == (5433, "kbots_admin", "word")
    assert "word" not in repr(by_option)


def test_ledger_elsewhere_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("word")
    monkeypatch.setenv("KBOTS_REPLAY_PASSWORD_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("KBOTS_REPLAY_HOST", "ledger.example")

    address = admin_address(None, "test")

    assert (address.host, address.port, address.dbname) == ("ledger.example", 5432, "kbots")


@pytest.mark.parametrize("content", ["{", "{}", '{"database": 5, "adminPasswordFile": "x"}'])
def test_folder_without_a_platform_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not there; name the platform's folder"):
        admin_address(tmp_path, "test")

    (tmp_path / "kbots.json").write_text(content)
    with pytest.raises(InvalidInput, match="can't be understood"):
        admin_address(tmp_path, "test")
