"""Sealed exchange keys as the web tier may see them: everything but the envelope."""

from dataclasses import dataclass, field
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from botcore.ledger.connect import Connection
from botcore.ledger.report_rows import KeyRow

__all__ = [
    "NewKey",
    "insert_key",
    "installation_id",
    "list_keys",
    "newest_public_key",
    "revoke_all_keys",
    "revoke_key",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that has just been sealed."""

    id: UUID
    owner: str
    label: str
    environment: str
    api_key_last4: str
    envelope: dict[str, str | int] = field(repr=False)
    kid: str


async def installation_id(connection: Connection) -> str:
    """Answer what this installation's envelopes are bound to."""
    row = await (await connection.execute("select id::text from kbots.installation")).fetchone()
    assert row is not None  # noqa: S101 made by the first migration
    return str(row[0])


async def newest_public_key(connection: Connection) -> bytes | None:
    """Answer the sealing key in force, or None while the operator has published none."""
    row = await (
        await connection.execute(
            "select public_key from kbots.sealing_public_keys where retired_at is null"
            " order by created_at desc, kid limit 1"
        )
    ).fetchone()
    return bytes(row[0]) if row else None


async def list_keys(connection: Connection) -> list[KeyRow]:
    """List the acting user's keys, newest first."""
    async with connection.cursor(row_factory=class_row(KeyRow)) as cursor:
        await cursor.execute(
            "select id, label, environment, api_key_last4, status, reason, account_uid,"
            " permissions, verified_at, created_at"
            " from kbots.sealed_keys order by created_at desc, id"
        )
        return await cursor.fetchall()


async def insert_key(connection: Connection, new: NewKey) -> None:
    """Store a sealed key.

    Raises:
        Conflict: the owner has a key of this label.
    """
    await connection.execute(
        "insert into kbots.sealed_keys"
        " (id, owner, label, exchange, environment, api_key_last4, envelope, kid)"
        " values (%s, %s, %s, 'binance', %s, %s, %s, %s)",
        [
            new.id,
            new.owner,
            new.label,
            new.environment,
            new.api_key_last4,
            Jsonb(new.envelope),
            new.kid,
        ],
    )


async def revoke_key(connection: Connection, key_id: UUID) -> bool:
    """Revoke one of the acting user's keys; false when there is no such key left to revoke."""
    cursor = await connection.execute(
        "update kbots.sealed_keys set status = 'Revoked' where id = %s and status <> 'Revoked'",
        [key_id],
    )
    return cursor.rowcount > 0


async def revoke_all_keys(connection: Connection) -> int:
    """Revoke every key of the acting user and answer how many."""
    cursor = await connection.execute(
        "update kbots.sealed_keys set status = 'Revoked' where status <> 'Revoked'"
    )
    return cursor.rowcount
