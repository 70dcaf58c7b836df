"""Sealed exchange keys as the web tier may see them: everything but the envelope."""

from dataclasses import dataclass, field
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from botcore.ledger.connect import Connection
from botcore.ledger.report_rows import KeyEventRow, KeyRow

__all__ = [
    "NewKey",
    "Replacement",
    "ask_key_check",
    "find_key",
    "insert_key",
    "installation_id",
    "list_key_events",
    "list_keys",
    "newest_public_key",
    "next_revision",
    "replace_key",
    "revoke_all_keys",
    "revoke_key",
]

_SELECT: LiteralString = (
    "select k.id, k.label, k.environment, k.api_key_last4, k.status, k.reason, k.account_uid, k.permissions,"
    " k.verified_at, k.checked_at, k.created_at, k.revision, r.api_key_last4 as next_last4,"
    " r.status as next_status, r.reason as next_reason from kbots.sealed_keys k"
    " left join lateral (select api_key_last4, status, reason from kbots.key_replacements"
    " where key_id = k.id and revision > k.revision order by revision desc limit 1) r on true"
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A newer secret for a key, just sealed for its revision."""

    key_id: UUID
    revision: int
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
        await cursor.execute(_SELECT + " order by k.created_at desc, k.id")
        return await cursor.fetchall()


async def find_key(connection: Connection, key_id: UUID) -> KeyRow | None:
    """Find one of the acting user's keys."""
    async with connection.cursor(row_factory=class_row(KeyRow)) as cursor:
        await cursor.execute(_SELECT + " where k.id = %s", [key_id])
        return await cursor.fetchone()


async def list_key_events(connection: Connection, key_id: UUID) -> list[KeyEventRow]:
    """List what became of one of the acting user's keys, the newest 200 first."""
    async with connection.cursor(row_factory=class_row(KeyEventRow)) as cursor:
        await cursor.execute(
            "select at, kind, revision, api_key_last4, reason from kbots.key_events"
            " where key_id = %s order by id desc limit 200",
            [key_id],
        )
        return await cursor.fetchall()


async def next_revision(connection: Connection, key_id: UUID) -> int | None:
    """Answer the revision of the next secret of a key; None if there is no such key to replace."""
    cursor = await connection.execute(
        "select greatest(k.revision, (select max(r.revision) from kbots.key_replacements r"
        " where r.key_id = k.id)) + 1 from kbots.sealed_keys k where k.id = %s and k.status <> 'Revoked'",
        [key_id],
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else None


async def replace_key(connection: Connection, new: Replacement) -> None:
    """Store a newer secret, which takes the key's place once it is verified; one that waited gives way.

    Raises:
        NotAllowed: he has no such key to replace.
        Conflict: the revision is taken.
    """
    await connection.execute(
        "select kbots.replace_key(%s, %s, %s, %s, %s)",
        [new.key_id, new.revision, new.api_key_last4, Jsonb(new.envelope), new.kid],
    )


async def ask_key_check(connection: Connection, key_id: UUID) -> bool:
    """Have a key checked again soon; false if there is none, or it was checked a moment ago."""
    cursor = await connection.execute("select kbots.ask_key_check(%s)", [key_id])
    row = await cursor.fetchone()
    return bool(row and row[0])


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
