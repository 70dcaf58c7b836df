"""A backtest of candles read from a venue, here the paper exchange, and kept in a folder."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from botcore.candles.csv_file import read_series
from botcore.runtime.clock import SystemClock
from tests.support.backtesting import a_bot
from tests.support.lone_runner import lone_exchange

pytestmark = pytest.mark.standalone

SPEC: dict[str, Any] = {
    "owner": "alice",
    "mode": "paper",
    "paper": {"balances": {"USDT": "10000"}},
    "strategies": [
        {
            "name": "trend", "type": "ema-cross", "symbols": ["BTCUSDT"], "interval": "1h", "capital": "1000",
            "params": {"fast": 3, "slow": 8, "stopLossPercent": "5"},
        }
    ],
}  # fmt: skip
WARM_UP = timedelta(hours=64)
"""Eight times the slow average."""


def backtest(folder: Path, *options: str, spec: dict[str, Any] | None = None) -> Any:
    bot = folder / "bot.yaml"
    bot.write_text(yaml.safe_dump(a_bot(spec or SPEC)), encoding="utf-8")
    tool = str(Path(sys.executable).with_name("botrunner"))
    return subprocess.run(
        [tool, "backtest", "--bot", str(bot), *options],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.e2e
@pytest.mark.timeout(400)
def test_klines_are_read_once_and_trade_as_a_file_of_them_does(tmp_path: Path) -> None:
    kept, told, again = tmp_path / "kept", tmp_path / "told.json", tmp_path / "again.json"
    with lone_exchange(tmp_path, "--symbols=BTCUSDT") as exchange:
        venue = ["--klines", str(kept), "--venue", f"http://127.0.0.1:{exchange.port}"]
        first = backtest(
            tmp_path, *venue, "--from", "2024-03-01", "--to", "2024-05-10", "--json", str(told)
        )
        file = kept / "BTCUSDT-1h.csv"
        early = file.read_text(encoding="utf-8").splitlines()
        second = backtest(tmp_path, *venue, "--from", "2024-03-01", "--to", "2024-05-10")
        wider = backtest(tmp_path, *venue, "--from", "2024-02-20", "--to", "2024-05-20")
        late = file.read_text(encoding="utf-8").splitlines()
        open_end = SystemClock().now() - timedelta(days=40)
        slow, other = (
            {**SPEC, "strategies": [{**SPEC["strategies"][0], **change}]}
            for change in ({"interval": "4h"}, {"symbols": ["LTCUSDT"]})
        )
        begin = f"{open_end:%Y-%m-%d}"
        now = backtest(tmp_path, *venue, "--from", begin, "--interval", "4h", spec=slow)
        unknown = backtest(tmp_path, *venue, "--from", "2024-03-01", spec=other)
    files = backtest(tmp_path, "--candles", str(file), "--from", "2024-03-01", "--to", "2024-05-10",
                     "--json", str(again))  # fmt: skip

    assert [one.returncode for one in (first, second, wider, files, now)] == [0] * 5
    begin = datetime(2024, 3, 1, tzinfo=UTC) - WARM_UP
    assert early[1].startswith(f"{begin:%Y-%m-%d %H:%M:%S},")
    assert early[-1].startswith("2024-05-09 23:00:00,")
    assert len(early) == 1 + 24 * 70 + 64  # more than one answer holds
    assert "candles of 1h read" in first.stderr
    assert "read into" not in second.stderr
    assert late[10 * 24 + 1 : -10 * 24] == early[1:]
    assert json.loads(told.read_text())["trades_closed"]
    assert told.read_bytes() == again.read_bytes()
    newest = read_series(kept / "BTCUSDT-4h.csv", None, None)
    end_ms = newest.begin_ms + len(newest.bars) * 4 * 3_600_000
    age = SystemClock().now() - datetime.fromtimestamp(end_ms / 1000, UTC)
    assert timedelta() < age < timedelta(hours=5)  # the one that has not closed is left out
    assert unknown.returncode == 2
    assert "LTCUSDT" in unknown.stderr


def test_venue_that_is_not_there_is_named(tmp_path: Path) -> None:
    venue = "http://127.0.0.1:9"

    done = backtest(
        tmp_path, "--klines", str(tmp_path / "kept"), "--venue", venue, "--from", "2024-03-01"
    )

    assert done.returncode == 2
    assert f"{venue} can't be read" in done.stderr
    assert not (tmp_path / "kept").exists()


def test_klines_need_a_begin(tmp_path: Path) -> None:
    done = backtest(tmp_path, "--klines", str(tmp_path / "kept"))

    assert done.returncode == 2
    assert "--from: is needed with --klines" in done.stderr
