"""`python -m hack.bench.backtest`: one backtest of seeded candles, as candles a second on one processor.

No process starts and no file is read: what is timed is the tape, the venue, `decide` and the record.
"""

import argparse
import random
import sys
import time
from dataclasses import replace
from decimal import Decimal
from typing import Final

from botcore.candles.bars import Bar
from botcore.candles.csv_file import Series
from botcore.matching.numbers import SCALE
from botcore.resources.validation import parse_trading_bot
from botrunner.backtest.driver import Backtest, Span
from botrunner.backtest.record import Record
from botrunner.backtest.tape import Tape
from botrunner.backtest.units import instrument_of
from botrunner.backtest.venue import Fees, SimulatedVenue
from botrunner.commands.progress import quick
from botrunner.trading.rules import rules_of
from hack.bench.rows import Row, at_least, note

__all__ = ["bench_backtest", "seeded_series"]

_BAR: Final = 50_000
"""Candles a second; the ratio to freqtrade is measured beside it in the same run."""
_BEGIN_MS: Final = 1_704_067_200_000
_CENT: Final = SCALE // 100
_BOT: Final = {
    "apiVersion": "kbots.dev/v1alpha1",
    "kind": "TradingBot",
    "metadata": {"name": "bench", "namespace": "kbots-bots"},
    "spec": {
        "owner": "bench",
        "paper": {"balances": {"USDT": "100000"}},
        "strategies": [
            {
                "name": "trend", "type": "ema-cross", "symbols": ["BTCUSDT"], "interval": "1m",
                "capital": "50000", "params": {"fast": 50, "slow": 200, "stopLossPercent": "3"},
            }
        ],
    },
}  # fmt: skip


def seeded_series(count: int, seed: int) -> Series:
    """Make a walk of one-minute candles; the same seed gives the same candles."""
    chance, price, bars = random.Random(seed), 4_000_000, []  # noqa: S311 repeatable, no secret
    for _ in range(count):
        end = max(1_000_000, price + chance.randint(-4_000, 4_003))
        high = max(price, end) + chance.randint(0, 900)
        low = min(price, end) - chance.randint(0, 900)
        bars.append(Bar(price * _CENT, high * _CENT, low * _CENT, end * _CENT, 10 * SCALE))
        price = end
    return Series(symbol="BTCUSDT", interval="1m", begin_ms=_BEGIN_MS, bars=bars)


def bench_backtest(count: int, seed: int) -> Row:
    """Time one run; processor time, since a busy machine says little by the clock."""
    spec = parse_trading_bot(_BOT).spec
    bare = rules_of(
        spec, bot_uid="00000000-0000-0000-0000-000000000000", generation=1, instruments={}
    )
    tape = Tape([seeded_series(count, seed)], bare)
    found = {symbol: instrument_of(one.listing) for symbol, one in tape.markets.items()}
    rules = replace(bare, instruments=found)
    record = Record(rules=rules)
    venue = SimulatedVenue(tape, Fees(), {"USDT": Decimal(100_000)})
    span = Span(warm_up=0, first=0, last=tape.count)
    began = time.process_time()
    with quick():
        run = Backtest(tape=tape, rules=rules, venue=venue, record=record, span=span)
        run.run()
    seconds = time.process_time() - began
    note(
        f"{run.done} candles, {record.fills} fills, {len(record.trades)} trades in {seconds:.2f} s"
    )
    return at_least("backtest-alone", run.done / seconds, _BAR, "candles/s")


def main() -> int:
    """Print the figure; 1 if it misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m hack.bench.backtest", description=__doc__)
    parser.add_argument("--candles", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    row = bench_backtest(options.candles, options.seed)
    print(row)
    return 0 if row.is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
