"""The database steps of a start: the database, its roles, its schema; and what has been traded so far."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from botcore.ledger.connect import connect
from botcore.ledger.installation import ensure_database, ensure_exchange_database
from botcore.ledger.migrate import migrate
from botcore.ledger.roles import ensure_roles
from hack.standalone.installation import DATABASE, Installation

__all__ = ["newest_fill", "prepare_database", "query", "wait_for_fill"]

_NEWEST = (
    "select f.venue_time, f.side, f.quantity, f.symbol, f.price, f.strategy, f.created_at"
    " from kbots.fills f order by f.created_at desc, f.trade_id desc limit 1"
)


def prepare_database(installation: Installation) -> tuple[str, ...]:
    """Create the databases and the roles where missing, and apply the migrations that are new; returns those."""
    return asyncio.run(_prepare(installation))


def query(installation: Installation, text: str, values: tuple[object, ...] = ()) -> list[Any]:
    """Run one query as the database's administrator."""
    return asyncio.run(_query(installation, text, values))


def newest_fill(installation: Installation) -> str | None:
    """Return the newest fill as a line for people, or None where nothing was traded yet."""
    found = query(installation, _NEWEST)
    if not found:
        return None
    at, side, quantity, symbol, price, strategy, _ = found[0]
    trade = f"{side} {quantity.normalize():f} {symbol} at {price.normalize():f} ({strategy})"
    return f"{at:%Y-%m-%d %H:%M:%S} {trade}, venue time"


def wait_for_fill(
    installation: Installation, *, seconds: float, goes_on: Callable[[], bool]
) -> bool:
    """Wait until a fill is committed that was not there before; tells whether one came in time."""
    count = "select count(*) from kbots.fills"
    before = query(installation, count)[0][0]
    end = time.monotonic() + seconds
    while time.monotonic() < end and goes_on():
        if query(installation, count)[0][0] > before:
            return True
        time.sleep(0.2)
    return False


async def _prepare(installation: Installation) -> tuple[str, ...]:
    async with await connect(installation.address(dbname="postgres")) as connection:
        await ensure_database(connection, DATABASE)
    async with await connect(installation.address()) as connection:
        await ensure_roles(connection, installation.passwords())
        await ensure_exchange_database(connection)
        return await migrate(connection)


async def _query(installation: Installation, text: str, values: tuple[object, ...]) -> list[Any]:
    async with await connect(installation.address()) as connection:
        return await (await connection.execute(text, values or None)).fetchall()
