"""A tiny exchange for the trading core's tests: honest about what happened, rarely honest about telling it."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from botcore.domain.money import ZERO
from botcore.domain.orders import (
    TERMINAL,
    Fill,
    Order,
    OrderReport,
    OrderStatus,
    OrderType,
    Purpose,
    Side,
)
from botrunner.trading.events import (
    CancelUnresolved,
    OrderNotFound,
    OrderRefused,
    OrderReported,
    OutcomeUnknown,
    TradesRead,
)
from botrunner.trading.lease import RECV_WINDOW

FEE = Decimal("0.001")


class Mood(Enum):
    """What becomes of the next order or cancel."""

    HONEST = auto()
    PARTIAL = auto()  # half of a market order fills, the rest may follow or expire
    RESTING = auto()  # accepted, fills later
    REFUSES = auto()
    LOSES_ANSWER = auto()  # done, but nobody is told
    LOSES_ORDER = auto()  # never arrives
    LATE = auto()  # arrives later, within the receive window


@dataclass
class VenueOrder:
    """The venue's own record of an order."""

    order: Order
    exchange_id: int
    status: OrderStatus = OrderStatus.NEW
    fills: list[Fill] = field(default_factory=list)

    @property
    def executed(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), ZERO)

    @property
    def left(self) -> Decimal:
        return self.order.quantity - self.executed

    @property
    def is_open(self) -> bool:
        return self.status not in TERMINAL

    def report(self) -> OrderReport:
        return OrderReport(
            client_order_id=self.order.client_order_id,
            symbol=self.order.symbol,
            exchange_order_id=self.exchange_id,
            status=self.status,
            executed_quantity=self.executed,
            cumulative_quote=sum((fill.quote_quantity for fill in self.fills), ZERO),
            venue_time=self.order.venue_time,
        )


