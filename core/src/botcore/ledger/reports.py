"""What happened, as the dashboard reads it; row level security keeps it to the acting user."""

from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection
from botcore.ledger.report_rows import (
    AdjustmentRow,
    BalanceRow,
    DecisionRow,
    ExternalOrderRow,
    Figures,
    FillCursor,
    FillRow,
    LogRow,
    OrderRow,
    PositionRow,
)

__all__ = [
    "list_adjustments",
    "list_balances",
    "list_decisions",
    "list_external_orders",
    "list_figures",
    "list_fills",
    "list_log_lines",
    "list_positions",
    "list_working_orders",
]

# As the operator writes them into the status: days end at midnight UTC of the venue's clock.
_FIGURES = """
select l.bot_uid, h.state, h.reason as state_reason, h.generation, h.epoch, h.at as heartbeat_at,
       e.equity, e.at as equity_at, e.pnl as total_pnl,
       e.pnl - coalesce(yesterday.pnl, 0) as today_pnl,
       (select count(*)::int from kbots.positions o
        where o.book_id = l.book_id and o.quantity > 0 and not o.is_dust) as open_positions
from kbots.bot_logins l
left join kbots.heartbeats h on h.bot_uid = l.bot_uid
left join lateral (
    select equity, at, venue_time, realized + unrealized as pnl from kbots.equity
    where bot_uid = l.bot_uid and book_id = l.book_id
    order by at desc limit 1
) e on true
left join lateral (
    select realized + unrealized as pnl from kbots.equity
    where bot_uid = l.bot_uid and book_id = l.book_id
      and venue_time < date_trunc('day', e.venue_time, 'UTC')
    order by at desc limit 1
) yesterday on true
where l.retired_at is null
"""


async def list_figures(connection: Connection) -> list[Figures]:
    """List the figures of every bot of the acting user that has a login now."""
    async with connection.cursor(row_factory=class_row(Figures)) as cursor:
        await cursor.execute(_FIGURES)
        return await cursor.fetchall()


# Each bot's newest come from its own index: a page costs the same however long the history.
_FILLS = """
select f.*
from (
    select distinct on (bot_uid) bot_uid, namespace, name from kbots.bot_logins
    where %(bot_uid)s::uuid is null or bot_uid = %(bot_uid)s
    order by bot_uid, created_at desc
) b
cross join lateral (
    select bot_uid, b.namespace, b.name as bot, strategy, symbol, trade_id, purpose, side, price,
           quantity, quote_quantity, commission, commission_asset, commission_quote, doubt,
           realized_quote, venue_time, created_at
    from kbots.fills
    where bot_uid = b.bot_uid
      and (%(time)s::timestamptz is null or venue_time <= %(time)s)
      and (%(time)s::timestamptz is null
           or (venue_time, symbol, trade_id) < (%(time)s, %(symbol)s::text, %(trade_id)s::bigint))
    order by venue_time desc, symbol desc, trade_id desc
    limit %(limit)s
) f
order by f.venue_time desc, f.symbol desc, f.trade_id desc
limit %(limit)s
"""


