"""What the dashboard reads, as plain records: no driver, so that pure code may take them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

__all__ = [
    "AdjustmentRow",
    "AuditRow",
    "BalanceRow",
    "DecisionRow",
    "EquityRow",
    "ExternalOrderRow",
    "Figures",
    "FillCursor",
    "FillRow",
    "GrantRow",
    "HaltRow",
    "KeyEventRow",
    "KeyRow",
    "LogRow",
    "OrderRow",
    "PastOrderRow",
    "PositionRow",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One bot's figures now; money in the quote asset, None until the bot has written any."""

    bot_uid: UUID
    state: str | None
    state_reason: str | None
    generation: int | None
    epoch: int | None
    heartbeat_at: datetime | None
    equity: Decimal | None
    equity_at: datetime | None
    today_pnl: Decimal | None
    total_pnl: Decimal | None
    open_positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """One execution; `commission_quote` is None where the fee's worth is not known.

    `doubt` says why the report is not believed.
    """

    bot_uid: UUID
    namespace: str
    bot: str
    strategy: str
    symbol: str
    trade_id: int
    purpose: str
    side: str
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    commission: Decimal
    commission_asset: str
    commission_quote: Decimal | None
    doubt: str
    realized_quote: Decimal | None
    venue_time: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FillCursor:
    """Where a page of fills ends; the next one begins with older ones."""

    venue_time: datetime
    symbol: str
    trade_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What a bot decided on one closed candle, and why."""

    strategy: str
    symbol: str
    candle_close: datetime
    action: str
    reason: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of a bot's log."""

    at: datetime
    level: str
    event: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """What a strategy holds in one symbol; cost and profit in the quote asset, fees in.

    `is_dust`: too little to be sold.
    """

    strategy: str
    symbol: str
    quantity: Decimal
    cost_quote: Decimal
    realized_quote: Decimal
    is_dust: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """One asset of the bot's exchange account."""

    asset: str
    free: Decimal
    locked: Decimal
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order that is not settled yet."""

    strategy: str
    symbol: str
    purpose: str
    side: str
    type: str
    quantity: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    status: str
    executed_quantity: Decimal
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalOrderRow:
    """An order on the bot's account that the bot did not place."""

    symbol: str
    exchange_order_id: int
    client_order_id: str
    is_own_mark: bool
    side: str
    type: str
    quantity: Decimal
    price: Decimal | None
    status: str
    executed_quantity: Decimal
    venue_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """A change of a balance that own fills do not explain; `lots` of the bot's own went with it."""

    id: int
    asset: str
    amount: Decimal
    kind: str
    before: Decimal
    after: Decimal
    lots: Decimal
    venue_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltRow:
    """A halt in force; `subject` is a bot's uid, an owner's name, or * for all."""

    scope: str
    subject: str
    reason: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One stored key; nobody gets the key itself back."""

    id: UUID
    label: str
    environment: str
    api_key_last4: str
    status: str
    reason: str
    account_uid: str | None
    permissions: dict[str, Any]
    verified_at: datetime | None
    checked_at: datetime | None
    created_at: datetime
    revision: int
    next_last4: str | None
    """Of a newer secret that waits, or was refused; None without one."""
    next_status: str | None
    next_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEventRow:
    """One line of what became of a key."""

    at: datetime
    kind: str
    revision: int
    api_key_last4: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """A live grant for one bot."""

    id: UUID
    key_id: UUID
    key_label: str
    quote_asset: str
    symbols: list[str]
    most_notional: Decimal
    granted_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrderRow:
    """An order of any status, as its bot's history shows it."""

    id: int
    client_order_id: str
    exchange_order_id: int | None
    strategy: str
    symbol: str
    purpose: str
    side: str
    type: str
    quantity: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    status: str
    executed_quantity: Decimal
    cumulative_quote: Decimal
    reason: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityRow:
    """What a bot was worth at an instant; money in the quote asset."""

    at: datetime
    venue_time: datetime
    equity: Decimal
    realized: Decimal
    unrealized: Decimal
    exposure: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit log."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    result: str
    ip: str
    detail: dict[str, Any]
    person: str
    """Whom it is about."""
