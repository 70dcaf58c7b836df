"""An engine with the adapters it ships with, wired as `botrunner run` wires them; its ledger is the bench's choice."""

import asyncio
import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from botcore.domain.orders import Order
from botcore.resources.validation import parse_trading_bot
from botcore.runtime.clock import SystemClock
from botcore.runtime.logs import configure_logging
from botrunner.adapters.binance_client import Endpoints, ExchangeKey
from botrunner.adapters.binance_venue import BinanceVenue, binance_venue
from botrunner.engine.lifetime import Background, live, tick
from botrunner.engine.loop import Engine
from botrunner.engine.parts import Parts
from botrunner.engine.reloading import Configured
from botrunner.lease_ports import Heartbeat, Lease, Renewal
from botrunner.ports import Balance, Journal
from botrunner.process import SendGate
from botrunner.trading.commands import Booked, RecordDecision
from botrunner.trading.state import Stored

__all__ = ["Account", "EngineAlone", "MemoryJournal", "MemoryLease", "quiet_logs", "trading"]


class MemoryJournal:
    """A journal that keeps nothing: what is left of a turn without the database's commit."""

    def hold(self, epoch: int) -> None:
        """Note nothing: there is one writer."""

    async def load(self) -> Stored:
        """Start with empty books."""
        return Stored(orders=(), sub_books=(), decided={}, day_realized={}, peak_equity=None)

    async def write_intents(self, orders: Sequence[Order]) -> None:
        """Keep nothing."""

    async def save(self, *, orders: Sequence[Order], bookings: Sequence[Booked]) -> None:
        """Keep nothing."""

    async def record_decision(self, decision: RecordDecision, generation: int) -> None:
        """Keep nothing."""

    async def save_balances(self, balances: Mapping[str, Balance]) -> None:
        """Keep nothing."""

    async def save_equity(
        self,
        *,
        venue_time: datetime,
        equity: Decimal,
        realized: Decimal,
        unrealized: Decimal,
        exposure: Decimal,
    ) -> None:
        """Keep nothing."""


class MemoryLease:
    """A lease that nobody else wants."""

    async def acquire(self) -> int | None:
        """Give epoch 1."""
        return 1

    async def renew(self, _epoch: int) -> Renewal:
        """Renew."""
        return Renewal(renewed=True, halt=None)

    async def release(self, epoch: int) -> None:
        """Keep nothing."""

    async def halt(self) -> str | None:
        """Halt never."""
        return None

    async def beat(self, heartbeat: Heartbeat) -> None:
        """Keep nothing."""

    async def write_logs(
        self, rows: Sequence[tuple[datetime, str, str, Mapping[str, object]]]
    ) -> None:
        """Keep nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A paper account and its key."""

    uid: str
    key: str
    secret: str


class EngineAlone:
    """One bot's engine in this process; needs a running loop."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        account: Account,
        endpoints: Endpoints,
        *,
        journal: Journal | None = None,
        lease: Lease | None = None,
    ) -> None:
        """Wire everything; nothing is contacted yet."""
        clock, gate = SystemClock(), SendGate()
        key = ExchangeKey(api_key=account.key, secret=account.secret)
        self._venue: BinanceVenue = binance_venue(endpoints, key, clock, may_send=gate)
        parts = Parts(
            bot_uid=str(uuid5(NAMESPACE_DNS, account.uid)),
            account_uid=account.uid,
            exchange=self._venue.exchange,
            journal=journal or MemoryJournal(),
            lease=lease or MemoryLease(),
            candles=self._venue.market,
            clock=clock,
        )
        manifest = {
            "apiVersion": "kbots.dev/v1alpha1",
            "kind": "TradingBot",
            "metadata": {"name": "bench"},
            "spec": spec,
        }
        parsed = parse_trading_bot(manifest).spec
        self.engine = Engine(parts, Configured(spec=parsed, generation=1))
        gate.opens_with(self.engine.keeper.may_send)

    async def run(self) -> None:
        """Trade until cancelled."""
        engine, venue = self.engine, self._venue
        tasks: list[Background] = [
            engine.keeper.run,
            venue.exchange.keep_time,
            partial(venue.market.run, engine.deliver),
            partial(venue.user.run, engine.deliver),
            partial(tick, engine),
        ]
        try:
            await live(engine, tasks, venue.exchange.open, asyncio.Event())
        finally:
            await venue.exchange.close()


class _Nowhere(io.TextIOBase):
    """Takes what is written and drops it."""

    def write(self, text: str, /) -> int:
        return len(text)


def quiet_logs() -> None:
    """Write logs as the runner does, to nowhere."""
    configure_logging("bench")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(_Nowhere())


@contextmanager
def trading(*bots: EngineAlone) -> Iterator[list[asyncio.Task[None]]]:
    """Let bots trade for the block."""
    tasks = [asyncio.create_task(bot.run()) for bot in bots]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
