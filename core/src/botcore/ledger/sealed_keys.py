"""Sealed keys as the operator reads, opens and judges them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

__all__ = [
    "CHECK_AGAIN",
    "SealedKeyRow",
    "Verdict",
    "find_envelopes",
    "find_sealed_keys",
    "find_waiting_key",
    "list_kids",
    "list_sealed_keys",
    "list_waiting_keys",
    "postpone_check",
    "publish_sealing_key",
    "record_verdict",
    "replace_envelope",
    "retire_sealing_keys",
]


CHECK_AGAIN: LiteralString = (
    " check_due_at = case when %(good)s"
    " then now() + interval '22 hours' + random() * interval '4 hours' end"
)
"""Part of an update: once a day, never all keys at the same time."""
_WAITING: LiteralString = (
    " kbots.sealed_keys k left join kbots.key_replacements r on r.key_id = k.id and r.status = 'Pending'"
    " where k.status <> 'Revoked' and (r.key_id is not null or k.status = 'Pending'"
    " or k.check_due_at = '-infinity' or (k.status = 'Verified' and k.check_due_at <= now()"
    " and kbots.is_account_used(k.environment, k.account_uid)))"
)
_DECIDE_REPLACEMENT: LiteralString = (
    "with waiting as (select key_id, revision, envelope, kid, api_key_last4 from kbots.key_replacements"
    " where key_id = %(id)s and revision = %(revision)s and status = 'Pending' for update)"
    " update kbots.key_replacements r set envelope = null, reason = %(reason)s,"
    " status = case when %(good)s then 'Taken' else 'Rejected' end from waiting w"
    " where r.key_id = w.key_id and r.revision = w.revision returning w.envelope, w.kid, w.api_key_last4"
)
_DECIDE: LiteralString = (
    "update kbots.sealed_keys set status = %(status)s, reason = %(reason)s, revision = %(revision)s,"  # noqa: S608 constant text
    " envelope = coalesce(%(envelope)s, envelope), kid = coalesce(%(kid)s, kid),"
    " api_key_last4 = coalesce(%(last4)s, api_key_last4), account_uid = coalesce(%(uid)s, account_uid),"
    " permissions = coalesce(nullif(%(permissions)s::jsonb, '{}'), permissions), checked_at = now(),"
    " verified_at = case when %(good)s then now() else verified_at end,"
    + CHECK_AGAIN
    + " where id = %(id)s and (revision = %(revision)s or %(kid)s::text is not null)"
    " and status <> 'Revoked'"
)
_RESEAL: LiteralString = (
    "with key as (update kbots.sealed_keys set envelope = %(new)s, kid = %(kid)s"
    " where id = %(id)s and revision = %(revision)s and envelope = %(old)s returning 1),"
    " newer as (update kbots.key_replacements set envelope = %(new)s, kid = %(kid)s"
    " where key_id = %(id)s and revision = %(revision)s and envelope = %(old)s returning 1)"
    " select (select count(*) from key) + (select count(*) from newer)"
)


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


async def list_waiting_keys(connection: AsyncConnection) -> tuple[str, ...]:
    """List the ids of the keys that want a check: new ones and newer secrets, then those due, the oldest first."""
    rows = await connection.execute(
        "select k.id from" + _WAITING + " order by r.key_id is null and k.status <> 'Pending',"
        " k.check_due_at, k.created_at"
    )
    return tuple(str(row[0]) for row in await rows.fetchall())


async def find_waiting_key(connection: AsyncConnection, key_id: str) -> SealedKeyRow | None:
    """Find what is to be checked of a key: a newer secret that waits, as Pending, or else the key itself."""
    async with connection.cursor(row_factory=class_row(SealedKeyRow)) as cursor:
        await cursor.execute(
            "select k.id, k.owner, k.exchange, k.environment, coalesce(r.envelope, k.envelope) as envelope,"
            " coalesce(r.revision, k.revision) as revision,"
            " case when r.key_id is null then k.status else 'Pending' end as status, k.reason,"
            " k.account_uid, k.permissions from" + _WAITING + " and k.id = %s",
            [key_id],
        )
        return await cursor.fetchone()


async def record_verdict(
    connection: AsyncConnection, key_id: str, revision: int, verdict: Verdict
) -> None:
    """Record what the check found, unless the key was revoked or replaced meanwhile.

    A newer secret that was verified takes the key's place; one that was refused leaves it as it is.
    """
    found: dict[str, Any] = {
        "id": key_id,
        "revision": revision,
        "status": verdict.status,
        "reason": verdict.reason,
        "uid": verdict.account_uid,
        "permissions": Jsonb(dict(verdict.permissions)),
        "good": verdict.status == "Verified",
    }
    taken = await connection.execute(_DECIDE_REPLACEMENT, found)
    newer = await taken.fetchone()
    if newer is not None and not found["good"]:
        return
    envelope, kid, last4 = newer or (None, None, None)
    found |= {"envelope": Jsonb(envelope) if envelope else None, "kid": kid, "last4": last4}
    await connection.execute(_DECIDE, found)


async def postpone_check(connection: AsyncConnection, key_id: str) -> None:
    """Put off a check that gave no answer; what a person asked for goes on being due."""
    await connection.execute(
        "update kbots.sealed_keys set check_due_at = now() + interval '1 hour'"
        " where id = %s and status = 'Verified' and check_due_at > '-infinity'",
        [key_id],
    )


async def list_sealed_keys(connection: AsyncConnection) -> tuple[str, ...]:
    """List the ids of all keys, revoked ones, too."""
    rows = await (
        await connection.execute("select id from kbots.sealed_keys order by created_at, id")
    ).fetchall()
    return tuple(str(row[0]) for row in rows)


async def find_envelopes(connection: AsyncConnection, key_id: str) -> tuple[SealedKeyRow, ...]:
    """Find what is sealed of a key: itself, and a newer secret that waits."""
    async with connection.cursor(row_factory=class_row(SealedKeyRow)) as cursor:
        await cursor.execute(
            "select k.id, k.owner, k.exchange, k.environment, e.envelope, e.revision, k.status, k.reason,"
            " k.account_uid, k.permissions from kbots.sealed_keys k join ("
            "select id, revision, envelope from kbots.sealed_keys union all"
            " select key_id, revision, envelope from kbots.key_replacements where status = 'Pending'"
            ") e on e.id = k.id where k.id = %s order by e.revision",
            [key_id],
        )
        return tuple(await cursor.fetchall())


async def replace_envelope(
    connection: AsyncConnection,
    key: SealedKeyRow,
    envelope: Mapping[str, str | int],
    kid: str,
) -> bool:
    """Put the same secret under another sealing key, unless it has changed since it was read."""
    cursor = await connection.execute(
        _RESEAL,
        {
            "new": Jsonb(dict(envelope)),
            "old": Jsonb(key.envelope),
            "kid": kid,
            "id": key.id,
            "revision": key.revision,
        },
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def list_kids(connection: AsyncConnection) -> dict[str, int]:
    """Count what is sealed by the sealing key that opens it."""
    rows = await connection.execute(
        "select kid, count(*) from (select kid from kbots.sealed_keys union all"
        " select kid from kbots.key_replacements where status = 'Pending') e group by kid"
    )
    return dict(await rows.fetchall())


async def retire_sealing_keys(connection: AsyncConnection, current: str) -> None:
    """Have nobody seal for any other key than the current one."""
    await connection.execute(
        "update kbots.sealing_public_keys set retired_at = now() where kid <> %s and retired_at is null",
        [current],
    )
