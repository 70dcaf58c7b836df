"""What two hundred bots behind one address ask of Binance: the weight as the exchange itself counts it."""

import math
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from hack.bench.exchange_process import Exchange, load, running
from hack.bench.rows import Row, at_least, below, note
from hack.bench.runner.weights import LIMIT, minute_ends

__all__ = ["bench_crowd"]

_BOTS: Final = 200
_START_SECONDS: Final = 60
_SETTLE_SECONDS: Final = 60
"""The last bot started has by then read its history, and its clock is measured but once a minute."""
_SECONDS: Final = 245
"""Long enough for one whole minute of the clock after all have started."""
_TREND: Final = ("BTCUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT")
_SAVINGS: Final = ("ETHUSDT", "ADAUSDT", "DOGEUSDT", "LTCUSDT")


def bench_crowd() -> Iterator[Row]:
    """Measure bots that hold positions with stops, market data by a relay, everything from one address."""
    with tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder:
        home = Path(folder)
        with running("paper", home / "exchange.log", "--seed=7") as exchange:
            upstream = f"127.0.0.1:{exchange.port}"
            addresses = (f"--upstream-rest=http://{upstream}", f"--upstream-stream=ws://{upstream}")
            with running("relay", home / "relay.log", *addresses) as relay:
                plan = _plan(exchange, relay.port)
                with ThreadPoolExecutor(max_workers=1) as pool:
                    loading = pool.submit(load, "runner.crowd_load", plan)
                    start, steady, found = _watched(exchange, loading)
                resting = exchange.admin("status")["openOrders"]
    note(
        f"{_BOTS} whole engines with connections and accounts of their own, market data by a relay"
    )
    note(f"{found['trading']} trade at the end and {resting} of their orders rest at the exchange")
    note(f"asked by REST or upgraded, from start to end: {found['asked']}")
    note(f"and in the last minute of it: {found['askedAtLast']}")
    note(f"weight of each whole minute {steady}, of the busiest minute of the start {start}")
    yield below("runner-200-bots-weight", max(steady, default=math.nan) / LIMIT * 100, 50, "%")
    yield below("runner-200-bots-refused", found["limited"], 1, "answers")
    yield at_least("runner-200-bots-trading", found["trading"], _BOTS, "bots")


def _plan(exchange: Exchange, relay_port: int) -> dict[str, Any]:
    base = f"127.0.0.1:{exchange.port}"
    bots = []
    for number in range(_BOTS):
        body = {"name": f"crowd/{number}", "balances": {"USDT": "100000"}}
        account = exchange.admin("accounts", body)
        bots.append([str(account["uid"]), account["apiKey"], account["apiSecret"], _spec(number)])
    return {
        "rest": f"http://{base}",
        "wsApi": f"ws://{base}/ws-api/v3",
        "stream": f"ws://{base}",
        "relay": f"127.0.0.1:{relay_port}",
        "startSeconds": _START_SECONDS,
        "seconds": _SECONDS,
        "bots": bots,
    }


def _spec(number: int) -> dict[str, Any]:
    """A trend that trades now and then, and savings spent in the first minutes whose stop rests from then on."""
    trend = {
        "name": "trend", "type": "ema-cross", "symbols": [_TREND[number % len(_TREND)]], "interval": "1m",
        "capital": "5000", "params": {"fast": 3, "slow": 8, "stopLossPercent": "5"},
    }  # fmt: skip
    savings = {
        "name": "savings", "type": "dca", "symbols": [_SAVINGS[number % len(_SAVINGS)]], "interval": "1m",
        "capital": "5000", "params": {"amount": "2400", "stopLossPercent": "20"},
    }  # fmt: skip
    return {
        "owner": "bench", "paper": {"balances": {"USDT": "100000"}}, "strategies": [trend, savings],
    }  # fmt: skip


def _watched(
    exchange: Exchange, loading: Future[dict[str, Any]]
) -> tuple[int, list[int], dict[str, Any]]:
    """Give the weight of the busiest minute of the start, of each whole minute after it, and what the bots told."""
    began, starting, steady = time.monotonic(), [0], list[int]()
    for at, used in minute_ends(exchange.port, goes_on=lambda: not loading.done()):
        is_after_start = at - began - 60 > _START_SECONDS + _SETTLE_SECONDS
        (steady if is_after_start else starting).append(used)
    return max(starting), steady, loading.result()
