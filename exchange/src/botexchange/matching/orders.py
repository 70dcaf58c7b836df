"""Orders, trades and what an account asks for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from botexchange.matching.numbers import notional

__all__ = [
    "ALGO_TYPES",
    "LIMIT_TYPES",
    "Order",
    "OrderRequest",
    "OrderStatus",
    "OrderType",
    "Side",
    "TimeInForce",
    "Trade",
]


class Side(StrEnum):
    """Which side of the book the order is on."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """Binance's order types that this exchange takes."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"


class TimeInForce(StrEnum):
    """How long an order stays."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


ALGO_TYPES: Final = frozenset(
    {
        OrderType.STOP_LOSS,
        OrderType.STOP_LOSS_LIMIT,
        OrderType.TAKE_PROFIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
)
LIMIT_TYPES: Final = frozenset(
    {
        OrderType.LIMIT,
        OrderType.LIMIT_MAKER,
        OrderType.STOP_LOSS_LIMIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
)
_STOPS: Final = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """A new order as it was asked for; 0 and "" mean absent."""

    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce = TimeInForce.GTC
    quantity: int = 0
    quote_quantity: int = 0
    price: int = 0
    stop_price: int = 0
    client_order_id: str = ""
    prevention: str = "EXPIRE_MAKER"

    @property
    def triggers_above(self) -> bool:
        """Tell whether a conditional order waits for a higher price (Binance's table)."""
        return (self.type in _STOPS) == (self.side is Side.BUY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted order; every change makes a new one."""

    id: int
    account: int
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    quote_quantity: int
    price: int
    stop_price: int
    client_order_id: str
    prevention: str
    list_id: int = -1
    list_client_id: str = ""
    status: OrderStatus = OrderStatus.NEW
    executed: int = 0
    quote_executed: int = 0
    locked: int = 0
    """What the account holds back for it: quote units for a BUY, base units for a SELL."""
    created_ms: int
    updated_ms: int
    working_ms: int = -1
    """When it went on the book; -1 while it waits for its trigger."""
    expiry_reason: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether it can still trade."""
        return self.status in {OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED}

    @property
    def is_waiting(self) -> bool:
        """Tell whether it still waits for its trigger."""
        return self.working_ms < 0

    @property
    def remaining(self) -> int:
        """Give the quantity that has not traded."""
        return self.quantity - self.executed

    @property
    def triggers_above(self) -> bool:
        """Tell whether a conditional order waits for a higher price."""
        return (self.type in _STOPS) == (self.side is Side.BUY)

    @property
    def level(self) -> int:
        """Give the price at which something happens to it next."""
        return self.stop_price if self.is_waiting else self.price

    @property
    def acts_upwards(self) -> bool:
        """Tell whether that price is reached from below."""
        return self.triggers_above if self.is_waiting else self.side is Side.SELL

    def is_reached(self, price: int) -> bool:
        """Tell whether the market at this price reaches its level."""
        return price >= self.level if self.acts_upwards else price <= self.level

    def hold(self, quantity: int) -> int:
        """Say how much must be locked for this quantity of a limit order."""
        return notional(self.price, quantity) if self.side is Side.BUY else quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One fill of an order."""

    id: int
    account: int
    order_id: int
    list_id: int
    symbol: str
    side: Side
    price: int
    quantity: int
    quote: int
    commission: int
    commission_asset: str
    maker: bool
    time_ms: int
