"""What the processes hold after a minute of load: an exchange full of accounts, and a relay full of listeners."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from hack.bench.database import running_for_exchange
from hack.bench.exchange_process import load, running
from hack.bench.orders import open_accounts, order_plan
from hack.bench.rows import Row, at_least, below, note
from hack.bench.streams import SUBSCRIBERS, SYMBOLS, stream_plan

__all__ = ["bench_sizes"]

_ACCOUNTS: Final = 200
_SECONDS: Final = 60
_RATE: Final = 200  # orders a second: some thirty resting orders for each account at the end
_MEGABYTES: Final = 120


def bench_sizes() -> Iterator[Row]:
    """Measure both processes at the end of the same minute; the relay's upstream is the exchange."""
    with tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # the database runs as another user
        with running_for_exchange(home / "postgres") as options:
            yield from _bench(home, options)


def _bench(home: Path, options: tuple[str, ...]) -> Iterator[Row]:
    symbols = f"--symbols={SYMBOLS}"
    with running("paper", home / "exchange.log", "--seed=7", symbols, *options) as exchange:
        keys = open_accounts(exchange, _ACCOUNTS)
        upstream = f"127.0.0.1:{exchange.port}"
        addresses = (f"--upstream-rest=http://{upstream}", f"--upstream-stream=ws://{upstream}")
        with running("relay", home / "relay.log", *addresses) as relay:
            listening = stream_plan(exchange, relay.port, "bookTicker", _SECONDS - 4, 1)
            trading = order_plan(exchange, keys, seconds=_SECONDS - 2, rate=_RATE)
            with ThreadPoolExecutor(max_workers=2) as pool:
                streams = pool.submit(load, "stream_load", listening)
                orders = pool.submit(load, "order_load", trading)
                told, done = streams.result(), orders.result()
            status = exchange.admin("status")
            note(f"{status['accounts']} accounts, {status['openOrders']} open orders: {done}")
            yield below("exchange-rss", exchange.resident_megabytes(), _MEGABYTES, "MB")
            yield below("exchange-load-wrong-answers", done["wrong"], 1, "answers")
            note(f"relay with {SUBSCRIBERS} subscribers of {SYMBOLS} streams: {told}")
            connections = status["streamConnections"]
            yield below("relay-upstream-connections", connections, 2, "connections")
            yield below("relay-rss", relay.resident_megabytes(), _MEGABYTES, "MB")
            yield at_least("relay-frames", told["frames_per_second"], 1_000, "frames/s")
