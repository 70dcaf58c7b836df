"""The venue of a backtest: the paper exchange's own engine, without its protocols."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from botcore.candles.path import POINTS, moments
from botcore.domain.orders import Fill, OrderReport, OrderStatus, Side
from botcore.domain.orders import Order as OwnOrder
from botcore.matching.accounts import Account
from botcore.matching.engine import Engine
from botcore.matching.lists import OcoRequest
from botcore.matching.orders import Order, OrderRequest, OrderType, Trade
from botcore.matching.orders import Side as VenueSide
from botcore.matching.refusals import UNKNOWN_ORDER, VenueError
from botcore.matching.reports import Changes, ExecutionReport
from botrunner.backtest.markets import Market
from botrunner.backtest.tape import Tape
from botrunner.backtest.units import decimal_of, instant, units_of
from botrunner.trading.commands import CancelOrder, FindOrder, ReadTrades
from botrunner.trading.events import (
    CancelUnresolved,
    Event,
    OrderNotFound,
    OrderRefused,
    OrderReported,
    TradesRead,
)

__all__ = ["Fees", "SimulatedVenue"]

_UID: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """Commission rates, as shares of what is received (0.001 = 0.1 %)."""

    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")


class SimulatedVenue:
    """Trades one account's orders against a tape, and answers as the exchange would.

    Its market moves lazily: as long as no order is near, candles pass without a look, and what
    the market would remember of them is made up for when an order is placed. So a candle costs
    the same whether anyone watches the market or not, and fills are those of the paper exchange.
    """

    def __init__(self, tape: Tape, fees: Fees, balances: dict[str, Decimal]) -> None:
        """Open the account with these balances before the tape's first candle."""
        self._tape = tape
        self._engine = Engine(one.listing for one in tape.markets.values())
        self._engine.add_account(
            Account(
                uid=_UID,
                name="backtest",
                maker_rate=units_of(fees.maker),
                taker_rate=units_of(fees.taker),
                free={asset: units_of(amount) for asset, amount in balances.items()},
            )
        )
        self._seen = dict.fromkeys(tape.markets, -1)
        for symbol, market in tape.markets.items():
            for tick in market.ticks(market.first)[:1]:  # where a fresh exchange stands
                self._engine.markets[symbol].tick(tick)
        self._engine.drain()
        self._now_ms = tape.begin_ms
        self._index = -1
        self._orders: dict[str, Order] = {}
        self._trades: dict[int, list[Fill]] = {}

    def balances(self) -> dict[str, Decimal]:
        """Give what the account owns, free and locked together, by asset."""
        account = self._engine.accounts[_UID]
        return {
            asset: decimal_of(account.free.get(asset, 0) + account.locked.get(asset, 0))
            for asset in account.assets()
        }

    def passes(self, index: int) -> bool:
        """Go to the end of a candle if no order is touched on the way; else do nothing."""
        if self.first_touch(index, index + 1) == index:
            return False
        self.pass_to(index)
        return True

    def first_touch(self, begin: int, stop: int) -> int:
        """Give the first candle from `begin` on in which an order is touched; `stop` if it comes first."""
        if self._engine.has_open_orders:
            for symbol, market in self._tape.markets.items():
                stop = market.first_beyond(begin, stop, *self._engine.quiet_range(symbol))
        return stop

    def pass_to(self, index: int) -> None:
        """Go to the end of a candle, to which no order was touched."""
        self._index = index
        self._now_ms = self._tape.begin_ms + (index + 1) * self._tape.length_ms

    def trade(self, index: int, point: int) -> list[Event]:
        """Let all symbols trade at one of a candle's four moments; tell what that did to orders."""
        if point == 0:
            for market in self._tape.markets.values():
                self._catch_up(market, index - 1)
        offset = moments(self._tape.length_ms)[point]
        self._now_ms = self._tape.begin_ms + index * self._tape.length_ms + offset
        events: list[Event] = []
        for symbol, market in self._tape.markets.items():
            for tick in market.ticks(index):
                if tick.time_ms == self._now_ms:
                    self._engine.move(tick)
                    events += self._told(self._noted())
            self._seen[symbol] = index
        if point == POINTS - 1:
            self.pass_to(index)
        return events

    def place(self, *orders: OwnOrder) -> list[Event]:
        """Take an order, or both legs of a list; the answer comes first, then what else it changed."""
        self._catch_up(self._tape.markets[orders[0].symbol], self._index)
        try:
            placed = self._send(*orders)
        except VenueError as refusal:
            return [
                OrderRefused(
                    client_order_id=order.client_order_id,
                    code=refusal.code,
                    reason=refusal.message,
                )
                for order in orders
            ]
        changes = self._noted()
        answers: list[Event] = []
        for one in placed:
            fills = tuple(_fill(trade) for trade in changes.trades if trade.order_id == one.id)
            answers.append(OrderReported(report=_report(one), fills=fills))
        return [*answers, *self._told(changes, but={one.id for one in placed})]

    def _send(self, order: OwnOrder, below: OwnOrder | None = None) -> list[Order]:
        if below is None:
            return [self._engine.place(_UID, _request(order), self._now_ms)]
        request = OcoRequest(
            above=_request(order),
            below=_request(below),
            list_client_id=order.list_client_order_id,
        )
        return self._engine.place_list(_UID, request, self._now_ms)

    def cancel(self, command: CancelOrder) -> list[Event]:
        """Cancel an order, and its list with it; one that is not open any more must be re-read (TR-9)."""
        order = self._orders.get(command.client_order_id)
        if order is None:
            return [_unresolved(command, UNKNOWN_ORDER[1])]
        try:
            ended = self._engine.cancel(order, self._now_ms)
        except VenueError as refusal:
            return [_unresolved(command, refusal.message)]
        changes = self._noted()
        answers: list[Event] = [OrderReported(report=_report(one)) for one in ended]
        return [*answers, *self._told(changes, but={one.id for one in ended})]

    def find(self, command: FindOrder) -> list[Event]:
        """Tell an order's state."""
        order = self._orders.get(command.client_order_id)
        if order is None:
            return [OrderNotFound(client_order_id=command.client_order_id, age_seconds=60)]
        return [OrderReported(report=_report(order))]

    def read_trades(self, command: ReadTrades) -> list[Event]:
        """Tell all fills of an order."""
        fills = self._trades.get(command.exchange_order_id, [])
        return [TradesRead(client_order_id=command.client_order_id, fills=tuple(fills))]

    def _catch_up(self, market: Market, index: int) -> None:
        """Let the market remember what it would of the candles up to this one.

        That is its last trade and those of the minutes before it that make the average price.
        """
        symbol = market.listing.symbol
        first = self._seen[symbol] + 1
        last = index
        while last >= first and not market.ticks(last):
            last -= 1
        if last >= first:
            ticks = market.ticks(last)
            oldest = ticks[-1].time_ms - market.listing.average_minutes * 60_000
            back = last
            while (
                back > first and market.begin_ms + (back - market.first) * market.length_ms > oldest
            ):
                back -= 1
            for one in range(back, last + 1):
                for tick in market.ticks(one):
                    self._engine.markets[symbol].tick(tick)
        self._seen[symbol] = max(self._seen[symbol], index)

    def _noted(self) -> Changes:
        changes = self._engine.drain()
        for order in changes.orders.values():
            self._orders[order.client_order_id] = order
        for trade in changes.trades:
            self._trades.setdefault(trade.order_id, []).append(_fill(trade))
        return changes

    def _told(self, changes: Changes, *, but: AbstractSet[int] = frozenset()) -> Iterable[Event]:
        """Turn the user stream's reports into events, those of some orders left out."""
        for report in changes.reports:
            if isinstance(report, ExecutionReport) and report.order.id not in but:
                fills = () if report.trade is None else (_fill(report.trade),)
                reason = report.order.expiry_reason or report.reject_reason
                yield OrderReported(report=_report(report.order, reason), fills=fills)


