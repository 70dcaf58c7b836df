"""What happened: fills, orders and equity, newest first, page by page; money as text."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BeforeValidator

from botcore.domain.money import wire
from botcore.ledger.report_rows import FillCursor
from botdashboard.access.policy import Action, Actor
from botdashboard.api.v1.front import (
    Acting,
    ApiModel,
    Before,
    Limit,
    Name,
    Namespace,
    api_router,
    cursor_of,
    needs,
)
from botdashboard.services.desk import Desk
from botdashboard.views.cursors import (
    fill_cursor,
    fill_cursor_text,
    instant,
    instant_text,
    row_number,
)
from botdashboard.views.records import BotKey

__all__ = ["history_routes"]


def _money(value: object) -> object:
    return wire(value) if isinstance(value, Decimal) else value


Money = Annotated[str, BeforeValidator(_money)]
"""A decimal without an exponent, as text."""


class Fill(ApiModel):
    """One execution; amounts in the quote asset but `quantity`, fees in `commissionAsset`."""

    namespace: str
    bot: str
    bot_uid: UUID
    strategy: str
    symbol: str
    trade_id: int
    purpose: str
    side: str
    price: Money
    quantity: Money
    quote_quantity: Money
    commission: Money
    commission_asset: str
    commission_quote: Money | None
    realized_quote: Money | None
    doubt: str
    venue_time: datetime


class FillPage(ApiModel):
    """A page of fills."""

    items: list[Fill]
    next: str | None


class Order(ApiModel):
    """An order of any status."""

    client_order_id: str
    exchange_order_id: int | None
    strategy: str
    symbol: str
    purpose: str
    side: str
    type: str
    quantity: Money
    price: Money | None
    stop_price: Money | None
    status: str
    executed_quantity: Money
    cumulative_quote: Money
    reason: str
    created_at: datetime
    updated_at: datetime


class OrderPage(ApiModel):
    """A page of orders."""

    items: list[Order]
    next: str | None


class Equity(ApiModel):
    """What the bot was worth, in its quote asset."""

    at: datetime
    venue_time: datetime
    equity: Money
    realized: Money
    unrealized: Money
    exposure: Money


class EquityPage(ApiModel):
    """A page of equity."""

    items: list[Equity]
    next: str | None


def history_routes(desk: Desk) -> APIRouter:
    """Make the routes."""
    router = api_router()

    @router.get("/trades", dependencies=needs(desk, Action.VIEW_BOT))
    async def list_trades(actor: Acting, before: Before = None, limit: Limit = 100) -> FillPage:
        return await _fills(desk, actor, None, cursor_of(before, fill_cursor), limit)

    @router.get("/bots/{namespace}/{name}/trades", dependencies=needs(desk, Action.VIEW_BOT))
    async def list_trades_of_bot(
        actor: Acting, namespace: Namespace, name: Name, before: Before = None, limit: Limit = 100
    ) -> FillPage:
        cursor = cursor_of(before, fill_cursor)
        record = await desk.bots.record(actor, BotKey(namespace=namespace, name=name))
        return await _fills(desk, actor, record.uid, cursor, limit)

    @router.get("/bots/{namespace}/{name}/orders", dependencies=needs(desk, Action.VIEW_BOT))
    async def list_orders(
        actor: Acting, namespace: Namespace, name: Name, before: Before = None, limit: Limit = 100
    ) -> OrderPage:
        cursor = cursor_of(before, row_number)
        record = await desk.bots.record(actor, BotKey(namespace=namespace, name=name))
        rows, following = await desk.histories.orders(actor, record, cursor, limit)
        return OrderPage(
            items=[Order.model_validate(one, from_attributes=True) for one in rows],
            next=None if following is None else str(following),
        )

    _add_equity(router, desk)
    return router


def _add_equity(router: APIRouter, desk: Desk) -> None:
    @router.get("/bots/{namespace}/{name}/equity", dependencies=needs(desk, Action.VIEW_BOT))
    async def list_equity(
        actor: Acting, namespace: Namespace, name: Name, before: Before = None, limit: Limit = 100
    ) -> EquityPage:
        cursor = cursor_of(before, instant)
        record = await desk.bots.record(actor, BotKey(namespace=namespace, name=name))
        rows, following = await desk.histories.equity(actor, record, cursor, limit)
        return EquityPage(
            items=[Equity.model_validate(one, from_attributes=True) for one in rows],
            next=None if following is None else instant_text(following),
        )


async def _fills(
    desk: Desk, actor: Actor, bot_uid: UUID | None, before: FillCursor | None, limit: int
) -> FillPage:
    rows, following = await desk.trades.fills(actor, bot_uid, before, limit)
    return FillPage(
        items=[Fill.model_validate(one, from_attributes=True) for one in rows],
        next=fill_cursor_text(following) if following else None,
    )
