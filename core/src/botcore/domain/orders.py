"""Orders, what the venue reports of them, and fills. Words of Binance and FIX."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from botcore.domain.money import ZERO

__all__ = [
    "TERMINAL",
    "Fill",
    "Order",
    "OrderReport",
    "OrderStatus",
    "OrderType",
    "Purpose",
    "Side",
    "client_order_id",
    "own_mark",
]


class Side(StrEnum):
    """The direction of an order."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """The order types the runner uses."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"


class Purpose(StrEnum):
    """Why an order exists: an entry may be blocked, an exit and a stop never are (I9)."""

    ENTRY = "Entry"
    EXIT = "Exit"
    STOP_LOSS = "StopLoss"
    TAKE_PROFIT = "TakeProfit"


class OrderStatus(StrEnum):
    """PENDING_NEW: journalled, answer not yet known. UNKNOWN: sent, outcome unknown (I3).

    Else Binance's.
    """

    PENDING_NEW = "PENDING_NEW"
    UNKNOWN = "UNKNOWN"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"


TERMINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.EXPIRED_IN_MATCH,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One intent and all that is known of it.

    Quantities in base asset, prices and money in quote asset. The legs of an order list (OCO) share
    `list_client_order_id`; empty = no list.
    """

    strategy: str
    symbol: str
    client_order_id: str
    epoch: int
    purpose: Purpose
    side: Side
    type: OrderType
    quantity: Decimal
    venue_time: datetime
    list_client_order_id: str = ""
    price: Decimal | None = None
    stop_price: Decimal | None = None
    reserved_quote: Decimal = ZERO
    status: OrderStatus = OrderStatus.PENDING_NEW
    exchange_order_id: int | None = None
    executed_quantity: Decimal = ZERO
    cumulative_quote: Decimal = ZERO
    booked_quantity: Decimal = ZERO
    booked_trades: frozenset[int] = frozenset()
    reason: str = ""

    @property
    def is_working(self) -> bool:
        """Tell whether it is (or may be) alive at the venue."""
        return self.status not in TERMINAL

    @property
    def is_settled(self) -> bool:
        """Tell whether it is over and every fill the venue reported is booked."""
        return not self.is_working and self.booked_quantity >= self.executed_quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What the venue says of one order, by answer, query or stream.

    The last four describe it where they were told, for an order of somebody else's (TR-42).
    """

    client_order_id: str
    symbol: str
    exchange_order_id: int
    status: OrderStatus
    executed_quantity: Decimal
    cumulative_quote: Decimal
    venue_time: datetime
    reason: str = ""
    side: str = ""
    type: str = ""
    quantity: Decimal = ZERO
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of an own order.

    `trade_id` is unique per symbol, so a repeat changes nothing (TR-41).
    """

    symbol: str
    trade_id: int
    exchange_order_id: int
    side: Side
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    commission: Decimal
    commission_asset: str
    venue_time: datetime


def client_order_id(bot_uid: str, epoch: int, sequence: int) -> str:
    """Return the id of an epoch's n-th order; the prefix marks the bot's own orders (TR-1, TR-10)."""
    return f"{own_mark(bot_uid)}{epoch}-{sequence}"


def own_mark(bot_uid: str) -> str:
    """Return what the client order ids of a bot's own orders begin with (TR-10)."""
    return f"kb-{bot_uid.replace('-', '')[:8]}-"
