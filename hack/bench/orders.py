"""Signed REST orders against the real exchange: how many a second, and how long one takes at the promised rate."""

import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from hack.bench.database import running_for_exchange
from hack.bench.exchange_process import Exchange, load, running
from hack.bench.rows import Row, at_least, below, note

__all__ = ["bench_orders", "open_accounts", "order_plan"]

_CONNECTIONS: Final = 50
_ACCOUNTS: Final = (
    400  # so that 100 orders per account and 10 seconds, the limit as it ships, are enough
)
_RATE: Final = 1_500
_PACED_RUNS: Final = 5
_PACE: Final = 1_670  # requests a second: nine of ten place an order, the rest cancel one


def bench_orders() -> Iterator[Row]:
    """Measure with the state in Postgres, as it is deployed, then in a folder."""
    with tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # the database runs as another user
        with running_for_exchange(home / "postgres") as options:
            yield from _bench_store(home, "", options)
        yield from _bench_store(home, "-folder", (f"--data={home / 'data'}",))


def _bench_store(home: Path, suffix: str, options: tuple[str, ...]) -> Iterator[Row]:
    with running("paper", home / "exchange.log", "--seed=7", *options) as exchange:
        keys = open_accounts(exchange, _ACCOUNTS)
        before = exchange.cpu_seconds()
        fast = load("order_load", order_plan(exchange, keys, seconds=8, rate=0))
        placed = fast["done"].get("limit", 0) + fast["done"].get("market", 0)
        used = exchange.cpu_seconds() - before
        note(f"{_CONNECTIONS} connections, {_ACCOUNTS} accounts, as fast as answers come: {fast}")
        note(f"the exchange used {used / 10:.2f} cores of its own meanwhile, its database aside")
        yield at_least(f"exchange-rest-orders{suffix}", placed / 8, _RATE, "orders/s")
        # Several: the machine's own stall of a tenth of a second is one run's p99, the exchange's own is every run's.
        plans = (order_plan(exchange, keys, seconds=5, rate=_PACE) for _ in range(_PACED_RUNS))
        paced = [load("order_load", plan) for plan in plans]
        note(f"at {_PACE} requests a second, {_PACED_RUNS} runs: {paced}")
        p99 = statistics.median(one["p99_ms"] for one in paced)
        yield below(f"exchange-rest-p99{suffix}", p99, 20, "ms")
        wrong = fast["wrong"] + sum(one["wrong"] for one in paced)
        yield below(f"exchange-rest-wrong-answers{suffix}", wrong, 1, "answers")


def open_accounts(exchange: Exchange, count: int) -> list[tuple[str, str]]:
    """Open accounts that can pay for the load; gives their keys."""
    balances = {one["baseAsset"]: "100000" for one in exchange.public("exchangeInfo")["symbols"]}
    balances["USDT"] = "10000000"
    opened = [
        exchange.admin("accounts", {"name": f"bench/{number}", "balances": balances})
        for number in range(count)
    ]
    return [(one["apiKey"], one["apiSecret"]) for one in opened]


def order_plan(
    exchange: Exchange, keys: list[tuple[str, str]], *, seconds: float, rate: int
) -> dict[str, Any]:
    """Say what the load generator does; a rate of 0 is as fast as answers come."""
    return {
        "name": secrets.token_hex(3),  # no client order id comes again
        "port": exchange.port,
        "accounts": keys,
        "connections": _CONNECTIONS,
        "markets": _markets(exchange),
        "rate": rate,
        "warm_seconds": 2,
        "seconds": seconds,
        "server_ms": exchange.public("time")["serverTime"],
        "measured": time.monotonic(),  # one clock for all processes of the machine
    }


def _markets(exchange: Exchange) -> list[dict[str, str]]:
    """Choose a few USDT pairs, with a quantity worth some 20 USDT and a price far below the market."""
    found: list[dict[str, str]] = []
    for one in exchange.public("exchangeInfo")["symbols"]:
        filters = {rule["filterType"]: rule for rule in one["filters"]}
        tick = Decimal(filters["PRICE_FILTER"]["tickSize"])
        step = Decimal(filters["LOT_SIZE"]["stepSize"])
        last = Decimal(exchange.public(f"ticker/price?symbol={one['symbol']}")["price"])
        if one["quoteAsset"] == "USDT" and len(found) < 3:
            quantity = (20 / last // step + 1) * step
            price = last / 2 // tick * tick
            found.append(
                {
                    "symbol": one["symbol"],
                    "quantity": format(quantity.normalize(), "f"),
                    "price": format(price.normalize(), "f"),
                }
            )
    return found