@dataclass
class VenueModel:
    """Holds the truth; `stream` is what the user stream has yet to deliver, in any order."""

    now: datetime
    price: Decimal = Decimal(100)
    seconds: int = 0
    orders: dict[str, VenueOrder] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    journalled_at: dict[str, int] = field(default_factory=dict)
    late: dict[str, tuple[Order, ...]] = field(default_factory=dict)
    stream: list[OrderReported] = field(default_factory=list)
    trades: int = 0

    def place(self, order: Order, mood: Mood) -> OrderReported | OrderRefused | OutcomeUnknown:
        order_id = order.client_order_id
        self.sent[order_id] += 1
        if mood is Mood.REFUSES or self._is_wrong(order):
            return OrderRefused(client_order_id=order_id, code=-2010, reason="refused")
        if mood is Mood.LATE:
            self.late[order_id] = (order,)
        elif mood is not Mood.LOSES_ORDER:
            self._accept(order, mood)
        if mood in {Mood.LATE, Mood.LOSES_ORDER, Mood.LOSES_ANSWER}:
            return OutcomeUnknown(client_order_id=order_id, reason="no answer")
        taken = self.orders[order_id]
        return OrderReported(report=taken.report(), fills=tuple(taken.fills))

    def place_list(
        self, above: Order, below: Order, mood: Mood
    ) -> list[OrderReported | OrderRefused | OutcomeUnknown]:
        """Take both legs or none."""
        legs = (above, below)
        self.sent.update(leg.client_order_id for leg in legs)
        if mood is Mood.REFUSES or self._is_wrong(above) or self._is_wrong(below):
            return [
                OrderRefused(client_order_id=leg.client_order_id, code=-2010, reason="refused")
                for leg in legs
            ]
        if mood is Mood.LATE:
            self.late[above.client_order_id] = legs
        elif mood is not Mood.LOSES_ORDER:
            for leg in legs:
                self._accept(leg, Mood.HONEST)
        if mood in {Mood.LATE, Mood.LOSES_ORDER, Mood.LOSES_ANSWER}:
            return [
                OutcomeUnknown(client_order_id=leg.client_order_id, reason="no answer")
                for leg in legs
            ]
        return [OrderReported(report=self.orders[leg.client_order_id].report()) for leg in legs]

    def twins(self, order_id: str) -> list[VenueOrder]:
        """The other leg of an order's list."""
        name = self.orders[order_id].order.list_client_order_id
        return [
            one
            for one in self.orders.values()
            if name
            and one.order.list_client_order_id == name
            and one.order.client_order_id != order_id
        ]

    def twins_ended(self, order_id: str) -> list[OrderReport]:
        return [one.report() for one in self.twins(order_id)]

    def cancel(self, order_id: str, mood: Mood) -> OrderReported | CancelUnresolved:
        found = self.orders.get(order_id)
        lost = CancelUnresolved(client_order_id=order_id, reason="no answer")
        if found is None or not found.is_open or mood in {Mood.REFUSES, Mood.LOSES_ORDER}:
            return lost
        self._end(found, OrderStatus.CANCELED)
        if mood is Mood.LOSES_ANSWER:
            return lost
        return OrderReported(report=found.report())

    def find(self, order_id: str) -> OrderReported | OrderNotFound:
        found = self.orders.get(order_id)
        if found is None:
            age = self.seconds - self.journalled_at[order_id]
            return OrderNotFound(client_order_id=order_id, age_seconds=age)
        return OrderReported(report=found.report())

    def read(self, order_id: str) -> TradesRead:
        return TradesRead(client_order_id=order_id, fills=tuple(self.orders[order_id].fills))

    def tick(self) -> None:
        """A second passes; what was under way arrives within the receive window, or never."""
        self.seconds += 1
        self.now += timedelta(seconds=1)
        for order_id, legs in list(self.late.items()):
            if self.seconds - self.journalled_at[order_id] >= RECV_WINDOW:
                del self.late[order_id]
                if not any(self._is_wrong(order) for order in legs):
                    for order in legs:
                        self._accept(order, Mood.HONEST)

    def move(self, price: Decimal) -> None:
        """The market moves; a triggered stop fills unless the price has jumped over its limit."""
        self.price = price
        for one in self.open():
            if one.is_open and self._matches(one.order):
                self.fill(one, one.left)

    def _matches(self, order: Order) -> bool:
        stop, limit = order.stop_price, order.price
        if limit is None:
            return False
        if stop is not None:
            return limit <= self.price <= stop
        return self.price >= limit if order.side is Side.SELL else self.price <= limit

    def fill(self, one: VenueOrder, quantity: Decimal) -> None:
        self.trades += 1
        value = quantity * self.price
        is_buy = one.order.side is Side.BUY
        base = one.order.symbol.removesuffix("USDT")
        trade = Fill(
            symbol=one.order.symbol,
            trade_id=self.trades,
            exchange_order_id=one.exchange_id,
            side=one.order.side,
            price=self.price,
            quantity=quantity,
            quote_quantity=value,
            commission=(quantity if is_buy else value) * FEE,
            commission_asset=base if is_buy else "USDT",
            venue_time=self.now,
        )
        one.fills.append(trade)
        one.status = OrderStatus.PARTIALLY_FILLED if one.left else OrderStatus.FILLED
        for twin in self.twins(one.order.client_order_id):
            if twin.is_open:
                self._end_one(twin, OrderStatus.EXPIRED)
        self.stream.append(OrderReported(report=one.report(), fills=(trade,)))

    def end_outside(self, one: VenueOrder) -> None:
        """Someone else cancels the order, or the venue expires it."""
        status = OrderStatus.EXPIRED if one.order.purpose is not Purpose.STOP_LOSS else None
        self._end(one, status or OrderStatus.CANCELED)

    def open(self) -> list[VenueOrder]:
        return [one for one in self.orders.values() if one.is_open]

    def held(self, symbol: str) -> Decimal:
        """Base asset that the bot's own trades left on the account."""
        total = ZERO
        for one in self.orders.values():
            for fill in one.fills if one.order.symbol == symbol else ():
                bought = fill.quantity - fill.commission
                total += bought if fill.side is Side.BUY else -fill.quantity
        return total

    def on_sale(self, symbol: str) -> Decimal:
        """Base asset that open sell orders, those under way included, may still sell."""
        waiting: dict[str, Decimal] = {}
        for one in self.open():
            if _sells(one.order, symbol):  # a pair sells its quantity once
                name = one.order.list_client_order_id or one.order.client_order_id
                waiting[name] = max(waiting.get(name, ZERO), one.left)
        under_way = [legs[0].quantity for legs in self.late.values() if _sells(legs[0], symbol)]
        return sum([*waiting.values(), *under_way], ZERO)

    def _accept(self, order: Order, mood: Mood) -> None:
        one = VenueOrder(order=order, exchange_id=len(self.orders) + 1)
        self.orders[order.client_order_id] = one
        self.stream.append(OrderReported(report=one.report()))
        rests = order.price is not None and not (order.stop_price is None and self._matches(order))
        if rests or mood is Mood.RESTING:
            return
        self.fill(one, order.quantity / 2 if mood is Mood.PARTIAL else order.quantity)

    def _end(self, one: VenueOrder, status: OrderStatus) -> None:
        """End an order and the other leg of its list."""
        self._end_one(one, status)
        for twin in self.twins(one.order.client_order_id):
            if twin.is_open:
                self._end_one(twin, status)

    def _end_one(self, one: VenueOrder, status: OrderStatus) -> None:
        one.status = status
        self.stream.append(OrderReported(report=one.report()))

    def _is_wrong(self, order: Order) -> bool:
        """A stop that would trigger at once, or a maker that would take."""
        if order.stop_price is not None:
            return self.price <= order.stop_price
        return order.type is OrderType.LIMIT_MAKER and self._matches(order)


def _sells(order: Order, symbol: str) -> bool:
    return order.side is Side.SELL and order.symbol == symbol


def repeated(event: OrderReported) -> OrderReported:
    """The same news once more, as another object."""
    return replace(event)
