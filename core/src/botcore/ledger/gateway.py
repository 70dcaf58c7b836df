"""TradingBots of the acting user, where there is no API server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from botcore.ledger.connect import Connection

__all__ = [
    "BotRow",
    "find_bot",
    "insert_bot",
    "list_bots",
    "mark_deleted",
    "replace_spec",
    "set_desired_state",
]

_BOTS = """
select namespace, name, uid, generation, spec, status, creation_timestamp, deletion_timestamp
from kbots.trading_bots
where %(name)s::text is null or (namespace = %(namespace)s and name = %(name)s)
order by namespace, name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRow:
    """One TradingBot as it is stored."""

    namespace: str
    name: str
    uid: UUID
    generation: int
    spec: dict[str, Any]
    status: dict[str, Any]
    creation_timestamp: datetime
    deletion_timestamp: datetime | None


async def list_bots(connection: Connection) -> list[BotRow]:
    """List the acting user's bots by name."""
    async with connection.cursor(row_factory=class_row(BotRow)) as cursor:
        await cursor.execute(_BOTS, {"namespace": None, "name": None})
        return await cursor.fetchall()


async def find_bot(
    connection: Connection, namespace: str, name: str, *, lock: bool = False
) -> BotRow | None:
    """Find one of the acting user's bots; `lock` holds it until the transaction ends."""
    async with connection.cursor(row_factory=class_row(BotRow)) as cursor:
        query = _BOTS + " for update" if lock else _BOTS
        await cursor.execute(query, {"namespace": namespace, "name": name})
        return await cursor.fetchone()


async def insert_bot(
    connection: Connection, namespace: str, name: str, spec: dict[str, Any]
) -> None:
    """Store a new bot.

    Raises:
        Conflict: the name is taken, perhaps by someone else's bot.
    """
    await connection.execute(
        "insert into kbots.trading_bots (namespace, name, spec) values (%s, %s, %s)",
        [namespace, name, Jsonb(spec)],
    )


async def replace_spec(
    connection: Connection, namespace: str, name: str, spec: dict[str, Any]
) -> None:
    """Store a changed spec; an equal one writes nothing."""
    await connection.execute(
        "update kbots.trading_bots set spec = %s where namespace = %s and name = %s",
        [Jsonb(spec), namespace, name],
    )


async def set_desired_state(connection: Connection, namespace: str, name: str, state: str) -> None:
    """Change what the bot should do and nothing else, whatever else has changed meanwhile."""
    await connection.execute(
        "update kbots.trading_bots set spec = jsonb_set(spec, '{desiredState}', to_jsonb(%s::text))"
        " where namespace = %s and name = %s",
        [state, namespace, name],
    )


async def mark_deleted(connection: Connection, namespace: str, name: str) -> None:
    """Ask for the bot's deletion; the operator carries it out."""
    await connection.execute(
        "update kbots.trading_bots set deletion_timestamp = now()"
        " where namespace = %s and name = %s and deletion_timestamp is null",
        [namespace, name],
    )
