"""The engine alone: a seeded mixed flow of orders on one symbol, and the same limits on another book."""

import logging
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botcore.matching.accounts import Account
from botcore.matching.engine import Engine
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE
from botcore.matching.orders import Order, OrderRequest, OrderType, Side
from botcore.matching.quotes import Tick
from hack.bench.rows import Row, at_least, note

__all__ = ["bench_engine"]

_SYMBOL: Final = "BTCUSDT"
_ACCOUNTS: Final = 200
_BEGIN_MS: Final = 1_700_000_000_000
_PRICE: Final = 60_000 * SCALE
_CENT: Final = SCALE // 100
_LOT: Final = SCALE // 1_000
_OPERATIONS: Final = 20_000
_RUNS: Final = 5
_TICK_EVERY: Final = 200
_INSTRUMENT: Final = Instrument(
    symbol=_SYMBOL,
    base="BTC",
    quote="USDT",
    tick=_CENT,
    step=SCALE // 100_000,
    max_price=10**6 * SCALE,
    max_quantity=9_000 * SCALE,
    market_max_quantity=100 * SCALE,
    min_notional=5 * SCALE,
    max_notional=9 * 10**6 * SCALE,
    depth=25_000 * SCALE,
    reference=_PRICE,
)
_KINDS: Final = ("rest",) * 50 + ("cancel",) * 25 + ("market",) * 15 + ("take",) * 10


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation of the flow, drawn before the clock starts."""

    kind: str
    account: int
    side: Side
    distance: int
    pick: float


def bench_engine() -> Iterator[Row]:
    """Measure operations per second: the median of several runs of the same flow, each on a new engine."""
    flow = list(_flow(random.Random(7)))  # noqa: S311 a repeatable flow, no secret
    ours = _median(lambda: _run_engine(flow))
    note(
        f"engine: {_RUNS} runs of {_OPERATIONS} operations, drained one by one, {_ACCOUNTS} accounts"
    )
    yield at_least("exchange-engine-ops", ours, 20_000, "ops/s")
    limits = [step for step in flow if step.kind != "market"]
    ratio = _median(lambda: _run_engine(limits)) / _median(lambda: _run_pyorderbook(limits))
    note("pyorderbook 0.4.9 on the same limits and cancels: no accounts, no filters, no reports")
    yield at_least("exchange-engine-vs-pyorderbook", ratio, 0.1, "ratio")


def _flow(draw: random.Random) -> Iterator[_Step]:
    for _ in range(_OPERATIONS):
        yield _Step(
            kind=draw.choice(_KINDS),
            account=draw.randrange(_ACCOUNTS),
            side=draw.choice((Side.BUY, Side.SELL)),
            distance=draw.randrange(10_000, 300_000),
            pick=draw.random(),
        )


def _median(run: Callable[[], float]) -> float:
    run()  # warms the caches up
    return statistics.median(run() for _ in range(_RUNS))


def _run_engine(flow: list[_Step]) -> float:
    """Perform the flow; give operations per processor second, whatever else the machine does.

    A tick now and then refills the ladder.
    """
    engine = _engine()
    resting: list[Order] = []
    now_ms = _BEGIN_MS
    began = time.process_time()
    for number, step in enumerate(flow):
        if number % _TICK_EVERY == 0:
            now_ms += 1_000
            engine.move(Tick(symbol=_SYMBOL, time_ms=now_ms, price=_PRICE, quantity=_LOT))
            engine.drain()
        if step.kind == "cancel" and resting:
            at = int(step.pick * len(resting))
            resting[at], resting[-1] = resting[-1], resting[at]
            engine.cancel(resting.pop(), now_ms)
        else:
            order = engine.place(step.account, _request(step), now_ms)
            if order.is_open:
                resting.append(order)
        engine.drain()
    return len(flow) / (time.process_time() - began)


def _engine() -> Engine:
    engine = Engine([_INSTRUMENT])
    for uid in range(_ACCOUNTS):
        free = {"USDT": 10**9 * SCALE, "BTC": 10**5 * SCALE}
        rate = SCALE // 1_000
        engine.add_account(
            Account(uid=uid, name=f"a{uid}", maker_rate=rate, taker_rate=rate, free=free)
        )
    tick = Tick(symbol=_SYMBOL, time_ms=_BEGIN_MS, price=_PRICE, quantity=_LOT, is_jump=True)
    engine.move(tick)
    engine.drain()
    return engine


def _request(step: _Step) -> OrderRequest:
    if step.kind == "market":
        return OrderRequest(symbol=_SYMBOL, side=step.side, type=OrderType.MARKET, quantity=_LOT)
    return OrderRequest(
        symbol=_SYMBOL,
        side=step.side,
        type=OrderType.LIMIT,
        quantity=_LOT,
        price=_PRICE - _sign(step) * step.distance * _CENT,
    )


def _sign(step: _Step) -> int:
    """Away from the market for an order that rests, beyond it for one that takes."""
    away = 1 if step.side is Side.BUY else -1
    return -away if step.kind == "take" else away


def _run_pyorderbook(flow: list[_Step]) -> float:
    """Perform the limits and cancels on pyorderbook's book, which makers of the same ladder stand in."""
    from pyorderbook import (  # type: ignore[import-untyped]  # noqa: PLC0415 sets up logging when imported
        Book,
        ask,
        bid,
    )

    logging.getLogger().setLevel(logging.CRITICAL)
    book = Book()
    resting: list[Any] = []
    for level in range(20):
        book.match(ask(_SYMBOL, 60_000.0 + 1 + level, 10**6))
        book.match(bid(_SYMBOL, 60_000.0 - 1 - level, 10**6))
    began = time.process_time()
    for step in flow:
        if step.kind == "cancel" and resting:
            at = int(step.pick * len(resting))
            resting[at], resting[-1] = resting[-1], resting[at]
            book.cancel(resting.pop())
            continue
        make = bid if step.side is Side.BUY else ask
        order = make(_SYMBOL, 60_000 - _sign(step) * step.distance / 100, 100)
        book.match(order)
        if step.kind == "rest":
            resting.append(order)
    return len(flow) / (time.process_time() - began)
