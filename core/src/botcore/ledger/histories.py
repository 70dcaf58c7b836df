"""A bot's orders and equity over time, page by page; row level security keeps them to the acting user."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection
from botcore.ledger.report_rows import EquityRow, PastOrderRow

__all__ = ["list_equity", "list_orders"]


async def list_orders(
    connection: Connection, bot_uid: UUID, *, before: int | None, limit: int
) -> list[PastOrderRow]:
    """List a bot's orders of every status, the newest first, older than the one of id `before`."""
    async with connection.cursor(row_factory=class_row(PastOrderRow)) as cursor:
        await cursor.execute(
            "select id, client_order_id, exchange_order_id, strategy, symbol, purpose, side, type,"
            " quantity, price, stop_price, status, executed_quantity, cumulative_quote, reason,"
            " created_at, updated_at"
            " from kbots.orders where bot_uid = %(bot)s and (%(before)s::bigint is null or id < %(before)s)"
            " order by id desc limit %(limit)s",
            {"bot": bot_uid, "before": before, "limit": limit},
        )
        return await cursor.fetchall()


async def list_equity(
    connection: Connection, bot_uid: UUID, *, before: datetime | None, limit: int
) -> list[EquityRow]:
    """List a bot's equity, the newest first, written before an instant."""
    async with connection.cursor(row_factory=class_row(EquityRow)) as cursor:
        await cursor.execute(
            "select at, venue_time, equity, realized, unrealized, exposure from kbots.equity"
            " where bot_uid = %(bot)s and (%(before)s::timestamptz is null or at < %(before)s)"
            " order by at desc limit %(limit)s",
            {"bot": bot_uid, "before": before, "limit": limit},
        )
        return await cursor.fetchall()
