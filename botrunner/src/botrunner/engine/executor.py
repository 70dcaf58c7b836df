"""Performs commands: journal first, send second, the answer returns as an event."""

from collections.abc import Callable, Sequence

import structlog

from botcore.domain.errors import Transient
from botcore.domain.orders import Order
from botcore.runtime.clock import Clock
from botrunner.engine.entry_check import EntryCheck, ReadPrice
from botrunner.ports import (
    Cancelled,
    Exchange,
    Journal,
    PlaceAnswer,
    Placed,
    PlacedList,
    PlaceListAnswer,
    Refused,
    Unknown,
)
from botrunner.trading.commands import (
    Booked,
    CancelOrder,
    Command,
    Exit,
    FindOrder,
    FindOrders,
    Note,
    PlaceOrder,
    PlaceOrderList,
    ReadTrades,
    RecordDecision,
    Reread,
    SaveBooking,
    SaveOrder,
)
from botrunner.trading.events import (
    CancelUnresolved,
    Event,
    IntentAbandoned,
    OrderNotFound,
    OrderRefused,
    OrderReported,
    OutcomeUnknown,
    TradesRead,
)

__all__ = ["Executor", "Outcome"]

_log = structlog.get_logger(__name__)
_LEVELS = {"info": 20, "warning": 30, "error": 40}


class Outcome:
    """What came of a step's commands: events to feed back, streams to re-read, perhaps the end."""

    def __init__(self) -> None:
        """Start empty."""
        self.events: list[Event] = []
        self.reread: list[str] = []
        self.exit: Exit | None = None
        self.has_booked = False


