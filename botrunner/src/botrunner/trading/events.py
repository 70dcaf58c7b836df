"""The facts that enter the inbox; a command's answer comes back as one of them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botcore.domain.market import Candle
from botcore.domain.orders import Fill, OrderReport
from botcore.domain.records import record

__all__ = [
    "BalanceChanged",
    "BooksChecked",
    "CancelUnresolved",
    "CandleClosed",
    "Event",
    "HaltChanged",
    "IntentAbandoned",
    "LeaseAcquired",
    "LeaseEnded",
    "OrderNotFound",
    "OrderRefused",
    "OrderReported",
    "OutcomeUnknown",
    "Problem",
    "RulesChanged",
    "ShutdownRequested",
    "StreamRestored",
    "TimerFired",
    "TradesRead",
    "WriteOff",
]


@record
class CandleClosed:
    """The venue closed a candle (`x: true`); `is_history` feeds indicators and decides nothing."""

    candle: Candle
    is_history: bool = False


@record
class OrderReported:
    """The venue told an order's state, by answer, query or stream, with the fills that came along."""

    report: OrderReport
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TradesRead:
    """All fills of one order, read by query."""

    client_order_id: str
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused:
    """The venue definitely refused an order of ours."""

    client_order_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeUnknown:
    """An order was sent and its fate is unknown (I3)."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentAbandoned:
    """An intent was journalled or refused by the journal, and certainly never sent."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotFound:
    """The venue says it knows no such order.

    `age_seconds` is real time from when its outcome became unknown to this process to when the venue was asked.
    """

    client_order_id: str
    age_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelUnresolved:
    """A cancel was refused or its outcome is unknown: the order must be re-read (TR-9)."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRestored:
    """A stream is connected (again): what happened meanwhile must be re-read.

    `stream` is market or user.
    """

    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesChanged:
    """A new configuration is in force; the rules themselves are handed to `decide`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltChanged:
    """The halt latch was set (its reason) or cleared (None)."""

    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseAcquired:
    """The account's lease is held at a new epoch; the ledger was just read."""

    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseEnded:
    """The lease is lost or could not be renewed in time: send nothing (I1)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A second of real time has passed; `tick` counts them. Unresolved orders are looked after."""

    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownRequested:
    """SIGTERM: no new entries, settle what is in flight, leave stops resting (TR-48)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why the bot is Degraded: one CamelCase word, and the figures. Equal while nothing changed (I6)."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInUse:
    """Which exchange key the bot signs with, in the operator's words, and why not with the one that is mounted."""

    version: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChanged:
    """Somebody paid into or out of the account; no order of ours is meant."""

    asset: str
    amount: Decimal
    venue_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """Base asset of a sub-book that is no longer on the account, little enough to bear (TR-20)."""

    strategy: str
    symbol: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksChecked:
    """Ledger and account were compared; a problem blocks entries until a later check finds it gone.

    What is written off is in the ledger already, with its loss as of `venue_time`.
    """

    problems: tuple[Problem, ...]
    written_off: tuple[WriteOff, ...] = ()
    venue_time: datetime | None = None


Event = (
    BalanceChanged
    | BooksChecked
    | CandleClosed
    | OrderReported
    | TradesRead
    | OrderRefused
    | OutcomeUnknown
    | IntentAbandoned
    | OrderNotFound
    | CancelUnresolved
    | StreamRestored
    | RulesChanged
    | HaltChanged
    | LeaseAcquired
    | LeaseEnded
    | TimerFired
    | ShutdownRequested
)
