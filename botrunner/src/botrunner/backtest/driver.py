"""Plays a tape through `decide`, as a lockstep replay plays it through the runner."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from botcore.candles.path import POINTS
from botrunner.backtest.leaps import Leaps
from botrunner.backtest.record import Record
from botrunner.backtest.tape import Tape
from botrunner.backtest.venue import SimulatedVenue
from botrunner.trading.commands import (
    CancelOrder,
    Command,
    Exit,
    FindOrder,
    PlaceOrder,
    PlaceOrderList,
    ReadTrades,
    RecordDecision,
    SaveBooking,
)
from botrunner.trading.decide import decide
from botrunner.trading.events import CandleClosed, Event, LeaseAcquired
from botrunner.trading.recovery import restore
from botrunner.trading.risk import equity
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Stored

__all__ = ["Backtest", "Span"]

_LOOK_EVERY: Final = 2048
"""Candles between two looks at whether to go on."""
_NOTHING: Final = Stored(orders=(), sub_books=(), decided={}, day_realized={}, peak_equity=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Places on a tape: candles from `warm_up` on feed indicators, those from `first` on are traded."""

    warm_up: int
    first: int
    last: int


class Backtest:
    """One run. The inbox, the order of events and `decide` are the engine's; time is the tape's."""

    def __init__(
        self,
        *,
        tape: Tape,
        rules: Rules,
        venue: SimulatedVenue,
        record: Record,
        span: Span,
        is_exact: bool = False,
    ) -> None:
        """Begin with an empty book and the lease held, as a fresh paper bot does.

        `is_exact` lets `decide` look at every candle, where else it is spared those that change nothing:
        then the record also gets every decision to hold, with its reason.
        """
        self._tape = tape
        self.rules = rules
        self._venue = venue
        self._record = record
        self.span = span
        self._inbox: deque[Event] = deque()
        self.done = 0
        """How many candles were traded."""
        self.end: Exit | None = None
        """Why the bot ended itself, if it did."""
        self.state: BotState = restore(
            _NOTHING,
            venue_time=tape.close_at(span.first - 1),
            halt=None,
            is_shutting_down=False,
        )
        self._leaps: Leaps | None = None
        if not is_exact:
            self._leaps = Leaps(
                tape=tape, rules=rules, venue=venue, record=record, warm_up=span.warm_up
            )
        self._feed(LeaseAcquired(epoch=1))

    @property
    def total(self) -> int:
        """Tell how many candles there are to trade."""
        return self.span.last - self.span.first

    def run(self, goes_on: Callable[[int], bool] = lambda _done: True) -> None:
        """Trade candle by candle until the tape, the bot, or `goes_on` (asked now and then) ends it."""
        for index in range(self.span.warm_up, self.span.first):
            for candle in self._tape.closed(index):
                self._feed(CandleClosed(candle=candle, is_history=True))
            self._venue.passes(index)
        index, look = self.span.first, 0
        while index < self.span.last and self.end is None:
            if self.done >= look:
                if not goes_on(self.done):
                    return
                look = self.done + _LOOK_EVERY
            self._trade(index)
            index += 1
            if self._leaps is not None:
                self.state, index = self._leaps.leap(self.state, index, self.span.last)
            self.done = index - self.span.first

    def _trade(self, index: int) -> None:
        if not self._venue.passes(index):
            for point in range(POINTS):
                self._inbox.extend(self._venue.trade(index, point))
                self._drain()
        for candle in self._tape.closed(index):
            self._inbox.append(CandleClosed(candle=candle))
        self._drain()
        self._record.worth.sample(self.state)

    def _feed(self, event: Event) -> None:
        self._inbox.append(event)
        self._drain()

    def _drain(self) -> None:
        inbox = self._inbox
        while inbox:
            step = decide(self.state, inbox.popleft(), self.rules)
            self.state = step.state
            for command in step.commands:
                self._perform(command)

    def _perform(self, command: Command) -> None:
        """Note what is to be reported, and let the venue answer."""
        match command:
            case RecordDecision():
                self._record.decided(command)
            case SaveBooking():
                self._record.booked(command.booked)
            case Exit():
                self.end = command
            case _:
                self._inbox.extend(self._answer(command))

    def _answer(self, command: Command) -> Sequence[Event]:
        """Ask the venue; what only the ledger or a person would see has no answer."""
        match command:
            case PlaceOrder() | PlaceOrderList():
                for order in command.orders:
                    self._record.placed(order, self.state.exiting)
                return self._venue.place(*command.orders)
            case CancelOrder():
                return self._venue.cancel(command)
            case FindOrder():
                return self._venue.find(command)
            case ReadTrades():
                return self._venue.read_trades(command)
            case _:
                return ()

    def closing_equity(self) -> Decimal:
        """Return capital, realised and open profit at the last closes, in quote asset."""
        return equity(self.state, self.rules)

    def now(self) -> datetime:
        """Say when the last traded candle ended."""
        return self._tape.close_at(self.span.first + self.done - 1)
