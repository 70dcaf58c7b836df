"""The runner's journal: intents, order states, fills with their lots, decisions, figures.

A bot's login sees and writes its own book only (row level security), so no query names the book.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from botcore.domain.errors import InvariantBroken
from botcore.domain.lots import Lot, SubBook
from botcore.domain.orders import Fill, Order
from botcore.ledger.connect import Connection

__all__ = [
    "BookedFill",
    "Decision",
    "EquitySample",
    "insert_decision",
    "insert_equity",
    "insert_intents",
    "replace_balances",
    "save",
    "upsert_lots",
    "upsert_position",
]


_INSERT_ORDERS: Final = (
    "insert into kbots.orders (strategy, symbol, client_order_id, epoch, purpose, side, type, quantity, price,"
    " stop_price, list_client_order_id, reserved_quote, status, reason, venue_time) values "
)
_ORDER_ROW: Final = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedFill:
    """A fill with what it changed in its sub-book.

    `realized_quote` is None for a purchase, `fee_quote` where the fee has no known worth; `doubt`
    says why the fill is not believed as reported.
    """

    order: Order
    fill: Fill
    sub_book: SubBook
    changed: tuple[Lot, ...]
    realized_quote: Decimal | None
    fee_quote: Decimal | None
    doubt: str
    is_dust: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a strategy made of one closed candle; price in quote asset."""

    strategy: str
    symbol: str
    candle_close: datetime
    generation: int
    action: str
    reason: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EquitySample:
    """The bot's worth at a moment of venue time; all in quote asset."""

    venue_time: datetime
    equity: Decimal
    realized: Decimal
    unrealized: Decimal
    exposure: Decimal


async def insert_intents(connection: Connection, orders: Sequence[Order]) -> None:
    """Commit order rows, all or none; the table's own trigger checks the lease at the order's epoch (I2).

    It waits for the disk: an order must never leave before its intent is safe.
    """
    rows = [
        (
            order.strategy,
            order.symbol,
            order.client_order_id,
            order.epoch,
            order.purpose.value,
            order.side.value,
            order.type.value,
            order.quantity,
            order.price,
            order.stop_price,
            order.list_client_order_id,
            order.reserved_quote,
            order.status.value,
            order.reason,
            order.venue_time,
        )
        for order in orders
    ]
    # One statement, so that a single order needs no transaction of its own around it.
    await connection.execute(
        _INSERT_ORDERS + ", ".join([_ORDER_ROW] * len(rows)),
        [value for row in rows for value in row],
    )


async def save(
    connection: Connection,
    *,
    epoch: int,
    orders: Sequence[Order],
    booked: Sequence[BookedFill],
) -> None:
    """Commit order states and fills together, under the lease; a known trade id changes nothing (TR-41).

    Raises:
        InvariantBroken: an order that was never journalled.
    """
    async with connection.transaction():
        await connection.execute("select kbots.assert_lease(%s)", [epoch])
        for one in booked:
            if await _insert_fill(connection, one):
                await upsert_lots(connection, one.sub_book, one.changed)
                await upsert_position(connection, one.sub_book, is_dust=one.is_dust)
        for order in orders:
            await _update_order(connection, order)


async def insert_decision(connection: Connection, decision: Decision, *, epoch: int) -> None:
    """Commit a decision under the lease; its key refuses a second one on the same candle (TR-37).

    One statement and no wait for the disk: the intent that follows a decision flushes both.
    """
    await connection.execute(
        "insert into kbots.decisions (strategy, symbol, candle_close, generation, action, reason, price)"
        " select %s, %s, %s, %s, %s, %s, %s::numeric"
        " from kbots.assert_lease(%s), set_config('synchronous_commit', 'off', true)",
        [
            decision.strategy,
            decision.symbol,
            decision.candle_close,
            decision.generation,
            decision.action,
            decision.reason,
            decision.price,
            epoch,
        ],
    )


async def insert_equity(connection: Connection, sample: EquitySample, *, epoch: int) -> None:
    """Append one equity sample under the lease."""
    await connection.execute(
        "insert into kbots.equity (venue_time, equity, realized, unrealized, exposure)"
        " select %s, %s::numeric, %s::numeric, %s::numeric, %s::numeric"
        " from kbots.assert_lease(%s), set_config('synchronous_commit', 'off', true)",
        [
            sample.venue_time,
            sample.equity,
            sample.realized,
            sample.unrealized,
            sample.exposure,
            epoch,
        ],
    )