async def list_fills(
    connection: Connection,
    *,
    bot_uid: UUID | None = None,
    before: FillCursor | None = None,
    limit: int = 50,
) -> list[FillRow]:
    """List the acting user's fills, newest first by venue time, older than `before`."""
    async with connection.cursor(row_factory=class_row(FillRow)) as cursor:
        await cursor.execute(
            _FILLS,
            {
                "bot_uid": bot_uid,
                "time": before.venue_time if before else None,
                "symbol": before.symbol if before else None,
                "trade_id": before.trade_id if before else None,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def list_decisions(connection: Connection, bot_uid: UUID, limit: int) -> list[DecisionRow]:
    """List a bot's latest decisions, newest first."""
    async with connection.cursor(row_factory=class_row(DecisionRow)) as cursor:
        await cursor.execute(
            "select strategy, symbol, candle_close, action, reason, price from kbots.decisions"
            " where bot_uid = %s order by created_at desc limit %s",
            [bot_uid, limit],
        )
        return await cursor.fetchall()


async def list_log_lines(connection: Connection, bot_uid: UUID, limit: int) -> list[LogRow]:
    """List a bot's latest log lines, newest first."""
    async with connection.cursor(row_factory=class_row(LogRow)) as cursor:
        await cursor.execute(
            "select at, level, event, fields from kbots.bot_logs"
            " where bot_uid = %s order by at desc limit %s",
            [bot_uid, limit],
        )
        return await cursor.fetchall()


async def list_positions(connection: Connection, bot_uid: UUID) -> list[PositionRow]:
    """List what the bot's strategies hold or have held, in the book it trades now."""
    async with connection.cursor(row_factory=class_row(PositionRow)) as cursor:
        await cursor.execute(
            "select p.strategy, p.symbol, p.quantity, p.cost_quote, p.realized_quote, p.is_dust"
            " from kbots.positions p join kbots.bot_logins l on l.book_id = p.book_id"
            " where l.bot_uid = %s and l.retired_at is null order by p.strategy, p.symbol",
            [bot_uid],
        )
        return await cursor.fetchall()


async def list_balances(connection: Connection, bot_uid: UUID) -> list[BalanceRow]:
    """List the balances of the bot's exchange account that are not zero."""
    async with connection.cursor(row_factory=class_row(BalanceRow)) as cursor:
        await cursor.execute(
            "select b.asset, b.free, b.locked, b.updated_at"
            " from kbots.balances b join kbots.bot_logins l on l.book_id = b.book_id"
            " where l.bot_uid = %s and l.retired_at is null and b.free + b.locked <> 0"
            " order by b.asset",
            [bot_uid],
        )
        return await cursor.fetchall()


async def list_working_orders(connection: Connection, bot_uid: UUID) -> list[OrderRow]:
    """List the orders of the bot's book that are not settled yet, newest first."""
    async with connection.cursor(row_factory=class_row(OrderRow)) as cursor:
        await cursor.execute(
            "select o.strategy, o.symbol, o.purpose, o.side, o.type, o.quantity, o.price,"
            " o.stop_price, o.status, o.executed_quantity, o.created_at"
            " from kbots.orders o join kbots.bot_logins l on l.book_id = o.book_id"
            " where o.status in ('PENDING_NEW', 'UNKNOWN', 'NEW', 'PARTIALLY_FILLED')"
            " and l.bot_uid = %s and l.retired_at is null order by o.id desc limit 200",
            [bot_uid],
        )
        return await cursor.fetchall()


async def list_external_orders(
    connection: Connection, bot_uid: UUID, limit: int
) -> list[ExternalOrderRow]:
    """List others' orders on the account of the bot's book, newest first (TR-42)."""
    async with connection.cursor(row_factory=class_row(ExternalOrderRow)) as cursor:
        await cursor.execute(
            "select o.symbol, o.exchange_order_id, o.client_order_id, o.is_own_mark, o.side, o.type,"
            " o.quantity, o.price, o.status, o.executed_quantity, o.venue_time"
            " from kbots.external_orders o join kbots.bot_logins l on l.book_id = o.book_id"
            " where l.bot_uid = %s and l.retired_at is null"
            " order by o.venue_time desc, o.exchange_order_id desc limit %s",
            [bot_uid, limit],
        )
        return await cursor.fetchall()


async def list_adjustments(
    connection: Connection, bot_uid: UUID, limit: int
) -> list[AdjustmentRow]:
    """List what others changed on the account of the bot's book, newest first."""
    async with connection.cursor(row_factory=class_row(AdjustmentRow)) as cursor:
        await cursor.execute(
            "select a.id, a.asset, a.amount, a.kind, a.before, a.after, a.lots, a.venue_time"
            " from kbots.adjustments a join kbots.bot_logins l on l.book_id = a.book_id"
            " where l.bot_uid = %s and l.retired_at is null order by a.id desc limit %s",
            [bot_uid, limit],
        )
        return await cursor.fetchall()
