"""Sealed keys as the operator reads, opens and judges them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

__all__ = [
    "SealedKeyRow",
    "Verdict",
    "find_sealed_key",
    "list_pending_keys",
    "publish_sealing_key",
    "record_verdict",
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


async def find_sealed_key(connection: AsyncConnection, key_id: str) -> SealedKeyRow | None:
    """Find a key by its id."""
    async with connection.cursor(row_factory=class_row(SealedKeyRow)) as cursor:
        await cursor.execute(
            "select id, owner, exchange, environment, envelope, revision, status, reason, account_uid,"
            " permissions from kbots.sealed_keys where id = %s",
            [key_id],
        )
        return await cursor.fetchone()


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
