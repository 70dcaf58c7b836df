"""What one runner holds beside a freqtrade bot of as many pairs, and how soon a new bot decides."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hack.bench.exchange_process import resident_megabytes, running
from hack.bench.rows import Row, at_most, below, note
from hack.bench.runner import freqtrade
from hack.bench.runner.host import Host, a_bot, running_host, wait_for
from hack.bench.runner.weights import minute_ends

__all__ = ["bench_size"]

_PAIRS: Final = ("BTC/USDT", "ETH/USDT", "BNB/USDT", "SOL/USDT", "XRP/USDT")
_SYMBOLS: Final = [pair.replace("/", "") for pair in _PAIRS]
_SPEED: Final = 60
"""The runner's market, so that it has seen an hour of candles and has traded when it is measured."""
_WARM_SECONDS: Final = 75
_FAST: Final = 180
_BOTS: Final = 5
_TREND: Final = {
    "name": "trend", "type": "ema-cross", "symbols": _SYMBOLS, "interval": "1m", "capital": "50000",
    "params": {"fast": 12, "slow": 48, "stopLossPercent": "2"},
}  # fmt: skip
_SAVINGS: Final = {
    "name": "savings", "type": "dca", "symbols": ["ADAUSDT"], "interval": "1m", "capital": "5000",
    "params": {"amount": "10"},
}  # fmt: skip
_FIRST: Final = "select min(created_at) from kbots.decisions where bot_uid = %s"
_DECISIONS: Final = (
    "select count(*), count(distinct symbol) from kbots.decisions where bot_uid = %s"
)
_MARK: Final = "Bot heartbeat"
_UID: Final = "select uid::text from kbots.trading_bots where name = %s"


def bench_size() -> Iterator[Row]:
    """Measure both bots at the end of the same minutes, then some bots' first decisions."""
    with tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder, running_host(speed=_SPEED) as host:  # fmt: skip
        own, theirs = _sizes(host, Path(folder))
        yield at_most("runner-rss", own, 80, "MB")
        yield at_most("runner-rss-vs-freqtrade", own / theirs, 1 / 3, "ratio")
    # A bot decides at the next closed candle: with a third of a second between them, what is measured is the platform.
    with running_host(speed=_FAST) as host:
        firsts = [_first_decision(host, f"first-{number}") for number in range(_BOTS)]
    told = ", ".join(f"{first:.2f}" for first in sorted(firsts))
    note(f"kbots apply -f to the committed decision, {_BOTS} bots one after another: {told} s")
    yield below("runner-apply-to-first-decision", statistics.median(firsts), 2, "s")


def _sizes(host: Host, folder: Path) -> tuple[float, float]:
    """Give both processes' memory in MB. freqtrade's market runs at real time, for which it is made."""
    options = (f"--symbols={','.join(_SYMBOLS)}", "--seed=7")
    with running("paper", folder / "exchange.log", *options) as exchange:
        freqtrade.prepare(folder / "freqtrade", exchange, _PAIRS, "1m")
        host.apply(a_bot("five", _TREND))
        uid = host.query(_UID, "five")[0][0]
        with freqtrade.dry_running(folder / "freqtrade") as pid:
            log = folder / "freqtrade" / "freqtrade.log"
            wait_for(lambda: _MARK in log.read_text("utf-8"), "freqtrade trades", seconds=240)
            wait_for(lambda: host.query(_FIRST, uid)[0][0], "the runner decides", seconds=30)
            weight = _warmed_up(host)
            theirs = resident_megabytes(pid)
            own = resident_megabytes(host.runner_pid("five"))
    decisions, symbols = host.query(_DECISIONS, uid)[0]
    orders = host.query("select count(*) from kbots.orders where bot_uid = %s", uid)[0][0]
    note(f"the runner has made {decisions} decisions on {symbols} symbols and {orders} orders")
    note(
        f"its process used a weight of {weight} in a minute, the market at {_SPEED} times real time"
    )
    note(f"resident: runner {own:.1f} MB, freqtrade's dry run of the same pairs {theirs:.1f} MB")
    return own, theirs


def _warmed_up(host: Host) -> int:
    """Let time pass, a whole minute of the clock at least; gives the most weight that the runner used in one."""
    began, minutes = time.monotonic(), list[int]()

    def goes_on() -> bool:
        return time.monotonic() - began < _WARM_SECONDS or not minutes

    for at, used in minute_ends(host.installation.ports["exchange"], goes_on=goes_on):
        if at - began > 60:
            minutes.append(used)
    return max(minutes)


def _first_decision(host: Host, name: str) -> float:
    """Give the seconds from the command to the committed decision; one machine, one clock."""
    began = datetime.now(UTC)  # noqa: TID251 compared with the database's clock
    host.apply(a_bot(name, _SAVINGS))
    uid = host.query(_UID, name)[0][0]
    decided = wait_for(lambda: host.query(_FIRST, uid)[0][0], f"{name}'s first decision", seconds=30)  # fmt: skip
    return float((decided - began).total_seconds())
