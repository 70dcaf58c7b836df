"""The engine's surroundings in memory: the venue model as exchange, a ledger, a lease, a candle stream."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from botcore.domain.errors import Conflict, InvalidInput, LeaseLost, Transient
from botcore.domain.instruments import Instrument
from botcore.domain.market import Candle, Interval
from botcore.domain.orders import Fill, Order, OrderReport
from botrunner.lease_ports import Heartbeat, Renewal
from botrunner.ports import (
    Account,
    Balance,
    CancelAnswer,
    Cancelled,
    Deliver,
    PlaceAnswer,
    Placed,
    PlacedList,
    PlaceListAnswer,
    Refused,
    Unknown,
)
from botrunner.trading.commands import Booked, RecordDecision, SaveBooking, SaveOrder
from botrunner.trading.events import OrderRefused, OrderReported
from botrunner.trading.state import Stored
from tests.support.bot_model import LedgerModel
from tests.support.trading import an_instrument
from tests.support.venue_model import Mood, VenueModel
from tests.support.virtual_time import START

ACCOUNT = "1001"


@dataclass
class Troubles:
    """Which calls fail next, and with what; a name stays broken until it is taken out."""

    broken: dict[str, Exception] = field(default_factory=dict)
    calls: list[tuple[str, object]] = field(default_factory=list)

    def note(self, name: str, what: object = None) -> None:
        self.calls.append((name, what))
        if name in self.broken:
            raise self.broken[name]

    def named(self, name: str) -> list[object]:
        return [what for called, what in self.calls if called == name]


class ModelExchange:
    """The venue model behind the exchange's port."""

    def __init__(self, troubles: Troubles, *symbols: str) -> None:
        self.venue = VenueModel(now=START)
        self.troubles = troubles
        self.symbols = set(symbols or ("BTCUSDT", "ETHUSDT"))
        self.mood = Mood.HONEST
        self.uid = ACCOUNT
        self.can_trade = True
        self.history: dict[str, list[Candle]] = {}

    def venue_now(self) -> datetime:
        return self.venue.now

    async def instruments(self, symbols: Sequence[str]) -> Mapping[str, Instrument]:
        self.troubles.note("instruments", tuple(symbols))
        for symbol in symbols:
            if symbol not in self.symbols:
                raise InvalidInput.of("symbols", f"{symbol} is not known")
        return {symbol: an_instrument(symbol) for symbol in symbols}

    async def account(self) -> Account:
        self.troubles.note("account")
        balance = Balance(free=Decimal(1000), locked=Decimal(0))
        return Account(uid=self.uid, can_trade=self.can_trade, balances={"USDT": balance})

    async def balances(self) -> Mapping[str, Balance]:
        return (await self.account()).balances

    async def place(self, order: Order) -> PlaceAnswer:
        self.troubles.note("place", order)
        self.venue.journalled_at[order.client_order_id] = self.venue.seconds
        told = self.venue.place(order, self.mood)
        if isinstance(told, OrderReported):
            return Placed(report=told.report, fills=told.fills)
        if isinstance(told, OrderRefused):
            return Refused(code=told.code, reason=told.reason)
        return Unknown(reason=told.reason)

    async def place_list(self, above: Order, below: Order) -> PlaceListAnswer:
        self.troubles.note("place_list", (above, below))
        for order in (above, below):
            self.venue.journalled_at[order.client_order_id] = self.venue.seconds
        told = self.venue.place_list(above, below, self.mood)
        if all(isinstance(one, OrderReported) for one in told):
            return PlacedList(reports=tuple(one.report for one in told))  # type: ignore[union-attr]
        if isinstance(told[0], OrderRefused):
            return Refused(code=told[0].code, reason=told[0].reason)
        return Unknown(reason="no answer")

    async def cancel(self, symbol: str, client_order_id: str) -> CancelAnswer:
        self.troubles.note("cancel", client_order_id)
        told = self.venue.cancel(client_order_id, self.mood)
        if isinstance(told, OrderReported):
            return Cancelled(reports=(told.report, *self.venue.twins_ended(client_order_id)))
        return Refused(code=-2011, reason=told.reason)

    async def find_order(self, symbol: str, client_order_id: str) -> OrderReport | None:
        self.troubles.note("find_order", client_order_id)
        found = self.venue.orders.get(client_order_id)
        return None if found is None else found.report()

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        self.troubles.note("open_orders", symbol)
        return tuple(one.report() for one in self.venue.open() if one.order.symbol == symbol)

    async def trades(self, symbol: str, exchange_order_id: int) -> tuple[Fill, ...]:
        self.troubles.note("trades", exchange_order_id)
        (found,) = [o for o in self.venue.orders.values() if o.exchange_id == exchange_order_id]
        return tuple(found.fills)

    async def candles(self, symbol: str, interval: Interval, limit: int) -> tuple[Candle, ...]:
        self.troubles.note("candles", (symbol, interval, limit))
        return tuple(self.history.get(symbol, ()))[-limit:]

    async def report_idle(self) -> None:
        self.troubles.note("report_idle")


