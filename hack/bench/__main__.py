"""`python -m hack.bench exchange`: measure the exchange and hold every figure against its bar."""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Final

from hack.bench.engine_flow import bench_engine
from hack.bench.orders import bench_orders
from hack.bench.rows import Row
from hack.bench.sizes import bench_sizes
from hack.bench.streams import bench_fanout

__all__ = ["main"]

_PARTS: Final[dict[str, Callable[[], Iterator[Row]]]] = {
    "engine": bench_engine,
    "orders": bench_orders,
    "fanout": bench_fanout,
    "sizes": bench_sizes,
}


def main() -> int:
    """Print a line for every figure; 1 if one misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m hack.bench", description=__doc__)
    parser.add_argument("product", choices=["exchange"])
    parser.add_argument("--only", choices=_PARTS, help="measure one part")
    options = parser.parse_args()
    rows = []
    for name, bench in _PARTS.items():
        if options.only not in {None, name}:
            continue
        for row in bench():
            print(row, flush=True)
            rows.append(row)
    missed = [row.name for row in rows if not row.is_ok]
    print(f"{len(rows)} figures, {len(missed)} miss their bar", *missed)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
