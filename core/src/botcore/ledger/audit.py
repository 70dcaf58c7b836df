"""The audit log as people read it, and what was changed past the dashboard."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection
from botcore.ledger.report_rows import AuditRow

__all__ = ["AuditFilter", "list_audit", "list_notices", "mark_notices"]

# Row security hides what is neither the acting person's nor for him as an admin.
_LINES = """
select id, at, actor, action, object, result, ip, detail, person
from kbots.audit_log
where (%(name)s::text is null or person = %(name)s or actor = %(name)s)
  and (%(before)s::bigint is null or id < %(before)s)
  and (%(actions)s::text[] is null or action like any(%(actions)s))
  and (%(objects)s::text[] is null or object = any(%(objects)s))
  and (not %(refused)s or result <> 'ok')
order by id desc
limit %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines are wanted."""

    name: str | None = None
    """Whom they are about or who acted; anybody if nothing is given."""
    actions: tuple[str, ...] | None = None
    """Patterns of LIKE."""
    objects: tuple[str, ...] | None = None
    refused_only: bool = False
    before: int | None = None


async def list_audit(connection: Connection, wanted: AuditFilter, limit: int) -> list[AuditRow]:
    """List lines the acting person may read, the newest first."""
    async with connection.cursor(row_factory=class_row(AuditRow)) as cursor:
        await cursor.execute(
            _LINES,
            {
                "name": wanted.name,
                "before": wanted.before,
                "actions": None if wanted.actions is None else list(wanted.actions),
                "objects": None if wanted.objects is None else list(wanted.objects),
                "refused": wanted.refused_only,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def list_notices(connection: Connection, user_id: UUID, limit: int) -> list[AuditRow]:
    """List what a person is told of and has not said to have seen, the newest first (SEC-45)."""
    async with connection.cursor(row_factory=class_row(AuditRow)) as cursor:
        await cursor.execute(
            "select a.id, a.at, a.actor, a.action, a.object, a.result, a.ip, a.detail, a.person"
            " from kbots.users u join kbots.audit_log a"
            " on a.person = u.name and a.tells and a.id > u.notices_seen"
            " where u.id = %s order by a.id desc limit %s",
            [user_id, limit],
        )
        return await cursor.fetchall()


async def mark_notices(connection: Connection, user_id: UUID, last: int) -> None:
    """Note that a person has seen them, up to this line; never beyond the log's end nor back."""
    await connection.execute(
        "update kbots.users u set notices_seen = greatest(notices_seen,"
        " (select coalesce(max(id), 0) from kbots.audit_log where person = u.name and id <= %s))"
        " where id = %s",
        [last, user_id],
    )
