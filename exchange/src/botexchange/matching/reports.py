"""What the engine says happened: reports for users, rows for the store."""

from dataclasses import dataclass, field
from enum import StrEnum

from botexchange.matching.orders import Order, Trade

__all__ = ["BalanceReport", "Changes", "Execution", "ExecutionReport", "ListReport", "Report"]


class Execution(StrEnum):
    """Binance's execution types."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionReport:
    """One step in the life of an order (executionReport)."""

    account: int
    execution_id: int
    execution: Execution
    order: Order
    trade: Trade | None
    cancel_client_id: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceReport:
    """Balances that may have changed (outboundAccountPosition): asset, free, locked."""

    account: int
    time_ms: int
    balances: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReport:
    """The state of an order list (listStatus)."""

    account: int
    orders: tuple[Order, ...]
    is_done: bool
    time_ms: int


Report = ExecutionReport | BalanceReport | ListReport


@dataclass(slots=True, kw_only=True)
class Changes:
    """Everything one operation changed, to be stored in one transaction and then told."""

    sequence: int = 0
    orders: dict[int, Order] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    balances: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.orders or self.balances)
