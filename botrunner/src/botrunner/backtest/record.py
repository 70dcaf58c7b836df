"""What a backtest keeps of its run: closed trades, fees, decisions by kind, the equity curve."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from botcore.domain.money import ZERO
from botcore.domain.orders import Order, Purpose, Side
from botrunner.backtest.worth import Worth
from botrunner.trading.commands import Booked, RecordDecision
from botrunner.trading.rules import Rules
from botrunner.trading.state import Key

__all__ = ["ClosedTrade", "Record"]

_MOST_REASONS: Final = 200
"""How many different reasons of blocked entries are told apart."""
_WHY: Final = {Purpose.STOP_LOSS: "stop loss", Purpose.TAKE_PROFIT: "take profit"}


@dataclass(slots=True, kw_only=True)
class ClosedTrade:
    """One sale with the purchases it closes, first in first out.

    `entry_price` and `exit_price` are averages per unit of base asset without fees; `fees` are those
    of both sides and `profit` is after them, all in quote asset.
    """

    strategy: str
    symbol: str
    entered_at: datetime
    exited_at: datetime
    entry_reason: str
    exit_reason: str
    quantity: Decimal = ZERO
    bought_for: Decimal = ZERO
    sold_for: Decimal = ZERO
    fees: Decimal = ZERO
    profit: Decimal = ZERO
    largest: Decimal = ZERO
    """Of which purchase `entered_at` and `entry_reason` are: the first of the largest part."""

    @property
    def entry_price(self) -> Decimal:
        """Return the average price paid."""
        return self.bought_for / self.quantity

    @property
    def exit_price(self) -> Decimal:
        """Return the average price received."""
        return self.sold_for / self.quantity

    @property
    def profit_percent(self) -> Decimal:
        """Return the profit as per cent of what was paid."""
        return self.profit * 100 / self.bought_for


@dataclass(slots=True)
class _Purchase:
    price: Decimal
    unit_fee: Decimal
    left: Decimal
    at: datetime
    reason: str


@dataclass(slots=True, kw_only=True)
class Record:
    """Filled while a backtest runs.

    `fees` and `turnover` (bought and sold) are in quote asset.
    """

    rules: Rules
    worth: Worth = field(init=False)
    trades: dict[str, ClosedTrade] = field(default_factory=dict)
    fees: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    turnover: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    fills: int = 0
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By strategy and action."""
    blocked: Counter[str] = field(default_factory=Counter)
    """Why entries were blocked."""
    _reasons: dict[str, str] = field(default_factory=dict)
    _advice: dict[Key, str] = field(default_factory=dict)
    _purchases: dict[tuple[str, int], _Purchase] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.worth = Worth(self.rules)

    def held_on(self, strategy: str, count: int) -> None:
        """Count decisions to hold that were not written down one by one."""
        self.decisions[strategy, "Hold"] += count

    def decided(self, decision: RecordDecision) -> None:
        """Count a decision."""
        self.decisions[decision.strategy, decision.action] += 1
        if decision.action == "Blocked":
            known = decision.reason in self.blocked or len(self.blocked) < _MOST_REASONS
            self.blocked[decision.reason if known else "other reasons"] += 1
        else:
            self._advice[decision.strategy, decision.symbol] = decision.reason

    def placed(self, order: Order, exiting: Mapping[Key, str]) -> None:
        """Note why an order is placed."""
        key = (order.strategy, order.symbol)
        advice = self._advice.get(key, "")
        if order.purpose is Purpose.EXIT:
            advice = exiting.get(key, advice)
        self._reasons[order.client_order_id] = _WHY.get(order.purpose, advice)

    def booked(self, booked: Booked) -> None:
        """Take a fill: a purchase opens, a sale closes what was bought first."""
        order, fill = booked.order, booked.fill
        key = (order.strategy, order.symbol)
        is_base = fill.commission_asset and fill.commission_asset != self.rules.quote_asset
        fee = fill.commission * fill.price if is_base else fill.commission
        self.fills += 1
        self.fees[key] += fee
        self.turnover[key] += fill.quote_quantity
        if fill.side is Side.BUY:
            received = booked.changed[0].remaining
            self._purchases[fill.symbol, fill.trade_id] = _Purchase(
                price=fill.price,
                unit_fee=fee / received,
                left=received,
                at=fill.venue_time,
                reason=self._reasons.get(order.client_order_id, ""),
            )
        else:
            self._close(booked, fee)

    def _close(self, booked: Booked, fee: Decimal) -> None:
        order, fill = booked.order, booked.fill
        first = self._purchases[fill.symbol, booked.changed[0].trade_id]
        trade = self.trades.setdefault(
            order.client_order_id,
            ClosedTrade(
                strategy=order.strategy,
                symbol=order.symbol,
                entered_at=first.at,
                exited_at=fill.venue_time,
                entry_reason=first.reason,
                exit_reason=self._reasons.get(order.client_order_id, ""),
            ),
        )
        trade.exited_at = fill.venue_time
        trade.fees += fee
        trade.profit += booked.realized_quote or ZERO
        trade.sold_for += fill.quote_quantity
        for lot in booked.changed:
            purchase = self._purchases[fill.symbol, lot.trade_id]
            taken = purchase.left - lot.remaining
            purchase.left = lot.remaining
            trade.quantity += taken
            trade.bought_for += taken * purchase.price
            trade.fees += taken * purchase.unit_fee
            if taken > trade.largest:  # dust of an earlier position comes first, and says nothing
                trade.largest = taken
                trade.entered_at, trade.entry_reason = purchase.at, purchase.reason
            if lot.remaining == ZERO:
                del self._purchases[fill.symbol, lot.trade_id]