class Executor:
    """Carries out the trading core's commands in order.

    Raises what the journal raises (Transient, LeaseLost, Conflict): then memory is ahead of the
    ledger, and the caller fences and recovers. The venue's silence never raises: it comes back as
    an event.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        journal: Journal,
        may_send: Callable[[], bool],
        clock: Clock,
        read_price: ReadPrice | None = None,
    ) -> None:
        """Take the ports and the fence, and what entries' prices are held against."""
        self._exchange = exchange
        self._journal = journal
        self._may_send = may_send
        self._clock = clock
        self._unknown_since: dict[str, float] = {}
        self._entries = EntryCheck(read_price)

    def remember_unknown(self, client_order_id: str) -> None:
        """Count an order's age from now on: it may have been signed only just before.

        An order leaves, or is signed anew, long after its intent if the process stood still or the
        ledger was slow.
        """
        self._unknown_since[client_order_id] = self._clock.boottime()

    async def perform(self, commands: Sequence[Command], *, generation: int) -> Outcome:
        """Carry out a step's commands."""
        outcome = Outcome()
        orders: list[Order] = []
        bookings: list[Booked] = []
        for command in commands:
            if isinstance(command, SaveOrder):
                orders.append(command.order)
                continue
            if isinstance(command, SaveBooking):
                bookings.append(command.booked)
                orders.append(command.booked.order)
                continue
            await self._save(orders, bookings, outcome)
            if isinstance(command, RecordDecision):
                self._entries.note(command)
                await self._journal.record_decision(command, generation)
            else:
                await self._one(command, outcome)
        await self._save(orders, bookings, outcome)
        return outcome

    async def _save(self, orders: list[Order], bookings: list[Booked], outcome: Outcome) -> None:
        if not orders:
            return
        newest = {order.client_order_id: order for order in orders}
        await self._journal.save(orders=tuple(newest.values()), bookings=tuple(bookings))
        outcome.has_booked = outcome.has_booked or bool(bookings)
        for booked in bookings:
            _log.info(
                "fill_booked",
                strategy=booked.order.strategy,
                symbol=booked.fill.symbol,
                side=booked.fill.side,
                quantity=str(booked.fill.quantity),
                price=str(booked.fill.price),
                purpose=booked.order.purpose,
            )
        orders.clear()
        bookings.clear()

    async def _one(self, command: Command, outcome: Outcome) -> None:
        match command:
            case PlaceOrder() | PlaceOrderList():
                outcome.events.extend(await self._place(*command.orders))
            case CancelOrder():
                outcome.events.extend(await self._cancel(command))
            case FindOrder() | FindOrders():
                outcome.events.extend(await self._find(command))
            case ReadTrades():
                outcome.events.extend(await self._read(command))
            case Reread():
                outcome.reread.append(command.stream)
            case Exit():
                outcome.exit = command
            case Note():
                _log.log(_LEVELS[command.level], command.event, **dict(command.facts))
            case _:
                raise AssertionError(command)

    async def _place(self, *orders: Order) -> tuple[Event, ...]:
        """Commit the intents, then send them unless the lease's deadline has passed in between (I1, I2).

        Two orders are the legs of one list: the venue takes both or none.
        """
        await self._journal.write_intents(orders)
        problem = await self._entries.refusal(orders[0])  # the legs of a list are exits
        if problem is not None:
            return _answers(Refused(code=0, reason=problem), orders)
        if not self._may_send():
            return tuple(
                IntentAbandoned(client_order_id=order.client_order_id, reason="FencedBeforeSend")
                for order in orders
            )
        answer = await self._send(*orders)
        if isinstance(answer, Unknown):
            for order in orders:
                self.remember_unknown(order.client_order_id)
        return _answers(answer, orders)

    async def _send(
        self, order: Order, below: Order | None = None
    ) -> PlaceAnswer | PlaceListAnswer:
        if below is None:
            return await self._exchange.place(order)
        return await self._exchange.place_list(order, below)

    async def _cancel(self, command: CancelOrder) -> tuple[Event, ...]:
        answer = await self._exchange.cancel(command.symbol, command.client_order_id)
        if isinstance(answer, Cancelled):
            return tuple(OrderReported(report=report) for report in answer.reports)
        return (CancelUnresolved(client_order_id=command.client_order_id, reason=answer.reason),)

    async def _find(self, command: FindOrder | FindOrders) -> tuple[Event, ...]:
        if isinstance(command, FindOrder):
            return await self._find_one(command)
        return await self._find_several(command)

    async def _find_one(self, command: FindOrder) -> tuple[Event, ...]:
        asked_at = self._clock.boottime()  # the venue may have looked at once, and answered late
        try:
            report = await self._exchange.find_order(command.symbol, command.client_order_id)
        except Transient as error:  # a failed query is not "not found" (TR-6, TR-44)
            _log.warning("order_query_failed", reason=str(error))
            return ()
        if report is not None:
            self._unknown_since.pop(command.client_order_id, None)
            return (OrderReported(report=report),)
        age = int(asked_at - self._unknown_since.get(command.client_order_id, asked_at))
        return (OrderNotFound(client_order_id=command.client_order_id, age_seconds=age),)

    async def _find_several(self, command: FindOrders) -> tuple[Event, ...]:
        try:
            reports = await self._exchange.open_orders(command.symbol)
        except Transient as error:  # as above
            _log.warning("orders_query_failed", reason=str(error))
            return ()
        there = {report.client_order_id: OrderReported(report=report) for report in reports}
        events: list[Event] = []
        for order_id in command.client_order_ids:
            if order_id in there:
                events.append(there[order_id])
            else:
                one = FindOrder(symbol=command.symbol, client_order_id=order_id)
                events += await self._find_one(one)
        return tuple(events)

    async def _read(self, command: ReadTrades) -> tuple[Event, ...]:
        try:
            fills = await self._exchange.trades(command.symbol, command.exchange_order_id)
        except Transient as error:
            _log.warning("trades_query_failed", reason=str(error))
            return ()
        return (TradesRead(client_order_id=command.client_order_id, fills=fills),)


def _answers(answer: PlaceAnswer | PlaceListAnswer, orders: Sequence[Order]) -> tuple[Event, ...]:
    match answer:
        case Placed():
            return (OrderReported(report=answer.report, fills=answer.fills),)
        case PlacedList():
            return tuple(OrderReported(report=report) for report in answer.reports)
        case Refused():
            return tuple(
                OrderRefused(
                    client_order_id=order.client_order_id, code=answer.code, reason=answer.reason
                )
                for order in orders
            )
        case Unknown():
            return tuple(
                OutcomeUnknown(client_order_id=order.client_order_id, reason=answer.reason)
                for order in orders
            )
