"""Orders, trades and what an account asks for."""

from enum import StrEnum
from typing import Final, NamedTuple

from botcore.matching.numbers import falling_trigger, notional, rising_trigger

__all__ = [
    "ALGO_TYPES",
    "LIMIT_TYPES",
    "STOP_TYPES",
    "Contingency",
    "Order",
    "OrderRequest",
    "OrderStatus",
    "OrderType",
    "Prevention",
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
    PENDING_NEW = "PENDING_NEW"
    """A leg of an OTO list that waits until the working order is filled."""
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"
    """Ended by self-trade prevention."""


class Prevention(StrEnum):
    """Self-trade prevention modes; the taker's rules."""

    NONE = "NONE"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"
    DECREMENT = "DECREMENT"


class Contingency(StrEnum):
    """What binds the orders of a list; OTOCO lists are OTO."""

    OCO = "OCO"
    OTO = "OTO"


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
_OPEN: Final = frozenset({OrderStatus.NEW, OrderStatus.PENDING_NEW, OrderStatus.PARTIALLY_FILLED})
STOP_TYPES: Final = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})


class OrderRequest(NamedTuple):
    """A new order as it was asked for; 0 and "" mean absent."""

    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce = TimeInForce.GTC
    quantity: int = 0
    quote_quantity: int = 0
    price: int = 0
    stop_price: int = 0
    trailing_delta: int = 0
    """How far a trailing stop follows the best price, in bips (1/100 of a percent)."""
    iceberg_quantity: int = 0
    client_order_id: str = ""
    prevention: Prevention = Prevention.EXPIRE_MAKER
    strategy_id: int | None = None
    strategy_type: int | None = None

    @property
    def triggers_above(self) -> bool:
        """Tell whether a conditional order waits for a higher price (Binance's table)."""
        return (self.type in STOP_TYPES) == (self.side is Side.BUY)


class Order(NamedTuple):
    """An accepted order; every change makes a new one.

    Records of a step are tuples: a third of what a frozen dataclass of this size costs to make.
    """

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
    prevention: Prevention
    created_ms: int
    updated_ms: int
    trailing_delta: int = 0
    trailing_ms: int = -1
    """When the market reached the stop price and tracking began; -1 before."""
    trailing_best: int = 0
    """Best price since tracking began: the highest for a SELL, the lowest for a BUY."""
    iceberg_quantity: int = 0
    strategy_id: int | None = None
    strategy_type: int | None = None
    list_id: int = -1
    list_client_id: str = ""
    contingency: Contingency | None = None
    status: OrderStatus = OrderStatus.NEW
    executed: int = 0
    quote_executed: int = 0
    locked: int = 0
    """What the account holds back for it: quote units for a BUY, base units for a SELL."""
    working_ms: int = -1
    """When it went on the book; -1 while it waits for its trigger."""
    expiry_reason: str = ""
    prevented_match_id: int = -1
    prevented_quantity: int = 0
    """What self-trade prevention took from it."""
    amendments: int = 0
    """How often its quantity was amended."""

    @property
    def is_open(self) -> bool:
        """Tell whether it can still trade."""
        return self.status in _OPEN

    @property
    def is_waiting(self) -> bool:
        """Tell whether it is not on the book yet."""
        return self.working_ms < 0

    @property
    def is_tracking(self) -> bool:
        """Tell whether it is a trailing stop that follows the market."""
        return self.trailing_ms >= 0 and self.working_ms < 0

    @property
    def remaining(self) -> int:
        """Give the quantity that can still trade."""
        return self.quantity - self.executed - self.prevented_quantity

    @property
    def triggers_above(self) -> bool:
        """Tell whether a conditional order waits for a higher price."""
        return (self.type in STOP_TYPES) == (self.side is Side.BUY)

    @property
    def level(self) -> int:
        """Give the price at which something happens to it next."""
        if self.working_ms >= 0:
            return self.price
        if self.trailing_ms < 0:
            return self.stop_price
        if self.side is Side.BUY:
            return rising_trigger(self.trailing_best, self.trailing_delta)
        return falling_trigger(self.trailing_best, self.trailing_delta)

    @property
    def acts_upwards(self) -> bool:
        """Tell whether that price is reached from below."""
        if self.working_ms >= 0:
            return self.side is Side.SELL
        return self.side is Side.BUY if self.trailing_ms >= 0 else self.triggers_above

    def is_reached(self, price: int) -> bool:
        """Tell whether the market at this price reaches its level."""
        return price >= self.level if self.acts_upwards else price <= self.level

    def hold(self, quantity: int) -> int:
        """Say how much must be locked for this quantity while it can't trade at once.

        A BUY without a limit price holds what it costs at its trigger.
        """
        if self.side is Side.SELL:
            return quantity
        return notional(self.price or self.stop_price or self.level, quantity)


class Trade(NamedTuple):
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