class ModelJournal:
    """The ledger model behind the journal's port; `leased` is the epoch that may write."""

    def __init__(self, troubles: Troubles) -> None:
        self.ledger = LedgerModel()
        self.troubles = troubles
        self.leased = 1
        self.epoch = 0
        self.equities: list[Mapping[str, object]] = []
        self.ages: dict[str, int] = {}

    def hold(self, epoch: int) -> None:
        self.epoch = epoch

    async def load(self) -> Stored:
        self.troubles.note("load")
        return self.ledger.load()

    async def write_intents(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self.troubles.note("write_intents", order)
            if order.epoch != self.leased:
                raise LeaseLost("not held at that epoch")
        self.ledger.orders |= {order.client_order_id: order for order in orders}

    async def save(self, *, orders: Sequence[Order], bookings: Sequence[Booked]) -> None:
        self.troubles.note("save", (tuple(orders), tuple(bookings)))
        self._assert_lease()
        for booked in bookings:
            self.ledger.write(SaveBooking(booked=booked))
        for order in orders:
            self.ledger.write(SaveOrder(order=order))

    async def record_decision(self, decision: RecordDecision, generation: int) -> None:
        self.troubles.note("record_decision", (decision, generation))
        self._assert_lease()
        key = (decision.strategy, decision.symbol)
        if self.ledger.decided.get(key) == decision.candle_close:
            raise Conflict("decided before")
        self.ledger.write(decision)

    async def save_balances(self, balances: Mapping[str, Balance]) -> None:
        self.troubles.note("save_balances", dict(balances))

    async def save_equity(self, **sample: object) -> None:
        self.troubles.note("save_equity", sample)
        self.equities.append(sample)

    def _assert_lease(self) -> None:
        if self.epoch != self.leased:
            raise LeaseLost("not held at that epoch")


class ModelLease:
    """A lease in memory; `owner` is who holds it, `hangs` answers nothing at all."""

    def __init__(self, journal: ModelJournal) -> None:
        self.journal = journal
        self.epoch = 0
        self.is_taken = False
        self.is_away = False
        self.hangs = False
        self.latch: str | None = None
        self.renewals: list[float] = []
        self.released: list[int] = []
        self.beats: list[tuple[float, Heartbeat]] = []

    async def acquire(self) -> int | None:
        await self._answer()
        if self.is_taken:
            return None
        self.epoch += 1
        self.journal.leased = self.epoch
        return self.epoch

    async def renew(self, epoch: int) -> Renewal:
        self.renewals.append(asyncio.get_running_loop().time())
        await self._answer()
        return Renewal(renewed=epoch == self.epoch and not self.is_taken, halt=self.latch)

    async def release(self, epoch: int) -> None:
        await self._answer()
        self.released.append(epoch)

    async def halt(self) -> str | None:
        await self._answer()
        return self.latch

    async def beat(self, heartbeat: Heartbeat) -> None:
        await self._answer()
        self.beats.append((asyncio.get_running_loop().time(), heartbeat))

    async def write_logs(
        self, rows: Sequence[tuple[datetime, str, str, Mapping[str, object]]]
    ) -> None:
        await self._answer()

    async def _answer(self) -> None:
        if self.hangs:
            await asyncio.sleep(timedelta(days=1).total_seconds())
        if self.is_away:
            raise Transient("the ledger is away")


class ModelCandles:
    """Remembers which candles are wanted."""

    def __init__(self) -> None:
        self.wanted: list[frozenset[tuple[str, Interval]]] = []

    def want(self, pairs: Iterable[tuple[str, Interval]]) -> None:
        self.wanted.append(frozenset(pairs))

    async def run(self, deliver: Deliver) -> None:
        """Deliver nothing: tests do."""
