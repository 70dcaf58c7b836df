"""What the account should hold by the ledger, and what others did on it; by the bot's own login."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from botcore.domain.account_book import Adjustment, BookTotals, ExternalOrder, Traded
from botcore.domain.lots import Lot, SubBook
from botcore.domain.orders import Side
from botcore.ledger.connect import Connection
from botcore.ledger.journal import upsert_lots, upsert_position

__all__ = [
    "close_external_orders",
    "insert_adjustments",
    "insert_opening",
    "read_totals",
    "unknown_orders",
    "upsert_external_orders",
]


async def read_totals(connection: Connection) -> BookTotals:
    """Read the sums as of one moment."""
    async with connection.transaction():
        await connection.execute("set transaction isolation level repeatable read, read only")
        cursor = await connection.execute(
            "select asset, sum(amount) from ("
            " select asset, amount from kbots.opening_balances"
            " union all select asset, amount from kbots.adjustments"
            " union all select commission_asset, -commission from kbots.fills where commission <> 0"
            ") changes group by asset"
        )
        amounts = tuple([(asset, amount) async for asset, amount in cursor])
        cursor = await connection.execute(
            "select symbol, side, sum(quantity), sum(quote_quantity) from kbots.fills"
            " group by symbol, side"
        )
        traded = tuple(
            [
                Traded(symbol=symbol, side=Side(side), quantity=quantity, quote_quantity=quote)
                async for symbol, side, quantity, quote in cursor
            ]
        )
        cursor = await connection.execute("select exists (select from kbots.opening_balances)")
        row = await cursor.fetchone()
    return BookTotals(is_open=bool(row and row[0]), amounts=amounts, traded=traded)


async def insert_opening(
    connection: Connection,
    amounts: Sequence[tuple[str, Decimal]],
    *,
    venue_time: datetime,
    epoch: int,
) -> None:
    """Write what the account held when the book was opened; a book that is open stays as it is."""
    async with connection.transaction():
        await connection.execute("select kbots.assert_lease(%s)", [epoch])
        await connection.execute(
            "insert into kbots.opening_balances (asset, amount, venue_time)"
            " select o.asset, o.amount, %s from unnest(%s::text[], %s::numeric[]) as o (asset, amount)"
            " where not exists (select from kbots.opening_balances)",
            [venue_time, [asset for asset, _ in amounts], [amount for _, amount in amounts]],
        )


async def insert_adjustments(
    connection: Connection,
    rows: Sequence[Adjustment],
    written_off: Sequence[tuple[SubBook, Sequence[Lot]]],
    *,
    epoch: int,
) -> None:
    """Commit adjustment rows together with the lots that were written off, under the lease."""
    async with connection.transaction():
        await connection.execute("select kbots.assert_lease(%s)", [epoch])
        for row in rows:
            await connection.execute(
                "insert into kbots.adjustments"
                " (asset, amount, kind, before, after, lots, realized_quote, venue_time)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    row.asset,
                    row.amount,
                    row.kind.value,
                    row.before,
                    row.after,
                    row.lots,
                    row.realized_quote,
                    row.venue_time,
                ],
            )
        for sub_book, lots in written_off:
            await upsert_lots(connection, sub_book, lots)
            await upsert_position(connection, sub_book, is_dust=False)


async def upsert_external_orders(connection: Connection, orders: Sequence[ExternalOrder]) -> None:
    """Write what the venue last said of others' orders; an older report changes nothing."""
    async with connection.transaction():
        for order in orders:
            await connection.execute(
                "insert into kbots.external_orders as o (symbol, exchange_order_id, client_order_id,"
                " is_own_mark, side, type, quantity, price, status, executed_quantity, venue_time)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " on conflict (book_id, symbol, exchange_order_id) do update set"
                " status = excluded.status, executed_quantity = excluded.executed_quantity,"
                " venue_time = excluded.venue_time, updated_at = now()"
                " where excluded.venue_time >= o.venue_time",
                [
                    order.symbol,
                    order.exchange_order_id,
                    order.client_order_id,
                    order.is_own_mark,
                    order.side,
                    order.type,
                    order.quantity,
                    order.price,
                    order.status,
                    order.executed_quantity,
                    order.venue_time,
                ],
            )


async def close_external_orders(
    connection: Connection, symbol: str, still_open: Sequence[int]
) -> None:
    """Mark others' orders of a symbol that are no longer open as gone: how they ended was not heard."""
    await connection.execute(
        "update kbots.external_orders set status = 'GONE', updated_at = now()"
        " where symbol = %s and exchange_order_id <> all(%s) and status in ('NEW', 'PARTIALLY_FILLED')",
        [symbol, list(still_open)],
    )


async def unknown_orders(
    connection: Connection, client_order_ids: Sequence[str]
) -> tuple[str, ...]:
    """Return which of these ids are in no row of the book's journal."""
    cursor = await connection.execute(
        "select w.id from unnest(%s::text[]) as w (id)"
        " where not exists (select from kbots.orders o where o.client_order_id = w.id)",
        [list(client_order_ids)],
    )
    return tuple([found async for (found,) in cursor])
