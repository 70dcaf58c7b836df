"""What the engine needs of the world: the exchange, the journal. The lease has ports of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from botcore.domain.instruments import Instrument
from botcore.domain.market import Candle, Interval
from botcore.domain.orders import Fill, Order, OrderReport
from botrunner.trading.commands import Booked, RecordDecision
from botrunner.trading.events import Event
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step, Stored

__all__ = [
    "Account",
    "Balance",
    "CancelAnswer",
    "Cancelled",
    "CandleStream",
    "Deliver",
    "Exchange",
    "Journal",
    "Meter",
    "PlaceAnswer",
    "PlaceListAnswer",
    "Placed",
    "PlacedList",
    "Refused",
    "Stream",
    "Unknown",
    "Witness",
]

Deliver = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An asset's amounts on the exchange account."""

    free: Decimal
    locked: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The exchange account behind the key."""

    uid: str
    can_trade: bool
    balances: Mapping[str, Balance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The venue took the order; `fills` are those of a FULL answer."""

    report: OrderReport
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedList:
    """The venue took both orders of a list."""

    reports: tuple[OrderReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The venue cancelled the order, and with it the other leg of its list, if it has one."""

    reports: tuple[OrderReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The venue definitely refused (TR-4); `code` is Binance's, 0 where it gave none."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have happened (TR-3): never sent again, settled by query and stream."""

    reason: str


PlaceAnswer = Placed | Refused | Unknown
PlaceListAnswer = PlacedList | Refused | Unknown
CancelAnswer = Cancelled | Refused | Unknown


class Exchange(Protocol):
    """Binance Spot as the runner sees it.

    Every method but place and cancel raises Transient when the venue can't be reached or is over
    its limits, and NotAllowed when it rejects the key.
    """

    def venue_now(self) -> datetime:
        """Return the venue's time, from the measured offset and rate."""
        ...

    async def instruments(self, symbols: Sequence[str]) -> Mapping[str, Instrument]:
        """Read the symbols' filters. Raises InvalidInput naming an unknown symbol."""
        ...

    async def account(self) -> Account:
        """Read uid and balances."""
        ...

    async def balances(self) -> Mapping[str, Balance]:
        """Return what the account holds, to be shown: as its stream told it, else read."""
        ...

    async def place(self, order: Order) -> PlaceAnswer:
        """Send one order; never raises for the venue's answers or silence.

        NotAllowed if the key is rejected.
        """
        ...

    async def place_list(self, above: Order, below: Order) -> PlaceListAnswer:
        """Send a target and a stop of which one ends the other (OCO): both or none are taken.

        Raises and answers as `place` does.
        """
        ...

    async def cancel(self, symbol: str, client_order_id: str) -> CancelAnswer:
        """Cancel one own order; Refused with -2011 when the venue knows no such open order (TR-9)."""
        ...

    async def find_order(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """Query one order; None is the venue's -2013, which soon after a send is no proof (TR-5)."""
        ...

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Read every open order of the account in a symbol, whoever placed it (TR-42)."""
        ...

    async def trades(self, symbol: str, exchange_order_id: int) -> tuple[Fill, ...]:
        """Read all fills of one order."""
        ...

    async def candles(self, symbol: str, interval: Interval, limit: int) -> tuple[Candle, ...]:
        """Read the newest closed candles, oldest first; the unfinished one is left out (TR-32)."""
        ...

    async def report_idle(self) -> None:
        """In lockstep replay: tell the exchange that all it sent is processed; elsewhere do nothing."""
        ...


class Stream(Protocol):
    """A supervised stream.

    Delivers events for ever, reconnects by itself, delivers StreamRestored each time it is (again)
    connected, since whatever happened meanwhile must be re-read (TR-39, TR-59).
    """

    async def run(self, deliver: Deliver) -> None:
        """Run until cancelled."""
        ...


class CandleStream(Stream, Protocol):
    """The market stream; the wanted candles may change at any time."""

    def want(self, pairs: Iterable[tuple[str, Interval]]) -> None:
        """Say which (symbol, interval) pairs to deliver from now on."""
        ...


class Journal(Protocol):
    """The ledger, by the bot's own login.

    Raises Transient when Postgres is away, LeaseLost on a lost lease, Conflict when a decision for
    that candle was already made.
    """

    def hold(self, epoch: int) -> None:
        """Write under this epoch from now on.

        Every write but balances checks it in its transaction.
        """
        ...

    async def load(self) -> Stored:
        """Read all that start-up needs in one consistent snapshot."""
        ...

    async def write_intents(self, orders: Sequence[Order]) -> None:
        """Commit order rows together under the lease, durably, before anything is sent (I2)."""
        ...

    async def save(self, *, orders: Sequence[Order], bookings: Sequence[Booked]) -> None:
        """Commit new order states and booked fills in one transaction.

        A known trade id changes nothing.
        """
        ...

    async def record_decision(self, decision: RecordDecision, generation: int) -> None:
        """Commit one decision, or raise Conflict if that candle was decided before (TR-37)."""
        ...

    async def save_balances(self, balances: Mapping[str, Balance]) -> None:
        """Replace the balances shown to people."""
        ...

    async def save_equity(
        self,
        *,
        venue_time: datetime,
        equity: Decimal,
        realized: Decimal,
        unrealized: Decimal,
        exposure: Decimal,
    ) -> None:
        """Append one equity sample (quote asset)."""
        ...


class Witness(Protocol):
    """Sees every decision as it is made: the flight recorder, the metrics. It must not block or raise."""

    def began(self, state: BotState, rules: Rules) -> None:
        """See a state and rules that no event led to: a recovery, a reload, strategies made anew."""
        ...

    def decided(self, event: Event, step: Step) -> None:
        """See an event and what it led to, before its commands are performed."""
        ...


class Meter(Protocol):
    """Hears when events came, so that their wait counts. It must not block or raise."""

    def took(self, event: Event, delivered_at: float) -> None:
        """See the next event leave the inbox; it came at this instant of CLOCK_BOOTTIME (s)."""
        ...
