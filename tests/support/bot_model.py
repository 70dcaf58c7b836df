"""A bot for the trading core's tests: `decide`, a ledger in memory and the venue model, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from botcore.domain.lots import SubBook
from botcore.domain.money import ZERO
from botcore.domain.orders import Order
from botrunner.trading.commands import (
    CancelOrder,
    Command,
    FindOrder,
    FindOrders,
    PlaceOrder,
    PlaceOrderList,
    ReadTrades,
    RecordDecision,
    SaveBooking,
    SaveOrder,
)
from botrunner.trading.decide import decide
from botrunner.trading.events import CandleClosed, Event, LeaseAcquired, OrderReported, TimerFired
from botrunner.trading.recovery import restore
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key, Stored
from tests.support.venue_model import Mood, VenueModel


class Crash(Exception):
    """The process died between two commands."""


@dataclass
class LedgerModel:
    """What the commands stored, read back as the real ledger would."""

    orders: dict[str, Order] = field(default_factory=dict)
    booked: dict[str, dict[int, Decimal]] = field(default_factory=dict)
    sub_books: dict[Key, SubBook] = field(default_factory=dict)
    decided: dict[Key, datetime] = field(default_factory=dict)
    days: dict[date, Decimal] = field(default_factory=dict)

    def write(self, command: SaveOrder | SaveBooking | RecordDecision) -> None:
        match command:
            case SaveOrder(order=order):
                assert order.client_order_id in self.orders, "never journalled"
                self.orders[order.client_order_id] = order
            case SaveBooking(booked=one):
                trades = self.booked.setdefault(one.order.client_order_id, {})
                assert one.fill.trade_id not in trades, "booked twice"
                trades[one.fill.trade_id] = one.fill.quantity
                self.sub_books[one.order.strategy, one.order.symbol] = one.sub_book
                day = one.fill.venue_time.date()
                self.days[day] = self.days.get(day, ZERO) + (one.realized_quote or ZERO)
            case RecordDecision():
                key = (command.strategy, command.symbol)
                earlier = self.decided.get(key)
                assert earlier is None or command.candle_close > earlier, "decided twice (TR-37)"
                self.decided[key] = command.candle_close

    def unsettled(self) -> dict[str, Order]:
        found = {}
        for order_id, order in self.orders.items():
            trades = self.booked.get(order_id, {})
            whole = replace(
                order,
                booked_quantity=sum(trades.values(), ZERO),
                booked_trades=frozenset(trades),
            )
            if not whole.is_settled:
                found[order_id] = whole
        return found

    def load(self) -> Stored:
        orders = self.unsettled()
        return Stored(
            orders=tuple(orders.values()),
            sub_books=tuple(self.sub_books.values()),
            decided=dict(self.decided),
            day_realized=dict(self.days),
            peak_equity=None,
        )


@dataclass
class BotModel:
    """Feeds events one at a time and performs the commands as the engine does."""

    rules: Rules
    venue: VenueModel
    ledger: LedgerModel = field(default_factory=LedgerModel)
    state: BotState = field(default_factory=BotState)
    inbox: list[Event] = field(default_factory=list)
    mood: Mood = Mood.HONEST
    epoch: int = 0
    crash_after: int | None = None

    def take(self, event: Event) -> None:
        """Decide and perform; a crash loses memory and inbox, as a killed process does."""
        try:
            self._turn(event)
        except Crash:
            self._die()

    def _turn(self, event: Event) -> None:
        step = decide(self.state, event, self.rules)
        fenced = step.state.is_fenced
        self.state = step.state
        for command in step.commands:
            self._survive()
            assert not (fenced and isinstance(command, PlaceOrder | PlaceOrderList)), (
                "sent while fenced (I1)"
            )
            self._perform(command)

    def _die(self) -> None:
        self.state, self.crash_after = BotState(), None
        self.inbox.clear()

    def take_next(self) -> None:
        event = self.inbox.pop(0)
        if not self.state.is_fenced:
            self.take(event)

    def recover(self, history: list[CandleClosed]) -> None:
        """Start anew from what the ledger holds, then ask the venue, then decide (TR-40)."""
        try:
            self._recover(history)
        except Crash:
            self._die()

    def _recover(self, history: list[CandleClosed]) -> None:
        self.epoch += 1
        self.inbox.clear()
        self.state = restore(
            self.ledger.load(), venue_time=self.venue.now, halt=None, is_shutting_down=False
        )
        pending: list[Event] = [TimerFired(tick=0)]
        for _ in range(3):
            for event in pending:
                self._turn(event)
            pending, self.inbox = self.inbox, []
        for candle in history:
            self._turn(replace(candle, is_history=True))
        self._turn(LeaseAcquired(epoch=self.epoch))

    @contextmanager
    def honestly(self) -> Iterator[None]:
        """The venue tells everything for a while, and nobody dies."""
        mood, crash = self.mood, self.crash_after
        self.mood, self.crash_after = Mood.HONEST, None
        yield
        self.mood, self.crash_after = mood, crash

    def _survive(self) -> None:
        if self.crash_after is not None:
            if self.crash_after == 0:
                raise Crash
            self.crash_after -= 1

    def _place(self, command: PlaceOrder | PlaceOrderList) -> None:
        for order in command.orders:
            assert order.client_order_id not in self.ledger.orders, "an id used twice (I2)"
            self.ledger.orders[order.client_order_id] = order
            self.venue.journalled_at[order.client_order_id] = self.venue.seconds
        self._survive()
        if isinstance(command, PlaceOrder):
            self.inbox.append(self.venue.place(command.order, self.mood))
        else:
            self.inbox += self.venue.place_list(command.above, command.below, self.mood)

    def _cancel(self, order_id: str) -> None:
        answer = self.venue.cancel(order_id, self.mood)
        self.inbox.append(answer)
        if isinstance(answer, OrderReported):
            self.inbox += [OrderReported(report=r) for r in self.venue.twins_ended(order_id)]

    def _perform(self, command: Command) -> None:
        match command:
            case SaveOrder() | SaveBooking() | RecordDecision():
                self.ledger.write(command)
            case PlaceOrder() | PlaceOrderList():
                self._place(command)
            case CancelOrder(client_order_id=order_id):
                self._cancel(order_id)
            case FindOrder(client_order_id=order_id):
                self.inbox.append(self.venue.find(order_id))
            case FindOrders(client_order_ids=order_ids):
                self.inbox += [self.venue.find(order_id) for order_id in order_ids]
            case ReadTrades(client_order_id=order_id):
                self.inbox.append(self.venue.read(order_id))
            case _:
                pass