def _unresolved(command: CancelOrder, reason: str) -> CancelUnresolved:
    return CancelUnresolved(client_order_id=command.client_order_id, reason=reason)


def _request(order: OwnOrder) -> OrderRequest:
    return OrderRequest(
        symbol=order.symbol,
        side=VenueSide(order.side.value),
        type=OrderType(order.type.value),
        quantity=units_of(order.quantity),
        price=0 if order.price is None else units_of(order.price),
        stop_price=0 if order.stop_price is None else units_of(order.stop_price),
        client_order_id=order.client_order_id,
    )


def _report(order: Order, reason: str | None = None) -> OrderReport:
    return OrderReport(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        exchange_order_id=order.id,
        status=OrderStatus(order.status.value),
        executed_quantity=decimal_of(order.executed),
        cumulative_quote=decimal_of(order.quote_executed),
        venue_time=instant(order.updated_ms),
        reason=order.expiry_reason if reason is None else reason,
    )


def _fill(trade: Trade) -> Fill:
    return Fill(
        symbol=trade.symbol,
        trade_id=trade.id,
        exchange_order_id=trade.order_id,
        side=Side(trade.side.value),
        price=decimal_of(trade.price),
        quantity=decimal_of(trade.quantity),
        quote_quantity=decimal_of(trade.quote),
        commission=decimal_of(trade.commission),
        commission_asset=trade.commission_asset,
        venue_time=instant(trade.time_ms),
    )
