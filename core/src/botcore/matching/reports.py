"""What the engine says happened: reports for users, rows for the store."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from botcore.matching.orders import Order, Prevention, Trade

__all__ = [
    "Amendment",
    "BalanceReport",
    "Changes",
    "Execution",
    "ExecutionReport",
    "ListReport",
    "PreventedMatch",
    "Report",
]


class Execution(StrEnum):
    """Binance's execution types."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    TRADE_PREVENTION = "TRADE_PREVENTION"


class ExecutionReport(NamedTuple):
    """One step in the life of an order (executionReport)."""

    account: int
    execution_id: int
    execution: Execution
    order: Order
    trade: Trade | None
    cancel_client_id: str
    time_ms: int
    prevented: "PreventedMatch | None" = None
    reject_reason: str = ""
    """Why an order could not be placed after it was accepted (user data: r); "" is NONE."""


class BalanceReport(NamedTuple):
    """Balances that may have changed (outboundAccountPosition): asset, free, locked."""

    account: int
    time_ms: int
    balances: tuple[tuple[str, int, int], ...]


class ListReport(NamedTuple):
    """The state of an order list (listStatus)."""

    account: int
    orders: tuple[Order, ...]
    is_done: bool
    time_ms: int
    is_update: bool = False
    """Tells of a new client order id alone (UPDATED)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreventedMatch:
    """Two orders of one account that would have traded with each other."""

    id: int
    account: int
    symbol: str
    taker_order_id: int
    maker_order_id: int
    price: int
    taker_prevented_quantity: int
    maker_prevented_quantity: int
    prevention: Prevention
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One reduction of an order's quantity that kept its place in the queue."""

    account: int
    symbol: str
    order_id: int
    execution_id: int
    old_client_order_id: str
    new_client_order_id: str
    old_quantity: int
    new_quantity: int
    time_ms: int


Report = ExecutionReport | BalanceReport | ListReport


@dataclass(slots=True, kw_only=True)
class Changes:
    """Everything one operation changed, to be stored in one transaction and then told."""

    sequence: int = 0
    orders: dict[int, Order] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    balances: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    prevented: list[PreventedMatch] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.orders or self.balances)
