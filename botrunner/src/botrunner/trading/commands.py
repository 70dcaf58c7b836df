"""What `decide` asks the engine to do, in this order: journal, perform, feed the answer back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botcore.domain.lots import Lot, SubBook
from botcore.domain.money import ZERO
from botcore.domain.orders import Fill, Order
from botcore.domain.records import record

__all__ = [
    "Booked",
    "CancelOrder",
    "Command",
    "Exit",
    "FindOrder",
    "FindOrders",
    "Note",
    "PlaceOrder",
    "PlaceOrderList",
    "ReadTrades",
    "RecordDecision",
    "Reread",
    "SaveBooking",
    "SaveOrder",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A fill with what it changed in its sub-book; fee and doubt as in `Booking`."""

    order: Order
    fill: Fill
    sub_book: SubBook
    changed: tuple[Lot, ...]
    realized_quote: Decimal | None
    fee_quote: Decimal | None = ZERO
    doubt: str = ""
    is_dust: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveOrder:
    """Commit an order's new state."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveBooking:
    """Commit a fill, its lots and its order's new state together."""

    booked: Booked


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Commit the intent, then send it."""

    order: Order

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders it sends."""
        return (self.order,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrderList:
    """Commit both intents of an OCO together, then send them as one list.

    `above` is the target (LIMIT_MAKER), `below` the stop (STOP_LOSS_LIMIT); one ends the other.
    """

    above: Order
    below: Order

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders it sends."""
        return (self.above, self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel an own order; one leg of a list takes the other with it."""

    symbol: str
    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindOrder:
    """Query an order whose state is in doubt."""

    symbol: str
    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindOrders:
    """Query several orders of one symbol: by its open orders, and each that is not among them by itself."""

    symbol: str
    client_order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTrades:
    """Read an order's fills, since the venue reported more than was booked."""

    symbol: str
    client_order_id: str
    exchange_order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """Re-read candles and orders after a stream was away (TR-39, TR-59)."""

    stream: str


@record
class RecordDecision:
    """Commit why the strategy did, or did not, act on a closed candle.

    Must precede its orders (TR-37).
    """

    strategy: str
    symbol: str
    candle_close: datetime
    action: str
    reason: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Tell people something by the log."""

    level: str
    event: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """End the process with code 0; the reason goes into the termination message."""

    reason: str
    message: str


Command = (
    SaveOrder
    | SaveBooking
    | PlaceOrder
    | PlaceOrderList
    | CancelOrder
    | FindOrder
    | FindOrders
    | ReadTrades
    | Reread
    | RecordDecision
    | Note
    | Exit
)
