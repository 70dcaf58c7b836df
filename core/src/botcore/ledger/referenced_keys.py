"""Keys in Secrets of their owners': what the operator knows of each, never the key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from botcore.ledger.sealed_keys import CHECK_AGAIN, Verdict

__all__ = [
    "Reference",
    "ReferencedKeyRow",
    "find_by_name",
    "find_referenced_keys",
    "find_waiting_reference",
    "list_waiting_references",
    "postpone_reference_check",
    "record_reference",
    "record_reference_verdict",
]

_SELECT: LiteralString = (
    "select id, namespace, name, owner, environment, fingerprint, revision, status, reason, account_uid,"
    " permissions from kbots.referenced_keys "
)
_WAITING: LiteralString = (
    " (status = 'Pending' or (status = 'Verified' and check_due_at <= now()"
    " and kbots.is_account_used(environment, account_uid)))"
)
_DECIDE: LiteralString = (
    "update kbots.referenced_keys set status = %(status)s, reason = %(reason)s,"  # noqa: S608 constant text
    " account_uid = case when %(good)s then %(uid)s else account_uid end,"
    " permissions = case when %(good)s then %(permissions)s else permissions end,"
    " verified_at = case when %(good)s then now() else verified_at end, checked_at = now(),"
    + CHECK_AGAIN
    + " where id = %(id)s and revision = %(revision)s"
)
_WAITING_IDS: LiteralString = (
    "select id from kbots.referenced_keys where"  # noqa: S608 constant text
    + _WAITING
    + " order by status <> 'Pending', check_due_at, created_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A Secret as it is now; `id` is its uid, the fingerprint tells a change of its content."""

    id: str
    namespace: str
    name: str
    owner: str
    environment: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencedKeyRow:
    """A Secret as it was last seen; account and permissions are of its newest verified revision."""

    id: UUID
    namespace: str
    name: str
    owner: str
    environment: str
    fingerprint: str
    revision: int
    status: str
    reason: str
    account_uid: str | None
    permissions: dict[str, Any]


async def record_reference(connection: AsyncConnection, seen: Reference) -> None:
    """Note the Secret; one with another content, owner or environment than before is to be checked anew."""
    await connection.execute(
        "insert into kbots.referenced_keys as k (id, namespace, name, owner, environment, fingerprint)"
        " values (%s, %s, %s, %s, %s, %s)"
        " on conflict (id) do update set owner = excluded.owner, environment = excluded.environment,"
        " fingerprint = excluded.fingerprint, revision = k.revision + 1, status = 'Pending', reason = ''"
        " where (k.owner, k.environment, k.fingerprint)"
        " <> (excluded.owner, excluded.environment, excluded.fingerprint)",
        [seen.id, seen.namespace, seen.name, seen.owner, seen.environment, seen.fingerprint],
    )


async def find_referenced_keys(
    connection: AsyncConnection, key_ids: Sequence[str]
) -> tuple[ReferencedKeyRow, ...]:
    """Find Secrets that were noted, by their uids; what is not there is left out."""
    async with connection.cursor(row_factory=class_row(ReferencedKeyRow)) as cursor:
        await cursor.execute(_SELECT + "where id = any(%s::uuid[])", [list(key_ids)])
        return tuple(await cursor.fetchall())


async def find_by_name(
    connection: AsyncConnection, namespace: str, name: str
) -> ReferencedKeyRow | None:
    """Find the newest Secret that was noted under a name."""
    async with connection.cursor(row_factory=class_row(ReferencedKeyRow)) as cursor:
        await cursor.execute(
            _SELECT + "where (namespace, name) = (%s, %s) order by created_at desc limit 1",
            [namespace, name],
        )
        return await cursor.fetchone()


async def list_waiting_references(connection: AsyncConnection) -> tuple[str, ...]:
    """List the uids of the Secrets that want a check: new ones first, then those due, the oldest first."""
    rows = await connection.execute(_WAITING_IDS)
    return tuple(str(row[0]) for row in await rows.fetchall())


async def find_waiting_reference(
    connection: AsyncConnection, key_id: str
) -> ReferencedKeyRow | None:
    """Find a Secret that wants a check."""
    async with connection.cursor(row_factory=class_row(ReferencedKeyRow)) as cursor:
        await cursor.execute(_SELECT + "where id = %s and" + _WAITING, [key_id])
        return await cursor.fetchone()


async def record_reference_verdict(
    connection: AsyncConnection, key_id: str, revision: int, verdict: Verdict
) -> None:
    """Record what the check found, unless the Secret changed meanwhile; a rejection leaves what was verified before."""
    await connection.execute(
        _DECIDE,
        {
            "status": verdict.status,
            "reason": verdict.reason,
            "good": verdict.status == "Verified",
            "uid": verdict.account_uid,
            "permissions": Jsonb(dict(verdict.permissions)),
            "id": key_id,
            "revision": revision,
        },
    )


async def postpone_reference_check(connection: AsyncConnection, key_id: str) -> None:
    """Put off a check that gave no answer."""
    await connection.execute(
        "update kbots.referenced_keys set check_due_at = now() + interval '1 hour'"
        " where id = %s and status = 'Verified'",
        [key_id],
    )
