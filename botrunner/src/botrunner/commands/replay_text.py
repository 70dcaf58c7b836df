"""One line for people per event or command."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from botcore.domain.money import wire
from botcore.domain.orders import Fill, Order
from botrunner.trading.commands import (
    Note,
    PlaceOrder,
    PlaceOrderList,
    RecordDecision,
    SaveBooking,
    SaveOrder,
)
from botrunner.trading.events import BooksChecked, CandleClosed, OrderReported, TradesRead

__all__ = ["text_of"]


def text_of(value: object) -> str:
    """Describe an event or a command; those without words of their own by their fields."""
    describe = _WORDS.get(type(value))
    return f"{type(value).__name__} {describe(value) if describe else _fields(value)}".rstrip()


def _candle(event: CandleClosed) -> str:
    candle = event.candle
    history = " (history)" if event.is_history else ""
    return (
        f"{candle.symbol} {candle.interval} closed {_plain(candle.close_at)}"
        f" at {wire(candle.close)}{history}"
    )


def _reported(event: OrderReported) -> str:
    report = event.report
    reason = f" ({report.reason})" if report.reason else ""
    return (
        f"{report.client_order_id} {report.symbol} {report.status},"
        f" executed {wire(report.executed_quantity)}{reason}{_fills(event.fills)}"
    )


def _fills(fills: tuple[Fill, ...]) -> str:
    return "".join(f"; fill {_fill(fill)}" for fill in fills)


def _fill(fill: Fill) -> str:
    return f"{fill.side} {wire(fill.quantity)} {fill.symbol} at {wire(fill.price)}"


def _order(order: Order) -> str:
    prices = "".join(
        f" {name} {wire(price)}"
        for name, price in (("at", order.price), ("stop", order.stop_price))
        if price is not None
    )
    return (
        f"{order.strategy} {order.purpose}: {order.side} {order.type} {wire(order.quantity)}"
        f" {order.symbol}{prices} [{order.client_order_id} {order.status}]"
    )


def _decision(command: RecordDecision) -> str:
    return (
        f"{command.strategy} {command.symbol} {command.action} at {wire(command.price)}:"
        f" {command.reason}"
    )


def _booking(command: SaveBooking) -> str:
    booked = command.booked
    realized = booked.realized_quote
    earned = "" if realized is None else f", realised {wire(realized)}"
    return f"{booked.order.strategy}: {_fill(booked.fill)}{earned}"


def _checked(event: BooksChecked) -> str:
    problems = "; ".join(f"{one.reason}: {one.message}" for one in event.problems) or "books agree"
    gone = "".join(
        f"; {one.strategy} {one.symbol} writes off {wire(one.quantity)}"
        for one in event.written_off
    )
    return f"{problems}{gone}"


_WORDS: Final[dict[type, Callable[[Any], str]]] = {
    BooksChecked: _checked,
    CandleClosed: _candle,
    OrderReported: _reported,
    TradesRead: lambda event: f"{event.client_order_id}{_fills(event.fills)}",
    PlaceOrder: lambda command: _order(command.order),
    PlaceOrderList: lambda command: "; ".join(map(_order, command.orders)),
    SaveOrder: lambda command: _order(command.order),
    RecordDecision: _decision,
    SaveBooking: _booking,
    Note: lambda note: f"{note.event} {' '.join(f'{key}={fact}' for key, fact in note.facts)}",
}


def _fields(value: object) -> str:
    if not is_dataclass(value):
        return str(value)
    return " ".join(f"{one.name}={_plain(getattr(value, one.name))}" for one in fields(value))


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return wire(value)
    if isinstance(value, datetime):
        return f"{value:%F %T}"
    return str(value)
