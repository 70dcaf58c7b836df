"""Market data to many subscribers: what the fan-out costs the real process."""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from hack.bench.exchange_process import Exchange, load, running
from hack.bench.rows import Row, at_least, below, note

__all__ = ["SUBSCRIBERS", "SYMBOLS", "bench_fanout", "stream_plan"]

SUBSCRIBERS: Final = 200
SYMBOLS: Final = 50
_WANTED: Final = SUBSCRIBERS * SYMBOLS * 10  # depth@100ms: ten updates of each symbol a second
_SPEED: Final = (
    60  # the synthetic market trades every two seconds of its own time, thirty times a second here
)
_SECONDS: Final = 12
_WARM_SECONDS: Final = 4


def bench_fanout() -> Iterator[Row]:
    """Measure 200 subscribers of the depth of 50 symbols, ten updates of each a second."""
    with tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder:
        home = Path(folder)
        options = ("--seed=7", f"--symbols={SYMBOLS}", f"--speed={_SPEED}")
        data = f"--data={home / 'data'}"
        with running("paper", home / "exchange.log", data, *options) as exchange:
            plan = stream_plan(exchange, exchange.port, "depth@100ms", _SECONDS, _SPEED)
            with ThreadPoolExecutor(max_workers=1) as pool:
                loading = pool.submit(load, "stream_load", plan)
                cores = _cores(exchange)
                found = loading.result()
    note(f"{SUBSCRIBERS} subscribers of the depth of {SYMBOLS} symbols: {found}")
    yield below("exchange-fanout-cpu", cores, 1.0, "cores")
    delivered = found["frames_per_second"]
    yield at_least("exchange-fanout-frames", delivered, _WANTED * 95 / 100, "frames/s")
    yield below("exchange-fanout-delay-p99", found["delay_p99_ms"], 200, "ms")
    yield below("exchange-fanout-cut", found["cut"], 1, "connections")


def _cores(exchange: Exchange) -> float:
    """Measure the process while the load generator counts."""
    time.sleep(_WARM_SECONDS + 1)
    before, began = exchange.cpu_seconds(), time.monotonic()
    time.sleep(_SECONDS - 2)
    return (exchange.cpu_seconds() - before) / (time.monotonic() - began)


def stream_plan(
    exchange: Exchange, port: int, kind: str, seconds: float, speed: int
) -> dict[str, Any]:
    """Say what the subscribers do; `port` is the exchange's own or a relay's."""
    names = [one["symbol"].lower() for one in exchange.public("exchangeInfo")["symbols"]]
    return {
        "port": port,
        "connections": SUBSCRIBERS,
        "streams": [f"{name}@{kind}" for name in names],
        "warm_seconds": _WARM_SECONDS,
        "seconds": seconds,
        "server_ms": exchange.public("time")["serverTime"],
        "measured": time.monotonic(),  # one clock for all processes of the machine
        "speed": speed,
    }
