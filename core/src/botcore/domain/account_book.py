"""What others do on a bot's exchange account, and what the account began with (design §6)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from botcore.domain.money import ZERO
from botcore.domain.orders import Fill, Side

__all__ = [
    "FEE_ASSET",
    "Adjustment",
    "AdjustmentKind",
    "BookTotals",
    "ExternalOrder",
    "Traded",
    "fill_changes",
]


FEE_ASSET: Final = "BNB"
"""What Binance takes its fees in, where the account asks for it (binance.md §1.9)."""


class AdjustmentKind(StrEnum):
    """What most likely changed a balance."""

    DEPOSIT = "Deposit"
    WITHDRAWAL = "Withdrawal"
    MANUAL_TRADE = "ManualTrade"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A change of a balance that own fills do not explain.

    `before` is what the ledger said the account holds (free and locked), `after` what it holds.
    `lots` is how much of own lots was written off with it, `realized_quote` what that lost (TR-20).
    """

    asset: str
    amount: Decimal
    kind: AdjustmentKind
    before: Decimal
    after: Decimal
    venue_time: datetime
    lots: Decimal = ZERO
    realized_quote: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalOrder:
    """An order on the account that this bot did not place; never managed (TR-42).

    `is_own_mark`: its id carries this bot's mark although its ledger does not know it (TR-11).
    """

    symbol: str
    exchange_order_id: int
    client_order_id: str
    side: str
    type: str
    quantity: Decimal
    price: Decimal | None
    status: str
    executed_quantity: Decimal
    venue_time: datetime
    is_own_mark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """All own fills of one symbol and side; quantity in base, the worth in quote asset."""

    symbol: str
    side: Side
    quantity: Decimal
    quote_quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTotals:
    """Sums over the whole book: (asset, amount) of opening, adjustments and fees, and what was traded."""

    is_open: bool
    amounts: tuple[tuple[str, Decimal], ...]
    traded: tuple[Traded, ...]


def fill_changes(fill: Fill, base_asset: str, quote_asset: str) -> tuple[tuple[str, Decimal], ...]:
    """Return what a fill did to the account: by asset, as often as there were reasons."""
    sign = 1 if fill.side is Side.BUY else -1
    return (
        (base_asset, sign * fill.quantity),
        (quote_asset, -sign * fill.quote_quantity),
        *(((fill.commission_asset, -fill.commission),) if fill.commission else ()),
    )
