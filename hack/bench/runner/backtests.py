"""Our backtest beside freqtrade's and backtesting.py's: the same candles, averages, stop and fees."""

import json
import math
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from hack.bench.exchange_process import Exchange, running
from hack.bench.rows import Row, at_least, at_most, note
from hack.bench.runner import freqtrade
from hack.bench.runner.candles import NAME, first_candles, write_walk
from hack.bench.runner.host import a_bot
from hack.environments import ROOT, python_of

__all__ = ["bench_backtest"]

_WALK: Final = 60_000
_FEW: Final = 2_000
_LEAST_TRADES: Final = 100
_ALL, _SOME = "all", "few"
_SECONDS: Final = 240
_ROUNDS: Final = 2
"""How often each program runs; the run that cost least counts, as others are on the machine as well."""
_STRATEGY: Final = {
    "name": "trend", "type": "ema-cross", "symbols": ["BTCUSDT"], "interval": "1h", "capital": "10000",
    "params": {"fast": 12, "slow": 48, "stopLossPercent": "5"},
}  # fmt: skip
Run = Callable[[Path], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speed:
    """What one program needed of the processors: for all candles, and for each beyond its start."""

    seconds: float
    whole: float
    inner: float
    trades: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.whole:.0f} candles/s, {self.inner:.0f} without start and loading"


def bench_backtest(candles: Path | None) -> Iterator[Row]:
    """Measure the three; `candles` is a folder with BTCUSDT-1h.csv, a seeded walk stands in for it."""
    with tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder:
        home = Path(folder)
        with running("paper", home / "exchange.log", "--symbols=BTCUSDT") as exchange:
            count = _candles(home, candles)
            theirs = _speed("freqtrade", home, count, _freqtrade(home, exchange))
            other = _speed("backtesting.py", home, count, _backtesting_py())
            own = _speed("botrunner", home, count, _ours(home))
    yield at_least("runner-backtest-vs-freqtrade", own.whole / theirs.whole, 3, "ratio")
    yield at_least("runner-backtest-vs-freqtrade-inner", own.inner / theirs.inner, 3, "ratio")
    apart = abs(own.trades - theirs.trades) / max(theirs.trades, _LEAST_TRADES)
    yield at_least("runner-backtest-trades", own.trades, _LEAST_TRADES, "trades")
    yield at_most("runner-backtest-trades-apart", apart, 0.05, "ratio")
    note(f"share of backtesting.py, the goal is 1: {own.whole / other.whole:.2f}")


def _candles(home: Path, real: Path | None) -> int:
    """Lay out all candles and a few of them, each in a folder; gives how many there are."""
    for part in (_ALL, _SOME):
        (home / part).mkdir()
    whole = home / _ALL / NAME
    if real is not None and (real / NAME).exists():
        count = first_candles(real / NAME, whole, 10**9)
    else:
        count = _WALK
        write_walk(whole, count, seed=7)
    first_candles(whole, home / _SOME / NAME, _FEW)
    return count


def _speed(name: str, home: Path, count: int, run: Run) -> _Speed:
    """Run over all candles and over a few: the difference has neither start nor end of the process in it."""
    try:
        run(home / _SOME / NAME)  # reads the program from the disk
        few, whole = (
            [_timed(run, home / part / NAME) for _ in range(_ROUNDS)] for part in (_SOME, _ALL)
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        said = getattr(error, "stderr", None) or str(error)
        note(f"{name}: no backtest: {said.strip()[-400:]}")
        return _Speed(seconds=math.nan, whole=math.nan, inner=math.nan, trades=math.nan)
    seconds, trades = min(whole)
    beyond = seconds - min(few)[0]
    inner = (count - _FEW) / beyond if beyond > 0 else math.nan
    found = _Speed(seconds=seconds, whole=count / seconds, inner=inner, trades=trades)
    note(f"{name}: {count} candles: {found}; {trades} trades")
    return found


def _processor_seconds() -> float:
    """Give what programs that have ended used of the processors."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _timed(run: Run, candles: Path) -> tuple[float, int]:
    """Give processor time and trades: by the clock a busy machine would be measured."""
    before = _processor_seconds()
    trades = run(candles)
    return _processor_seconds() - before, trades


def _ours(home: Path) -> Run:
    bot, report = home / "bot.yaml", home / "report.json"
    bot.write_text(yaml.safe_dump(a_bot("bench", _STRATEGY)), encoding="utf-8")

    def run(candles: Path) -> int:
        tool = str(Path(sys.executable).with_name("botrunner"))
        command = [tool, "backtest", "--bot", str(bot), "--candles", str(candles), "--json", str(report)]  # fmt: skip
        _done(command, home)
        told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return int(told["trades"]["count"])

    return run


def _freqtrade(home: Path, exchange: Exchange) -> Run:
    """Import both sets of candles, so that this is not counted."""
    folder = home / "freqtrade"
    freqtrade.prepare(folder, exchange, ["BTC/USDT"], "1h")
    for part in (_ALL, _SOME):
        candles = home / part / NAME
        freqtrade.import_candles(candles, candles.parent / "data", "BTC/USDT", "1h")

    def run(candles: Path) -> int:
        command = freqtrade.backtest_command(folder, candles.parent / "data")
        return _freqtrade_trades(_done(command, folder))

    return run


def _freqtrade_trades(said: str) -> int:
    told = re.search(r"Total/Daily Avg Trades\s*│\s*(\d+)", said)
    if told is None:
        raise ValueError(f"freqtrade told no trades: {said[-400:]}")
    return int(told[1])


def _backtesting_py() -> Run:
    """Install it first, so that this is not counted."""
    command = [str(python_of("backtesting")), str(ROOT / "hack/bench/peers/backtesting_py.py")]

    def run(candles: Path) -> int:
        said = _done([*command, str(candles)], candles.parent)
        return int(said.split()[-1])

    return run


def _done(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS, check=True, cwd=folder
    )
    return done.stdout
