"""Options and variables, and how wrong ones are named."""

from decimal import Decimal
from pathlib import Path

import pytest

from botcore.domain.errors import InvalidInput
from botexchange.settings import SourceKind, parse_settings


def test_options_are_read():
    settings = parse_settings(
        [
            "paper",
            "--source",
            "replay",
            "--csv",
            "a.csv",
            "--csv",
            "b.csv",
            "--lockstep",
            "2",
            "--data",
            "d",
            "--maker-fee",
            "0",
        ]
    )

    assert settings.source is SourceKind.REPLAY
    assert settings.csv == (Path("a.csv"), Path("b.csv"))
    assert (settings.lockstep, settings.maker_fee) == (2, 0)
    assert settings.taker_fee == Decimal("0.001")


def test_variables_are_read_and_options_win(monkeypatch):
    monkeypatch.setenv("KBOTS_EXCHANGE_DATA", "from-env")
    monkeypatch.setenv("KBOTS_EXCHANGE_SPEED", "60")
    monkeypatch.setenv("KBOTS_EXCHANGE_SEED", "5")

    settings = parse_settings(["paper", "--seed", "7"])

    assert (settings.data, settings.speed, settings.seed) == (Path("from-env"), 60, 7)


def test_start_without_a_zone_is_utc():
    settings = parse_settings(["paper", "--data", "d", "--start", "2024-01-01T00:00:00"])

    assert settings.start.timestamp() == 1_704_067_200


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("paper --data d --database-host h --database-password-file f", "--data"),
        ("paper --database-host h", "--database-password-file"),
        ("paper --database-host h --database-password-file f --database-port 0", "--database-port"),
        ("paper --data d --speed 0", "--speed"),
        ("paper --data d --speed 601", "--speed"),
        ("paper --data d --speed fast", "--speed"),
        ("paper --data d --port 70000", "--port"),
        ("paper --data d --source moon", "--source"),
        ("paper --data d --start yesterday", "--start"),
        ("paper --data d --taker-fee 1", "--taker-fee"),
        ("paper --data d --maker-fee 0.0000000001", "--maker-fee"),
        ("paper --data d --interval 7m", "--interval"),
        ("paper --data d --source replay", "--csv"),
        ("paper --data d --csv x.csv", "--csv"),
        ("paper --data d --lockstep 1", "--lockstep"),
        ("paper --data d --source replay --csv a --csv b --symbol BTCUSDT", "--symbol"),
        ("paper --data d --nonsense 1", "--nonsense"),
        ("", "role"),
        ("casino", "casino"),
    ],
)
def test_wrong_option_is_named_in_one_line(options, named):
    with pytest.raises(InvalidInput) as refused:
        parse_settings(options.split())

    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def test_wrong_variable_is_named(monkeypatch):
    monkeypatch.setenv("KBOTS_EXCHANGE_SPEED", "fast")

    with pytest.raises(InvalidInput, match="KBOTS_EXCHANGE_SPEED"):
        parse_settings(["paper", "--data", "d"])
