"""What the runner's start-up reads from its journal, in one consistent snapshot."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from psycopg.rows import dict_row

from botcore.domain.lots import Lot, SubBook
from botcore.domain.orders import TERMINAL, Order, OrderStatus, OrderType, Purpose, Side
from botcore.ledger.connect import Connection

__all__ = ["Snapshot", "read_snapshot"]

_WORKING: Final = [status.value for status in OrderStatus if status not in TERMINAL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A book as it was written.

    `orders` are those not settled: perhaps alive at the venue, or with more executed than booked.
    `day_realized` has the last two venue days with fills, in quote asset. `sold_at` is when each
    (strategy, symbol) last sold; `stop_outs` the newest stops that sold at a loss, by client order id,
    oldest first; `entry_times` when the newest entries were decided, oldest first. All in venue time.
    `doubts` are the newest fills that are not believed as reported, with their day; `fee_assets` the third
    assets fees were paid in during the last 30 days.
    """

    orders: tuple[Order, ...]
    sub_books: tuple[SubBook, ...]
    decided: Mapping[tuple[str, str], datetime]
    day_realized: Mapping[date, Decimal]
    peak_equity: Decimal | None
    sold_at: Mapping[tuple[str, str], datetime]
    stop_outs: Mapping[str, datetime]
    entry_times: tuple[datetime, ...]
    doubts: tuple[tuple[date, str], ...]
    fee_assets: frozenset[str]


async def read_snapshot(connection: Connection) -> Snapshot:
    """Read everything as of one moment."""
    async with connection.transaction():
        await connection.execute("set transaction isolation level repeatable read, read only")
        return Snapshot(
            orders=await _orders(connection),
            sub_books=await _sub_books(connection),
            decided=await _decided(connection),
            day_realized=await _day_realized(connection),
            peak_equity=await _peak_equity(connection),
            sold_at=await _sold_at(connection),
            stop_outs=await _stop_outs(connection),
            entry_times=await _entry_times(connection),
            doubts=await _doubts(connection),
            fee_assets=await _fee_assets(connection),
        )


async def _orders(connection: Connection) -> tuple[Order, ...]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select o.*, coalesce(f.booked, 0) as booked_quantity, f.trade_ids"
        " from kbots.orders o left join ("
        "  select symbol, client_order_id, sum(quantity) as booked, array_agg(trade_id) as trade_ids"
        "  from kbots.fills"
        "  group by symbol, client_order_id"
        " ) f using (symbol, client_order_id)"
        " where o.status = any(%s) or o.executed_quantity > coalesce(f.booked, 0)"
        " order by o.id",
        [_WORKING],
    )
    return tuple([_order(row) for row in await cursor.fetchall()])


def _order(row: Mapping[str, Any]) -> Order:
    return Order(
        strategy=row["strategy"],
        symbol=row["symbol"],
        client_order_id=row["client_order_id"],
        epoch=row["epoch"],
        purpose=Purpose(row["purpose"]),
        side=Side(row["side"]),
        type=OrderType(row["type"]),
        quantity=row["quantity"],
        venue_time=row["venue_time"],
        list_client_order_id=row["list_client_order_id"],
        price=row["price"],
        stop_price=row["stop_price"],
        reserved_quote=row["reserved_quote"],
        status=OrderStatus(row["status"]),
        exchange_order_id=row["exchange_order_id"],
        executed_quantity=row["executed_quantity"],
        cumulative_quote=row["cumulative_quote"],
        booked_quantity=row["booked_quantity"],
        booked_trades=frozenset(row["trade_ids"] or ()),
        reason=row["reason"],
    )


async def _sub_books(connection: Connection) -> tuple[SubBook, ...]:
    lots: defaultdict[tuple[str, str], list[Lot]] = defaultdict(list)
    cursor = await connection.execute(
        "select strategy, symbol, trade_id, quantity, remaining, unit_cost, opened_at from kbots.lots"
        " where remaining > 0 order by opened_at, trade_id"  # first in, first out
    )
    async for strategy, symbol, trade_id, quantity, remaining, unit_cost, opened_at in cursor:
        lots[strategy, symbol].append(
            Lot(
                trade_id=trade_id,
                quantity=quantity,
                remaining=remaining,
                unit_cost=unit_cost,
                opened_at=opened_at,
            )
        )
    cursor = await connection.execute(
        "select strategy, symbol, realized_quote from kbots.positions order by strategy, symbol"
    )
    return tuple(
        [
            SubBook(
                strategy=strategy,
                symbol=symbol,
                lots=tuple(lots[strategy, symbol]),
                realized_quote=realized,
            )
            async for strategy, symbol, realized in cursor
        ]
    )


async def _decided(connection: Connection) -> dict[tuple[str, str], datetime]:
    cursor = await connection.execute(
        "select strategy, symbol, max(candle_close) from kbots.decisions group by strategy, symbol"
    )
    return {(strategy, symbol): closed async for strategy, symbol, closed in cursor}


async def _day_realized(connection: Connection) -> dict[date, Decimal]:
    cursor = await connection.execute(
        "select (venue_time at time zone 'UTC')::date as day, coalesce(sum(realized_quote), 0) from ("
        " select venue_time, realized_quote from kbots.fills"
        " union all select venue_time, realized_quote from kbots.adjustments"
        ") booked group by day order by day desc limit 2"
    )
    return {day: realized async for day, realized in cursor}


async def _doubts(connection: Connection) -> tuple[tuple[date, str], ...]:
    cursor = await connection.execute(
        "select (venue_time at time zone 'UTC')::date, doubt from kbots.fills where doubt <> ''"
        " order by venue_time desc limit 10"
    )
    return tuple([(day, doubt) async for day, doubt in cursor])


async def _fee_assets(connection: Connection) -> frozenset[str]:
    """Read which third assets fees were paid in lately: those in neither end of the symbol's name."""
    cursor = await connection.execute(
        "select distinct commission_asset from kbots.fills"
        " where commission <> 0 and not starts_with(symbol, commission_asset)"
        " and right(symbol, length(commission_asset)) <> commission_asset"
        " and created_at > now() - interval '30 days'"
    )
    return frozenset([asset async for (asset,) in cursor])


async def _peak_equity(connection: Connection) -> Decimal | None:
    cursor = await connection.execute("select max(equity) from kbots.equity")
    row = await cursor.fetchone()
    return row[0] if row else None


async def _sold_at(connection: Connection) -> dict[tuple[str, str], datetime]:
    cursor = await connection.execute(
        "select strategy, symbol, max(venue_time) from kbots.fills where side = 'SELL' group by strategy, symbol"
    )
    return {(strategy, symbol): sold_at async for strategy, symbol, sold_at in cursor}


async def _stop_outs(connection: Connection) -> dict[str, datetime]:
    cursor = await connection.execute(
        "select client_order_id, max(venue_time) as ended from kbots.fills"
        " where purpose = 'StopLoss' and realized_quote < 0"
        " group by client_order_id order by ended desc limit 50"
    )
    return dict(reversed([(order_id, ended) async for order_id, ended in cursor]))


async def _entry_times(connection: Connection) -> tuple[datetime, ...]:
    cursor = await connection.execute(
        "select venue_time from kbots.orders where purpose = 'Entry' order by id desc limit 300"
    )
    return tuple(reversed([moment async for (moment,) in cursor]))
