"""Sessions, whose row is the truth, and the count of failed sign-ins (SEC-13, SEC-18)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection

__all__ = [
    "NewSession",
    "OwnSession",
    "SessionRow",
    "act_for",
    "act_in_session",
    "clear_failures",
    "count_attempt",
    "delete_one_session",
    "delete_other_sessions",
    "delete_session",
    "delete_sessions_of",
    "insert_session",
    "keep_newest_sessions",
    "list_sessions",
    "live_sessions",
    "read_attempts",
    "read_clock",
    "replace_token",
    "touch_sessions",
    "uncount_attempt",
]

_LIVE = """
select s.token_hash, s.user_id, u.name, u.role, s.csrf_token,
       extract(epoch from s.last_action_at + %(idle)s - now())::float8 as seconds_to_idle_end,
       kbots.count_notices(u.name, u.notices_seen) as notices
from kbots.sessions s join kbots.users u on u.id = s.user_id
where s.token_hash = any(%(keys)s) and s.expires_at > now() and s.last_action_at > now() - %(idle)s
  and not u.disabled
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session about to begin; the token itself is only in the cookie."""

    token_hash: bytes = field(repr=False)
    user_id: UUID
    csrf_token: str = field(repr=False)
    ip: str
    device: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A live session and whose it is."""

    token_hash: bytes = field(repr=False)
    user_id: UUID
    name: str
    role: str
    csrf_token: str = field(repr=False)
    seconds_to_idle_end: float
    """If its person does nothing."""
    notices: int
    """How many changes of the account's security its person is still to be told of (SEC-45)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """A session as its person sees it."""

    id: UUID
    ip: str
    device: str
    created_at: datetime
    last_action_at: datetime
    is_current: bool


async def insert_session(connection: Connection, new: NewSession) -> None:
    """Begin a session."""
    await connection.execute(
        "insert into kbots.sessions (token_hash, user_id, csrf_token, ip, device, expires_at)"
        " values (%s, %s, %s, %s, %s, now() + %s)",
        [new.token_hash, new.user_id, new.csrf_token, new.ip, new.device, new.lifetime],
    )


async def keep_newest_sessions(connection: Connection, user_id: UUID, most: int) -> list[str]:
    """End everyone's sessions that are over, and the user's oldest beyond `most` (SEC-25).

    Answers his name for each of the latter.
    """
    await connection.execute("delete from kbots.sessions where expires_at < now()")
    cursor = await connection.execute(
        "delete from kbots.sessions s using kbots.users u where u.id = s.user_id and s.token_hash in"
        " (select token_hash from kbots.sessions where user_id = %s"
        " order by created_at desc offset %s) returning u.name",
        [user_id, most],
    )
    return [str(row[0]) for row in await cursor.fetchall()]


async def live_sessions(
    connection: Connection, token_hashes: Collection[bytes], idle: timedelta
) -> list[SessionRow]:
    """Find those that are neither over nor idle for too long nor of a disabled user."""
    async with connection.cursor(row_factory=class_row(SessionRow)) as cursor:
        await cursor.execute(_LIVE, {"keys": list(token_hashes), "idle": idle})
        return await cursor.fetchall()


async def read_clock(connection: Connection) -> datetime:
    """Answer what time it is where the sessions are kept."""
    row = await (await connection.execute("select clock_timestamp()")).fetchone()
    assert row is not None and isinstance(row[0], datetime)  # noqa: S101, PT018 a function answers
    return row[0]


async def act_in_session(
    connection: Connection, token_hash: bytes, idle: timedelta, ip: str = ""
) -> bool:
    """Bind the transaction to the session's user and where he asks from; false when it has ended."""
    found = await live_sessions(connection, [token_hash], idle)
    for session in found:
        await act_for(connection, session.user_id, ip)
    return bool(found)


async def act_for(connection: Connection, user_id: UUID, ip: str | None = None) -> None:
    """Bind the transaction to a user, and to where the request comes from.

    Without a session it is an admin's measure against an account: the address stays his.
    """
    await connection.execute(
        "select set_config('kbots.user_id', %s, true),"
        " set_config('kbots.ip', coalesce(%s, current_setting('kbots.ip', true), ''), true)",
        [str(user_id), ip],
    )


