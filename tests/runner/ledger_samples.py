"""Orders and fills for tests of the runner's ledger."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from botcore.domain.lots import SubBook, book
from botcore.domain.order_lifecycle import book_fill
from botcore.domain.orders import Fill, Order, OrderType, Purpose, Side
from botrunner.trading.commands import Booked, RecordDecision

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def an_order(client_order_id: str = "kb-1", **given: object) -> Order:
    order = Order(
        strategy="s",
        symbol="BTCUSDT",
        client_order_id=client_order_id,
        epoch=1,
        purpose=Purpose.ENTRY,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=Decimal(2),
        venue_time=AT,
    )
    return replace(order, **given)


def a_fill(trade_id: int = 1, **given: object) -> Fill:
    fill = Fill(
        symbol="BTCUSDT",
        trade_id=trade_id,
        exchange_order_id=7,
        side=Side.BUY,
        price=Decimal(100),
        quantity=Decimal(1),
        quote_quantity=Decimal(100),
        commission=Decimal("0.001"),
        commission_asset="BTC",
        venue_time=AT,
    )
    return replace(fill, **given)


def booked(order: Order, fill: Fill, sub_book: SubBook | None = None) -> Booked:
    """Book a fill as the trading core does."""
    before = sub_book or SubBook(strategy=order.strategy, symbol=order.symbol)
    booking = book(before, fill, base_asset="BTC", quote_asset="USDT")
    return Booked(
        order=book_fill(order, fill),
        fill=fill,
        sub_book=booking.sub_book,
        changed=booking.changed,
        realized_quote=booking.realized_quote,
    )


def a_decision(candle_close: datetime = AT) -> RecordDecision:
    return RecordDecision(
        strategy="s",
        symbol="BTCUSDT",
        candle_close=candle_close,
        action="Hold",
        reason="NoSignal",
        price=Decimal(100),
    )
