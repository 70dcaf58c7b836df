"""People, their one-time links and the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from botcore.ledger.connect import Connection

__all__ = [
    "AuditEntry",
    "Credential",
    "Invite",
    "Person",
    "any_user_exists",
    "find_credential",
    "find_invite",
    "find_user",
    "insert_invite",
    "insert_renewal",
    "insert_user",
    "list_users",
    "other_admin_exists",
    "set_disabled",
    "set_password_hash",
    "take_invite",
    "write_audit",
]

# Any constant: what must not run twice at once, the use of set-up links and changes of admins.
_ACCOUNTS_LOCK = 758_213_446


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account as an admin sees it."""

    id: UUID
    name: str
    role: str
    disabled: bool
    created_at: datetime
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a sign-in is checked against."""

    id: UUID
    name: str
    role: str
    disabled: bool
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A one-time link; without a maker it is the set-up link of the first admin (SEC-38)."""

    role: str
    created_by: UUID | None
    user_id: UUID | None
    """The account it renews (SEC-34); none if it makes one."""
    name: str | None
    """That account's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log; never a password, token or key."""

    actor: str
    action: str
    object: str = ""
    result: str = "ok"
    ip: str = ""
    """Where it came from; if nothing is given, where the acting person's request did."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    concerns: str | None = None
    """Whose account or bot it is about, where that is not who acted."""
    source: str | None = None
    """Names what was seen elsewhere, perhaps twice: a second line of it is not written."""


async def find_credential(connection: Connection, name: str) -> Credential | None:
    """Find the account of a name, with its password hash."""
    async with connection.cursor(row_factory=class_row(Credential)) as cursor:
        await cursor.execute(
            "select id, name, role, disabled, password_hash from kbots.users where name = %s",
            [name],
        )
        return await cursor.fetchone()


async def any_user_exists(connection: Connection) -> bool:
    """Tell whether the first admin has been made, one transaction at a time."""
    await connection.execute("select pg_advisory_xact_lock(%s)", [_ACCOUNTS_LOCK])
    row = await (await connection.execute("select exists (select from kbots.users)")).fetchone()
    return bool(row and row[0])


async def insert_user(connection: Connection, name: str, role: str, password_hash: str) -> UUID:
    """Make an account.

    Raises:
        Conflict: the name is taken.
    """
    row = await (
        await connection.execute(
            "insert into kbots.users (name, role, password_hash) values (%s, %s, %s) returning id",
            [name, role, password_hash],
        )
    ).fetchone()
    assert row is not None  # noqa: S101 insert returning answers one row
    return UUID(str(row[0]))


async def set_password_hash(connection: Connection, user_id: UUID, password_hash: str) -> None:
    """Store a hash made anew (SEC-9)."""
    await connection.execute(
        "update kbots.users set password_hash = %s where id = %s", [password_hash, user_id]
    )


async def list_users(connection: Connection) -> list[Person]:
    """List every account, without anything of what it owns."""
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            "select id, name, role, disabled, created_at,"
            " (select count(*)::int from kbots.sessions s"
            " where s.user_id = u.id and s.expires_at > now()) as sessions"
            " from kbots.users u order by created_at, name"
        )
        return await cursor.fetchall()


async def find_user(connection: Connection, user_id: UUID) -> Person | None:
    """Find one account by its id."""
    return next((one for one in await list_users(connection) if one.id == user_id), None)


async def other_admin_exists(connection: Connection, user_id: UUID) -> bool:
    """Tell whether another enabled admin is left (SEC-41), one transaction at a time."""
    await connection.execute("select pg_advisory_xact_lock(%s)", [_ACCOUNTS_LOCK])
    row = await (
        await connection.execute(
            "select exists (select from kbots.users"
            " where role = 'admin' and not disabled and id <> %s)",
            [user_id],
        )
    ).fetchone()
    return bool(row and row[0])


async def set_disabled(connection: Connection, user_id: UUID, *, disabled: bool) -> None:
    """Disable or enable an account."""
    await connection.execute(
        "update kbots.users set disabled = %s where id = %s", [disabled, user_id]
    )


async def insert_invite(
    connection: Connection,
    token_hash: bytes,
    role: str,
    created_by: UUID | None,
    lifetime: timedelta,
) -> None:
    """Store the hash of a one-time link that makes an account (SEC-37)."""
    await connection.execute(
        "insert into kbots.invites (token_hash, role, created_by, expires_at)"
        " values (%s, %s, %s, now() + %s)",
        [token_hash, role, created_by, lifetime],
    )


async def insert_renewal(
    connection: Connection, token_hash: bytes, user_id: UUID, created_by: UUID, lifetime: timedelta
) -> None:
    """Store the hash of a one-time link that renews an account; earlier ones are void (SEC-34)."""
    await connection.execute(
        "update kbots.invites set used_at = now() where user_id = %s and used_at is null", [user_id]
    )
    await connection.execute(
        "insert into kbots.invites (token_hash, role, created_by, user_id, expires_at)"
        " select %s, role, %s, id, now() + %s from kbots.users where id = %s",
        [token_hash, created_by, lifetime, user_id],
    )


async def find_invite(connection: Connection, token_hash: bytes) -> Invite | None:
    """Find a link that can still be used."""
    async with connection.cursor(row_factory=class_row(Invite)) as cursor:
        await cursor.execute(
            "select i.role, i.created_by, i.user_id, u.name"
            " from kbots.invites i left join kbots.users u on u.id = i.user_id"
            " where i.token_hash = %s and i.used_at is null and i.expires_at > now()",
            [token_hash],
        )
        return await cursor.fetchone()


async def take_invite(connection: Connection, token_hash: bytes) -> Invite | None:
    """Use a link up; of two who try at once, one gets it."""
    async with connection.cursor(row_factory=class_row(Invite)) as cursor:
        await cursor.execute(
            "update kbots.invites i set used_at = now()"
            " where token_hash = %s and used_at is null and expires_at > now()"
            " returning role, created_by, user_id,"
            " (select name from kbots.users u where u.id = i.user_id) as name",
            [token_hash],
        )
        return await cursor.fetchone()


async def write_audit(connection: Connection, entry: AuditEntry) -> None:
    """Append to the audit log."""
    await connection.execute(
        "insert into kbots.audit_log (actor, action, object, result, ip, detail, concerns, source)"
        " values (%s, %s, %s, %s, coalesce(nullif(%s, ''), current_setting('kbots.ip', true), ''), %s, %s, %s)"
        " on conflict do nothing",
        [
            entry.actor, entry.action, entry.object, entry.result, entry.ip, Jsonb(dict(entry.detail)),
            entry.concerns, entry.source,
        ],
    )  # fmt: skip
