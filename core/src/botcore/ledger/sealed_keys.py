"""Sealed keys as the operator reads, opens and judges them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

__all__ = [
    "SealedKeyRow",
    "Verdict",
    "find_sealed_keys",
    "list_kids",
    "list_pending_keys",
    "list_sealed_keys",
    "publish_sealing_key",
    "record_verdict",
    "replace_envelope",
    "retire_sealing_keys",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKeyRow:
    """A stored key with its envelope."""

    id: UUID
    owner: str
    exchange: str
    environment: str
    envelope: dict[str, Any]
    revision: int
    status: str
    reason: str
    account_uid: str | None
    permissions: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the check of a key found."""

    status: str
    reason: str
    account_uid: str | None
    permissions: Mapping[str, Any]


async def publish_sealing_key(connection: AsyncConnection, kid: str, public_key: bytes) -> None:
    """Let the dashboard seal for this key."""
    await connection.execute(
        "insert into kbots.sealing_public_keys (kid, public_key) values (%s, %s)"
        " on conflict (kid) do nothing",
        [kid, public_key],
    )


async def find_sealed_keys(
    connection: AsyncConnection, key_ids: Sequence[str]
) -> tuple[SealedKeyRow, ...]:
    """Find keys by their ids; what is not there is left out."""
    async with connection.cursor(row_factory=class_row(SealedKeyRow)) as cursor:
        await cursor.execute(
            "select id, owner, exchange, environment, envelope, revision, status, reason, account_uid,"
            " permissions from kbots.sealed_keys where id = any(%s::uuid[])",
            [list(key_ids)],
        )
        return tuple(await cursor.fetchall())


async def list_pending_keys(connection: AsyncConnection) -> tuple[str, ...]:
    """List the ids of the keys nobody has checked yet."""
    rows = await (
        await connection.execute(
            "select id from kbots.sealed_keys where status = 'Pending' order by created_at"
        )
    ).fetchall()
    return tuple(str(row[0]) for row in rows)


async def record_verdict(
    connection: AsyncConnection, key_id: str, revision: int, verdict: Verdict
) -> bool:
    """Record what the check found, unless the key was revoked or replaced meanwhile."""
    cursor = await connection.execute(
        "update kbots.sealed_keys set status = %s, reason = %s, account_uid = %s, permissions = %s,"
        " verified_at = now() where id = %s and revision = %s and status = 'Pending'",
        [
            verdict.status,
            verdict.reason,
            verdict.account_uid,
            Jsonb(dict(verdict.permissions)),
            key_id,
            revision,
        ],
    )
    return cursor.rowcount == 1


async def list_sealed_keys(connection: AsyncConnection) -> tuple[str, ...]:
    """List the ids of all keys, revoked ones, too."""
    rows = await (
        await connection.execute("select id from kbots.sealed_keys order by created_at, id")
    ).fetchall()
    return tuple(str(row[0]) for row in rows)


async def replace_envelope(
    connection: AsyncConnection,
    key: SealedKeyRow,
    envelope: Mapping[str, str | int],
    kid: str,
) -> bool:
    """Put the same secret under another sealing key, unless the row has changed since it was read."""
    cursor = await connection.execute(
        "update kbots.sealed_keys set envelope = %s, kid = %s"
        " where id = %s and revision = %s and envelope = %s",
        [Jsonb(dict(envelope)), kid, key.id, key.revision, Jsonb(key.envelope)],
    )
    return cursor.rowcount == 1


async def list_kids(connection: AsyncConnection) -> dict[str, int]:
    """Count the keys by the sealing key that opens them."""
    rows = await connection.execute("select kid, count(*) from kbots.sealed_keys group by kid")
    return dict(await rows.fetchall())


async def retire_sealing_keys(connection: AsyncConnection, current: str) -> None:
    """Have nobody seal for any other key than the current one."""
    await connection.execute(
        "update kbots.sealing_public_keys set retired_at = now() where kid <> %s and retired_at is null",
        [current],
    )
