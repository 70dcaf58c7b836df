"""Personal access tokens of the REST API, whose rows are the truth; a token itself is stored nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection
from botcore.ledger.sessions import act_for

__all__ = [
    "LiveToken",
    "NewToken",
    "TokenRow",
    "act_by_token",
    "find_token",
    "insert_token",
    "list_tokens",
    "note_use",
    "revoke_token",
    "revoke_tokens_of",
]

_FIND = """
select t.user_id, u.name, u.role, t.label, t.scopes
from kbots.api_tokens t join kbots.users u on u.id = t.user_id
where t.token_hash = %s and t.revoked_at is null and t.expires_at > now() and not u.disabled
"""
# Of two at once, one waits for the other: the person's row is held.
_INSERT = """
insert into kbots.api_tokens (token_hash, user_id, label, scopes, expires_at)
select %(hash)s, u.id, %(label)s, %(scopes)s, now() + %(lifetime)s
from (select id from kbots.users where id = %(user)s for update) u
where (select count(*) from kbots.api_tokens t
       where t.user_id = u.id and t.revoked_at is null and t.expires_at > now()) < %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A personal access token as its person sees it; the token itself is never seen again."""

    id: UUID
    label: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_ip: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that has just been made."""

    token_hash: bytes = field(repr=False)
    user_id: UUID
    label: str
    scopes: Sequence[str]
    lifetime: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveToken:
    """A token that opens something now, and whose it is."""

    user_id: UUID
    name: str
    role: str
    label: str
    scopes: list[str]


async def find_token(connection: Connection, token_hash: bytes) -> LiveToken | None:
    """Find a token that is neither over nor revoked nor of a disabled account."""
    async with connection.cursor(row_factory=class_row(LiveToken)) as cursor:
        await cursor.execute(_FIND, [token_hash])
        return await cursor.fetchone()


async def act_by_token(connection: Connection, token_hash: bytes, ip: str) -> bool:
    """Bind the transaction to the token's person and where he asks from; false when it opens nothing any more."""
    found = await find_token(connection, token_hash)
    if found is None:
        return False
    await act_for(connection, found.user_id, ip)
    return True


async def note_use(connection: Connection, token_hash: bytes, ip: str) -> None:
    """Note when and from where it was used, once a minute, or at once from another address."""
    await connection.execute(
        "update kbots.api_tokens set last_used_at = now(), last_used_ip = %(ip)s"
        " where token_hash = %(hash)s and (last_used_at is null or last_used_ip <> %(ip)s"
        " or last_used_at < now() - interval '1 minute')",
        {"ip": ip, "hash": token_hash},
    )


async def insert_token(connection: Connection, new: NewToken, most: int) -> bool:
    """Store a token; false if its person has `most` that are live."""
    cursor = await connection.execute(
        _INSERT,
        {
            "hash": new.token_hash,
            "user": new.user_id,
            "label": new.label,
            "scopes": list(new.scopes),
            "lifetime": new.lifetime,
            "most": most,
        },
    )
    return cursor.rowcount == 1


async def list_tokens(connection: Connection, user_id: UUID) -> list[TokenRow]:
    """List a person's tokens that are not revoked, the newest first."""
    async with connection.cursor(row_factory=class_row(TokenRow)) as cursor:
        await cursor.execute(
            "select id, label, scopes, created_at, expires_at, last_used_at, last_used_ip,"
            " expires_at <= now() as is_over"
            " from kbots.api_tokens where user_id = %s and revoked_at is null"
            " order by created_at desc, id",
            [user_id],
        )
        return await cursor.fetchall()


async def revoke_token(connection: Connection, user_id: UUID, token_id: UUID) -> str | None:
    """Revoke one of a person's tokens and answer its label, or None: there is none left to revoke."""
    cursor = await connection.execute(
        "update kbots.api_tokens set revoked_at = now()"
        " where id = %s and user_id = %s and revoked_at is null returning label",
        [token_id, user_id],
    )
    row = await cursor.fetchone()
    return str(row[0]) if row else None


async def revoke_tokens_of(connection: Connection, user_id: UUID) -> None:
    """Revoke every token of a person."""
    await connection.execute(
        "update kbots.api_tokens set revoked_at = now() where user_id = %s and revoked_at is null",
        [user_id],
    )