async def replace_balances(
    connection: Connection, balances: Mapping[str, tuple[Decimal, Decimal]]
) -> None:
    """Write free and locked amounts by asset; an asset no longer named is shown as empty."""
    assets = sorted(balances)
    async with _unsynced(connection):
        await connection.execute(
            "update kbots.balances set free = 0, locked = 0, updated_at = now()"
            " where asset <> all(%s) and (free <> 0 or locked <> 0)",
            [assets],
        )
        await connection.execute(
            "insert into kbots.balances (asset, free, locked)"
            " select * from unnest(%s::text[], %s::numeric[], %s::numeric[])"
            " on conflict (book_id, asset) do update"
            " set free = excluded.free, locked = excluded.locked, updated_at = now()",
            [
                assets,
                [balances[asset][0] for asset in assets],
                [balances[asset][1] for asset in assets],
            ],
        )


@asynccontextmanager
async def _unsynced(connection: Connection) -> AsyncIterator[None]:
    """Open a transaction whose commit does not wait for the disk: figures for people only."""
    async with connection.transaction():
        await connection.execute("set local synchronous_commit = off")
        yield


async def _insert_fill(connection: Connection, booked: BookedFill) -> bool:
    order, fill = booked.order, booked.fill
    cursor = await connection.execute(
        "insert into kbots.fills (symbol, trade_id, strategy, client_order_id, purpose, side, price, quantity,"
        " quote_quantity, commission, commission_asset, commission_quote, realized_quote, doubt, venue_time)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        [
            fill.symbol,
            fill.trade_id,
            order.strategy,
            order.client_order_id,
            order.purpose.value,
            fill.side.value,
            fill.price,
            fill.quantity,
            fill.quote_quantity,
            fill.commission,
            fill.commission_asset,
            booked.fee_quote,
            booked.realized_quote,
            booked.doubt,
            fill.venue_time,
        ],
    )
    return cursor.rowcount == 1


async def upsert_lots(connection: Connection, sub_book: SubBook, changed: Sequence[Lot]) -> None:
    """Write lots that are new or have less left; in the caller's transaction."""
    for lot in changed:
        await connection.execute(
            "insert into kbots.lots (strategy, symbol, trade_id, quantity, remaining, unit_cost, opened_at)"
            " values (%s, %s, %s, %s, %s, %s, %s)"
            " on conflict (book_id, strategy, symbol, trade_id) do update set remaining = excluded.remaining",
            [
                sub_book.strategy,
                sub_book.symbol,
                lot.trade_id,
                lot.quantity,
                lot.remaining,
                lot.unit_cost,
                lot.opened_at,
            ],
        )


async def upsert_position(connection: Connection, sub_book: SubBook, *, is_dust: bool) -> None:
    """Write what a sub-book holds and has earned; in the caller's transaction."""
    await connection.execute(
        "insert into kbots.positions (strategy, symbol, quantity, cost_quote, realized_quote, is_dust)"
        " values (%s, %s, %s, %s, %s, %s)"
        " on conflict (book_id, strategy, symbol) do update set quantity = excluded.quantity,"
        " cost_quote = excluded.cost_quote, realized_quote = excluded.realized_quote,"
        " is_dust = excluded.is_dust, updated_at = now()",
        [
            sub_book.strategy,
            sub_book.symbol,
            sub_book.quantity,
            sub_book.cost_quote,
            sub_book.realized_quote,
            is_dust,
        ],
    )


async def _update_order(connection: Connection, order: Order) -> None:
    cursor = await connection.execute(
        "update kbots.orders set status = %s, exchange_order_id = %s, executed_quantity = %s,"
        " cumulative_quote = %s, reason = %s, updated_at = now() where client_order_id = %s",
        [
            order.status.value,
            order.exchange_order_id,
            order.executed_quantity,
            order.cumulative_quote,
            order.reason,
            order.client_order_id,
        ],
    )
    if cursor.rowcount != 1:
        raise InvariantBroken(f"order {order.client_order_id} was never journalled")
