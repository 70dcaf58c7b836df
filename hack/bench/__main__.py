"""`python -m hack.bench exchange|runner|soak|operator|dashboard`: measure, and hold every figure against its bar."""

import argparse
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import FrameType

from botcore.domain.errors import PlatformError
from hack.bench.dashboard.logins import bench_logins
from hack.bench.engine_flow import bench_engine
from hack.bench.operator.many_bots import bench_bots
from hack.bench.orders import bench_orders
from hack.bench.rows import Row, note
from hack.bench.runner.backtests import bench_backtest
from hack.bench.runner.crowd import bench_crowd
from hack.bench.runner.latency import bench_latency
from hack.bench.runner.size import bench_size
from hack.bench.runner.soak import bench_soak
from hack.bench.sizes import bench_sizes
from hack.bench.streams import bench_fanout
from hack.cluster.paths import Paths
from hack.report import StepFailed

__all__ = ["main"]

Parts = Mapping[str, Callable[[], Iterator[Row]]]


def _parts(options: argparse.Namespace) -> Parts:
    exchange: Parts = {
        "engine": bench_engine,
        "orders": bench_orders,
        "fanout": bench_fanout,
        "sizes": bench_sizes,
    }
    runner: Parts = {
        "size": bench_size,
        "latency": bench_latency,
        "crowd": bench_crowd,
        "backtest": partial(bench_backtest, options.candles),
    }
    soak: Parts = {"soak": partial(bench_soak, speed=options.speed, hours=options.hours)}
    operator: Parts = {"bots": partial(bench_bots, options.bots, options.kubeconfig)}
    products = {
        "exchange": exchange,
        "runner": runner,
        "soak": soak,
        "operator": operator,
        "dashboard": {"logins": bench_logins},
    }
    return products[str(options.product)]


def main() -> int:
    """Print a line for every figure; 1 if one misses its bar, 130 if a person ended it."""
    options = _options()
    # SIGINT too: a shell starts background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return _measure(options)
    except KeyboardInterrupt:
        return 130


def _measure(options: argparse.Namespace) -> int:
    parts = _parts(options)
    if options.only not in {None, *parts}:
        sys.exit(f"{options.product} has the parts {', '.join(parts)}")
    chosen = {name: bench for name, bench in parts.items() if options.only in {None, name}}
    rows, broken = list[Row](), list[str]()
    for name, bench in chosen.items():
        try:
            for row in bench():
                print(row, flush=True)
                rows.append(row)
        except (
            PlatformError,
            StepFailed,
            RuntimeError,
            OSError,
            subprocess.SubprocessError,
        ) as error:
            note(f"{name} broke off: {type(error).__name__}: {error}")
            broken.append(name)
    missed = [row.name for row in rows if not row.is_ok]
    print(f"{len(rows)} figures, {len(missed)} miss their bar", *missed)
    if broken:
        print("broke off:", *broken)
    return 1 if missed or broken else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    print("# stopped; what was begun is removed, which takes a moment", flush=True)
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hack.bench", description=__doc__)
    parser.add_argument("product", choices=["exchange", "runner", "soak", "operator", "dashboard"])
    parser.add_argument("--only", help="measure one part")
    parser.add_argument("--candles", type=Path, help="a folder with BTCUSDT-1h.csv, for backtests")
    parser.add_argument("--speed", type=int, default=600, help="soak: times real time (600)")
    parser.add_argument("--hours", type=float, default=24, help="soak: hours of the venue (24)")
    parser.add_argument("--bots", type=int, default=1_000, help="operator: how many (1000)")
    parser.add_argument(
        "--kubeconfig",
        type=Path,
        default=Paths().kubeconfig,
        help="operator: a cluster (that of make up)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
