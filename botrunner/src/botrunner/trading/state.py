"""Everything the trading core knows; immutable, a change makes a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from botcore.domain.lots import SubBook
from botcore.domain.money import ZERO
from botcore.domain.orders import Order, Purpose
from botcore.domain.records import record, replace
from botrunner.trading.commands import Command
from botrunner.trading.events import Problem
from botrunner.trading.strategies.base import Quote

__all__ = ["BotState", "Key", "Step", "Stored"]

Key = tuple[str, str]
"""A sub-book: (strategy name, symbol)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What start-up reads from the ledger in one snapshot.

    `orders` are those not yet settled, with quantity and trade ids of their booked fills;
    `day_realized` is by venue day
    (UTC), in quote asset; `sold_at` when each sub-book last sold; `stop_outs` the stops that sold at
    a loss, by client order id; `entry_times` when the last minute's entries were decided; `doubts` and
    `fee_assets` as in `BotState`.
    """

    orders: tuple[Order, ...]
    sub_books: tuple[SubBook, ...]
    decided: Mapping[Key, datetime]
    day_realized: Mapping[date, Decimal]
    peak_equity: Decimal | None
    sold_at: Mapping[Key, datetime] = field(default_factory=dict)
    stop_outs: Mapping[str, datetime] = field(default_factory=dict)
    entry_times: tuple[datetime, ...] = ()
    doubts: tuple[tuple[date, str], ...] = ()
    fee_assets: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)  # no slots: `replace` is a tenth of the price so
class BotState:
    """The trading core's memory.

    `epoch` is 0 while fenced; `signals` holds each strategy's own state; `exiting` the sub-books being
    sold with the reason; `exit_failures` how often the venue refused the sale since the last candle;
    `cancelling` the ids whose cancel was asked for; `not_found` how old (seconds) an order was at each
    denial of the venue that counts; `given_up` those it denied for good; `doubted` the resting orders
    of which the venue's last word may be out of date; `marks` the last closed price per symbol (quote
    asset) and `marked_at` when that candle closed; `peaks` the highest closed price since a position
    was opened; `quotes` the limit orders a strategy wants resting; `trims` the quantity a sub-book is
    being sold down to; `sold_at` and `stop_outs` as in `Stored`; `ending_lists` those of which one leg
    has ended and the other's end may be on its way; `unprotected` the sub-books whose protection could
    not be sent just now; `problems` what the last check of the books found; `doubts` the fills not
    believed as reported, with their day; `fee_assets` the third assets that fees were paid in.
    """

    epoch: int = 0
    sequence: int = 0
    fence_reason: str = "Starting"
    halt: str | None = None
    is_shutting_down: bool = False
    orders: Mapping[str, Order] = field(default_factory=dict)
    sub_books: Mapping[Key, SubBook] = field(default_factory=dict)
    signals: Mapping[Key, object] = field(default_factory=dict)
    decided: Mapping[Key, datetime] = field(default_factory=dict)
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    marked_at: Mapping[str, datetime] = field(default_factory=dict)
    peaks: Mapping[Key, Decimal] = field(default_factory=dict)
    quotes: Mapping[Key, tuple[Quote, ...]] = field(default_factory=dict)
    trims: Mapping[Key, Decimal] = field(default_factory=dict)
    sold_at: Mapping[Key, datetime] = field(default_factory=dict)
    stop_outs: Mapping[str, datetime] = field(default_factory=dict)
    ending_lists: frozenset[str] = frozenset()
    unprotected: frozenset[Key] = frozenset()
    exiting: Mapping[Key, str] = field(default_factory=dict)
    exit_failures: Mapping[Key, int] = field(default_factory=dict)
    cancelling: frozenset[str] = frozenset()
    not_found: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    given_up: Mapping[str, Order] = field(default_factory=dict)
    doubted: frozenset[str] = frozenset()
    entry_times: tuple[datetime, ...] = ()
    venue_time: datetime | None = None
    day: date | None = None
    day_realized: Decimal = ZERO
    peak_equity: Decimal | None = None
    problems: tuple[Problem, ...] = ()
    doubts: tuple[tuple[date, str], ...] = ()
    fee_assets: frozenset[str] = frozenset()

    @property
    def is_fenced(self) -> bool:
        """Tell whether nothing may be sent (I1)."""
        return self.epoch == 0

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is held, wished or on its way."""
        if self.orders or self.exiting or self.trims or self.quotes:
            return False
        return not any(sub_book.lots for sub_book in self.sub_books.values())

    def orders_of(self, key: Key) -> tuple[Order, ...]:
        """Return a sub-book's orders that are alive, in doubt, or not yet fully booked."""
        return tuple(o for o in self.orders.values() if (o.strategy, o.symbol) == key)

    def sub_book(self, key: Key) -> SubBook:
        """Return a sub-book, empty if nothing was ever booked."""
        return self.sub_books.get(key) or SubBook(strategy=key[0], symbol=key[1])

    def active_keys(self) -> tuple[Key, ...]:
        """Return every sub-book with lots, orders or wishes, in a stable order."""
        held = {key for key, sub_book in self.sub_books.items() if sub_book.lots}
        wished = {*self.exiting, *self.trims, *self.quotes}
        return tuple(sorted(held | wished | {(o.strategy, o.symbol) for o in self.orders.values()}))

    def with_order(self, order: Order) -> "BotState":
        """Track an order, or forget it once it is over and fully booked."""
        orders = {**self.orders, order.client_order_id: order}
        if not order.is_settled:
            return replace(self, orders=orders)
        del orders[order.client_order_id]
        return replace(
            self,
            orders=orders,
            cancelling=self.cancelling - {order.client_order_id},
            doubted=self.doubted - {order.client_order_id},
            not_found={k: v for k, v in self.not_found.items() if k != order.client_order_id},
        )

    def on_day(self, day: date) -> "BotState":
        """Start the daily loss anew once a later day (UTC) of the venue has begun (TR-68)."""
        if self.day is None:
            return replace(self, day=day)
        return replace(self, day=day, day_realized=ZERO) if day > self.day else self

    def with_exit(self, key: Key, reason: str) -> "BotState":
        """Mark a sub-book to be sold; the first reason stays."""
        if key in self.exiting:
            return self
        return replace(self, exiting={**self.exiting, key: reason})

    def without_exit(self, key: Key) -> "BotState":
        """Unmark a sub-book."""
        if key not in self.exiting and key not in self.exit_failures:
            return self
        return replace(
            self,
            exiting={k: v for k, v in self.exiting.items() if k != key},
            exit_failures={k: v for k, v in self.exit_failures.items() if k != key},
        )

    def without_trim(self, key: Key) -> "BotState":
        """Stop selling a part of a sub-book."""
        if key not in self.trims:
            return self
        return replace(self, trims={k: v for k, v in self.trims.items() if k != key})

    def working(self, key: Key, *purposes: Purpose) -> tuple[Order, ...]:
        """Return a sub-book's orders of these purposes that are, or may be, alive at the venue."""
        return tuple(o for o in self.orders_of(key) if o.purpose in purposes and o.is_working)

    def protective(self, key: Key) -> tuple[Order, ...]:
        """Return the orders that rest to end a sub-book's position."""
        return self.working(key, Purpose.STOP_LOSS, Purpose.TAKE_PROFIT)


@record
class Step:
    """A state and the commands that lead to it."""

    state: BotState
    commands: tuple[Command, ...] = ()

    def then(self, following: "Step") -> "Step":
        """Append a step that was computed from this one's state."""
        if not self.commands:
            return following
        if not following.commands and following.state is self.state:
            return self
        return Step(state=following.state, commands=(*self.commands, *following.commands))
