"""`botrunner backtest` from its files to its reports, and what it says of wrong ones."""

import decimal
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from botcore.domain.errors import InvalidInput
from botrunner.commands import backtest
from botrunner.main import main
from tests.support.backtesting import a_bot

START = datetime(2024, 1, 1, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "owner": "alice",
    "mode": "paper",
    "paper": {"balances": {"USDT": "10000"}},
    "strategies": [
        {
            "name": "trend", "type": "ema-cross", "symbols": ["BTCUSDT"], "interval": "1h", "capital": "1000",
            "params": {"fast": 2, "slow": 5, "stopLossPercent": "5"},
        }
    ],
}  # fmt: skip


def candles(folder: Path, count: int = 200, *, name: str = "BTCUSDT-1h.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8") as file:
        file.write("time,open,high,low,close,volume\n")
        for hour in range(count):
            price = 40_000 + 400 * min(hour % 24, 24 - hour % 24)
            at = START + timedelta(hours=hour)
            file.write(f"{at.isoformat()},{price},{price + 90},{price - 90},{price + 50},10\n")
    return path


@pytest.fixture(autouse=True)
def _own_context() -> Iterator[None]:
    """Give Decimal its manners back: the command makes it refuse floats for good (I7)."""
    before, trap = decimal.getcontext().copy(), decimal.DefaultContext.traps[decimal.FloatOperation]
    yield
    decimal.DefaultContext.traps[decimal.FloatOperation] = trap
    decimal.setcontext(before)


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command as the shell would; gives exit code, output and errors."""

    def command(*options: str, spec: dict[str, Any] | None = None) -> tuple[int, str, str]:
        bot = tmp_path / "bot.yaml"
        if not bot.exists():
            bot.write_text(yaml.safe_dump(a_bot(spec or SPEC)), encoding="utf-8")
        arguments = ["botrunner", "backtest", "--bot", str(bot), *options]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return command


Command = Callable[..., tuple[int, str, str]]


def test_report_and_json_tell_the_same_run(run: Command, tmp_path: Path) -> None:
    told = tmp_path / "told.json"

    code, out, _ = run("--candles", str(candles(tmp_path)), "--json", str(told))

    body = json.loads(told.read_text())
    assert code == 0
    assert body["candles"] == 200
    assert body["trades"]["count"] == len(body["trades_closed"]) > 3
    assert f"Closed trades{body['trades']['count']:>23}" in out
    assert "fast average is below slow" in {one["exit_reason"] for one in body["trades_closed"]}
    assert body["equity_curve"][-1][0] == "2024-01-09T08:00:00+00:00"
    assert {"sharpe", "sortino", "cagr_percent", "drawdown"} <= body["performance"].keys()


def test_report_tells_each_strategy_against_its_own_capital(run: Command, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    second = {**SPEC["strategies"][0], "name": "idle", "symbols": ["ETHUSDT"], "capital": "3000"}
    second["params"] = {"fast": 150, "slow": 200}  # never ready
    files = [str(candles(tmp_path, name=f"{symbol}-1h.csv")) for symbol in ("BTCUSDT", "ETHUSDT")]

    _, out, _ = run(
        "--candles", ",".join(files), "--json", str(told),
        spec={**SPEC, "strategies": [*SPEC["strategies"], second]},
    )  # fmt: skip

    body = json.loads(told.read_text())
    trend, idle = body["strategies"]
    assert (trend["strategy"], idle["strategy"]) == ("trend", "idle")
    profit = float(trend["profit"]) + float(trend["open_profit"])
    assert trend["performance"]["total_return_percent"] == pytest.approx(profit / 10)
    assert body["performance"]["total_return_percent"] == pytest.approx(profit / 40)
    assert (
        trend["performance"]["drawdown"]["percent"] > 3 * body["performance"]["drawdown"]["percent"]
    )
    assert trend["trades"] == body["trades"]
    assert trend["fees"] == body["fees"]
    assert (idle["trades"]["count"], idle["performance"]["drawdown"]["percent"]) == (0, 0)
    assert 0 < float(trend["exposure_percent"]) == float(body["exposure_percent"]) < 100
    shown = next(line for line in out.splitlines() if line.startswith(" trend") and "%" in line)
    assert f"{trend['performance']['drawdown']['percent']:.2f} %" in shown


def test_two_runs_are_the_same_to_the_byte(run: Command, tmp_path: Path) -> None:
    path = candles(tmp_path, 400)
    first, second = tmp_path / "first.json", tmp_path / "second.json"

    for told in (first, second):
        run("--candles", str(path), "--json", str(told))

    assert first.read_bytes() == second.read_bytes()


def test_from_and_to_bound_what_is_traded_and_earlier_candles_warm_up(
    run: Command, tmp_path: Path
) -> None:
    told = tmp_path / "told.json"

    run("--candles", str(candles(tmp_path)), "--from", "2024-01-03", "--to", "2024-01-06",
        "--json", str(told))  # fmt: skip

    body = json.loads(told.read_text())
    assert body["candles"] == 72
    assert (body["begin"][:10], body["end"][:10]) == ("2024-01-03", "2024-01-06")
    assert body["decisions"]["trend"].keys() >= {"Hold", "Enter"}


def test_fees_come_out_of_the_result(run: Command, tmp_path: Path) -> None:
    path, free, dear = candles(tmp_path), tmp_path / "free.json", tmp_path / "dear.json"

    run("--candles", str(path), "--json", str(free), "--maker-fee", "0", "--taker-fee", "0")
    run("--candles", str(path), "--json", str(dear), "--taker-fee", "0.01")

    assert json.loads(free.read_text())["fees"] == "0"
    assert float(json.loads(dear.read_text())["equity"]) < float(
        json.loads(free.read_text())["equity"]
    )


def test_missing_candles_are_filled_and_counted_and_jumps_are_told_TR_35(  # noqa: N802
    run: Command, tmp_path: Path
) -> None:
    path = candles(tmp_path)
    rows = path.read_text().splitlines()
    rows[120] = rows[120].replace(rows[120].split(",", 1)[1], "90000,90000,90000,90000,1")
    path.write_text("\n".join([*rows[:50], *rows[53:]]) + "\n")

    code, out, err = run("--candles", str(path))

    assert code == 0
    assert "BTCUSDT: 3 missing candles are filled flat" in err
    assert "jumps above 30 %" in err
    assert "BTCUSDT: 3 missing candles were filled flat" in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"symbols": ["ETHUSDT"]}, "spec.strategies[0].symbols[0]: ETHUSDT has no candles"),
        ({"interval": "15m"}, "spec.strategies[0].interval: 15m can't be made of the candles given"),
        ({"capital": "-1"}, "spec.strategies[0].capital"),
    ],
)  # fmt: skip
def test_bot_that_does_not_fit_is_refused_by_its_field(
    run: Command, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    spec = {**SPEC, "strategies": [{**SPEC["strategies"][0], **change}]}

    code, _, err = run("--candles", str(candles(tmp_path)), spec=spec)

    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--candles", "nowhere.csv"], "nowhere.csv: can't be read"),
        (["--candles", "{}", "--from", "soon"], "--from: 'soon' is not a time"),
        (["--candles", "{}", "--from", "2031-01-01"], "--from, --to: leave no candle"),
        (["--candles", "{}", "--taker-fee", "5"], "--taker-fee: must be from 0 to below 1"),
        (["--candles", "{}", "--json", "/nowhere/told.json"], "--json /nowhere/told.json: No such"),
    ],
)
def test_wrong_option_is_named(run: Command, tmp_path: Path, options: list[str], said: str) -> None:
    path = str(candles(tmp_path))

    code, _, err = run(*(one.format(path) for one in options))

    assert code == 2
    assert said in err


def test_wrong_line_of_candles_is_named(run: Command, tmp_path: Path) -> None:
    path = candles(tmp_path)
    rows = path.read_text().splitlines()
    rows[7] = rows[7].replace(",10", ",ten")
    path.write_text("\n".join(rows) + "\n")

    code, _, err = run("--candles", str(path))

    assert code == 2
    assert "BTCUSDT-1h.csv line 8, column volume: 'ten' is not a number" in err


def test_symbol_may_be_given_beside_the_file(run: Command, tmp_path: Path) -> None:
    path = candles(tmp_path, name="candles.csv")

    refused, _, err = run("--candles", str(path))
    code, _, _ = run("--candles", f"BTCUSDT={path}")

    assert refused == 2
    assert "write SYMBOL=" in err
    assert code == 0


def test_bot_file_must_hold_one_bot(tmp_path: Path) -> None:
    from botrunner.commands.backtesting import read_bot  # noqa: PLC0415

    path = tmp_path / "none.yaml"
    path.write_text("kind: ConfigMap\n", encoding="utf-8")

    with pytest.raises(InvalidInput, match="must hold one TradingBot, it holds 0"):
        read_bot(path)
    assert callable(backtest.run)


@pytest.mark.timeout(120)
def test_interrupted_run_reports_what_was_done_so_far(tmp_path: Path) -> None:
    bot, told = tmp_path / "bot.yaml", tmp_path / "told.json"
    bot.write_text(yaml.safe_dump(a_bot(SPEC)), encoding="utf-8")
    path = candles(tmp_path, 150_000)
    tool = str(Path(sys.executable).with_name("botrunner"))
    command = [tool, "backtest", "--bot", str(bot), "--candles", str(path), "--json", str(told)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), True)
    while "candles" not in process.stderr.readline():
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)

    body = json.loads(told.read_text())
    assert process.returncode == 130
    assert "NOT COMPLETE: broken off" in out
    assert not body["is_whole"]
    assert 0 < body["candles"] < 150_000
