"""Halt latches: they outrank the resource and are cleared only by a person."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import class_row

__all__ = [
    "ActiveHalt",
    "HaltSubject",
    "clear_halt",
    "find_halt_subject",
    "list_active_halts",
    "set_halt",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltSubject:
    """Whom a latch stops: scope bot (its uid), owner (the name) or all (*)."""

    scope: str
    subject: str
    owner: str | None

    @classmethod
    def of_bot(cls, uid: str, owner: str) -> "HaltSubject":
        """Stop one bot."""
        return cls(scope="bot", subject=uid, owner=owner)

    @classmethod
    def of_owner(cls, owner: str) -> "HaltSubject":
        """Stop every bot of an owner."""
        return cls(scope="owner", subject=owner, owner=owner)

    @classmethod
    def of_all(cls) -> "HaltSubject":
        """Stop every bot of the platform."""
        return cls(scope="all", subject="*", owner=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveHalt:
    """A latch that is set."""

    scope: str
    subject: str
    reason: str
    set_by: str
    set_at: datetime


async def set_halt(
    connection: AsyncConnection, subject: HaltSubject, *, reason: str, set_by: str
) -> bool:
    """Set the latch; returns whether it was not set before."""
    cursor = await connection.execute(
        "insert into kbots.halts (scope, subject, owner, reason, set_by) values (%s, %s, %s, %s, %s)"
        " on conflict (scope, subject) where cleared_at is null do nothing",
        [subject.scope, subject.subject, subject.owner, reason[:500], set_by],
    )
    return cursor.rowcount == 1


async def clear_halt(connection: AsyncConnection, subject: HaltSubject, *, cleared_by: str) -> bool:
    """Clear the latch; returns whether it was set."""
    cursor = await connection.execute(
        "update kbots.halts set cleared_by = %s, cleared_at = now()"
        " where scope = %s and subject = %s and cleared_at is null",
        [cleared_by, subject.scope, subject.subject],
    )
    return cursor.rowcount == 1


async def find_halt_subject(connection: AsyncConnection, notified_id: str) -> HaltSubject | None:
    """Find whom a latch stops or stopped, or whom a live grant is for, as their notification names them."""
    async with connection.cursor(row_factory=class_row(HaltSubject)) as cursor:
        # As text: anybody with a login may send such a notification, with anything in it.
        await cursor.execute(
            "select scope, subject, owner from kbots.halts where id::text = %(id)s union all"
            " select 'bot', bot_uid::text, owner from kbots.live_grants where id::text = %(id)s",
            {"id": notified_id},
        )
        return await cursor.fetchone()


async def list_active_halts(connection: AsyncConnection) -> tuple[ActiveHalt, ...]:
    """List the latches that are set and visible to this role, oldest first."""
    async with connection.cursor(row_factory=class_row(ActiveHalt)) as cursor:
        await cursor.execute(
            "select scope, subject, reason, set_by, set_at from kbots.halts"
            " where cleared_at is null order by id"
        )
        return tuple(await cursor.fetchall())