async def replace_token(
    connection: Connection, old: bytes, new: bytes, csrf_token: str, ip: str
) -> None:
    """Know a session by another token from now on; it ends when it would have ended (SEC-19)."""
    await connection.execute(
        "update kbots.sessions set token_hash = %s, csrf_token = %s, ip = %s, last_action_at = now()"
        " where token_hash = %s",
        [new, csrf_token, ip, old],
    )


async def touch_sessions(connection: Connection, token_hashes: Collection[bytes]) -> None:
    """Note that their users did something."""
    await connection.execute(
        "update kbots.sessions set last_action_at = now() where token_hash = any(%s)",
        [list(token_hashes)],
    )


async def delete_session(connection: Connection, token_hash: bytes) -> None:
    """End one session."""
    await connection.execute("delete from kbots.sessions where token_hash = %s", [token_hash])


async def delete_sessions_of(connection: Connection, user_id: UUID) -> list[bytes]:
    """End every session of a user and answer which they were."""
    cursor = await connection.execute(
        "delete from kbots.sessions where user_id = %s returning token_hash", [user_id]
    )
    return [bytes(row[0]) for row in await cursor.fetchall()]


async def list_sessions(
    connection: Connection, user_id: UUID, current: bytes, idle: timedelta
) -> list[OwnSession]:
    """List a user's live sessions, the newest action first."""
    async with connection.cursor(row_factory=class_row(OwnSession)) as cursor:
        await cursor.execute(
            "select id, ip, device, created_at, last_action_at, token_hash = %s as is_current"
            " from kbots.sessions where user_id = %s and expires_at > now()"
            " and last_action_at > now() - %s order by last_action_at desc, id",
            [current, user_id, idle],
        )
        return await cursor.fetchall()


async def delete_one_session(
    connection: Connection, user_id: UUID, session_id: UUID
) -> list[bytes]:
    """End one of a user's sessions by its name and answer which it was."""
    cursor = await connection.execute(
        "delete from kbots.sessions where user_id = %s and id = %s returning token_hash",
        [user_id, session_id],
    )
    return [bytes(row[0]) for row in await cursor.fetchall()]


async def delete_other_sessions(
    connection: Connection, user_id: UUID, current: bytes
) -> list[bytes]:
    """End all of a user's sessions but one and answer which they were."""
    cursor = await connection.execute(
        "delete from kbots.sessions where user_id = %s and token_hash <> %s returning token_hash",
        [user_id, current],
    )
    return [bytes(row[0]) for row in await cursor.fetchall()]


async def read_attempts(connection: Connection, subject: bytes) -> tuple[int, float]:
    """Answer the failures in a row and the seconds since the last, held for this transaction."""
    await connection.execute(
        "insert into kbots.sign_in_failures (subject, failures, last_failure_at)"
        " values (%s, 0, now()) on conflict do nothing",
        [subject],
    )
    cursor = await connection.execute(
        "select failures, extract(epoch from now() - last_failure_at)::float8"
        " from kbots.sign_in_failures where subject = %s for update",
        [subject],
    )
    row = await cursor.fetchone()
    return (int(row[0]), float(row[1])) if row else (0, 0.0)


async def count_attempt(connection: Connection, subject: bytes, failures: int) -> None:
    """Count an attempt as failed before it is checked, so that many at once can't slip through."""
    await connection.execute(
        "update kbots.sign_in_failures set failures = %s, last_failure_at = now()"
        " where subject = %s",
        [failures, subject],
    )


async def uncount_attempt(connection: Connection, subject: bytes) -> None:
    """Take back one counted attempt: it was right."""
    await connection.execute(
        "update kbots.sign_in_failures set failures = greatest(failures - 1, 0) where subject = %s",
        [subject],
    )


async def clear_failures(connection: Connection, subject: bytes) -> None:
    """Forget the failures of a subject."""
    await connection.execute("delete from kbots.sign_in_failures where subject = %s", [subject])
