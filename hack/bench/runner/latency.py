"""How long a closed candle takes to become a signed order, in our process alone."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from hack.bench.exchange_process import Exchange, load, running
from hack.bench.rows import Row, at_most, below, note
from hack.bench.runner.host import Host, running_host

__all__ = ["bench_latency"]

_SPEED: Final = 300
"""Five candles of one minute a second."""
_ORDERS: Final = 200
_SYMBOL: Final = "BTCUSDT"


def bench_latency() -> Iterator[Row]:
    """Measure the engine with and without its ledger, and a bare client, against one exchange."""
    with (
        tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder,
        running_host(speed=60) as host,
    ):
        options = ("--seed=7", f"--speed={_SPEED}", f"--symbols={_SYMBOL}")
        with running("paper", Path(folder) / "exchange.log", *options) as exchange:
            bare = _measure(exchange, "bare", None)
            alone = _measure(exchange, "engine", None)
            durable = _measure(exchange, "engine", host)
    note(f"a candle's bytes in, a signed order's bytes out; a bare aiohttp client: {bare}")
    note(f"our engine, nothing committed: {alone}")
    note(f"our engine with decision and intent committed to Postgres, fsync: {durable}")
    ratio = alone["busy_p50_ms"] / bare["busy_p50_ms"]
    note(
        f"of processor time alone (busy), ours takes {ratio:.2f} times the bare client's, at the median"
    )
    yield below("runner-candle-to-order-p99", alone["p99_ms"], 5, "ms")
    yield at_most("runner-candle-to-order-vs-bare", alone["p99_ms"] / bare["p99_ms"], 2, "ratio")


def _measure(exchange: Exchange, client: str, host: Host | None) -> dict[str, Any]:
    balances = {"name": f"bench/{client}-{host is not None}", "balances": {"USDT": "10000000"}}
    account = exchange.admin("accounts", balances)
    address = None if host is None else asdict(host.bot_login(str(account["uid"])))
    base = f"127.0.0.1:{exchange.port}"
    plan = {
        "client": client,
        "symbol": _SYMBOL,
        "orders": _ORDERS,
        "seconds": 90,
        "rest": f"http://{base}",
        "wsApi": f"ws://{base}/ws-api/v3",
        "stream": f"ws://{base}",
        "uid": str(account["uid"]),
        "key": account["apiKey"],
        "secret": account["apiSecret"],
        "database": address,
        "speed": _SPEED,
        "server_ms": exchange.public("time")["serverTime"],
        "measured": time.monotonic(),  # one clock for all processes of the machine
    }
    return load("runner.candle_load", plan)
