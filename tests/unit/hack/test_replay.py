from pathlib import Path

import pytest
import yaml

from botcore.resources.validation import parse_trading_bot
from hack.report import StepFailed
from hack.standalone.replay import market_of, replay_bot


def test_without_a_file_the_market_is_synthetic() -> None:
    assert market_of(None) == "synthetic"


def test_file_is_named_by_its_whole_path(tmp_path: Path) -> None:
    file = tmp_path / "ETHUSDT-4h.csv"
    file.touch()

    assert market_of(str(file)) == str(file)


@pytest.mark.parametrize("name", ["candles.csv", "BTC-1h.csv", "BTCUSDT-7m.csv", "BTCUSDT.csv"])
def test_name_that_does_not_tell_symbol_and_interval_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    with pytest.raises(StepFailed) as refused:
        market_of(str(tmp_path / name))
    assert "BTCUSDT-1h.csv" in refused.value.fix


def test_missing_file_is_refused() -> None:
    with pytest.raises(StepFailed, match="there is no file"):
        market_of("BTCUSDT-1h.csv.gone")


def test_bot_of_a_file_is_valid_and_trades_its_symbol_and_interval() -> None:
    bot = parse_trading_bot(yaml.safe_load(replay_bot("/candles/ETHUSDT-4h.csv")), None)

    assert [(one.symbols, one.interval) for one in bot.spec.strategies] == [(("ETHUSDT",), "4h")]
