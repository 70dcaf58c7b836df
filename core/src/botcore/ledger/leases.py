"""The lease on an exchange account, and the signs of life of the bot that holds it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from botcore.ledger.connect import Connection

__all__ = [
    "Beat",
    "LogRow",
    "acquire_lease",
    "insert_logs",
    "read_halt",
    "release_lease",
    "renew_lease",
    "write_heartbeat",
]

LogRow = tuple[datetime, str, str, Mapping[str, object]]
"""Instant, level, event, fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a bot says of itself; each of its problems is a reason (CamelCase) and a message.

    `key_version` names the exchange key it signs with; empty where it was not told.
    """

    state: str
    reason: str
    generation: int
    epoch: int
    pid: int
    venue_time: datetime | None
    problems: Sequence[tuple[str, str]] = ()
    key_version: str = ""


async def acquire_lease(connection: Connection, holder: UUID) -> int | None:
    """Return the new epoch, or None while another holds the account's lease (I1)."""
    cursor = await connection.execute("select kbots.acquire_lease(%s)", [holder])
    row = await cursor.fetchone()
    return row[0] if row else None


async def renew_lease(connection: Connection, holder: UUID, epoch: int) -> tuple[bool, str | None]:
    """Renew for 30 s; return whether it still held, and the halt latch's reason if one is set."""
    cursor = await connection.execute(
        "select renewed, halt_reason from kbots.renew_lease(%s, %s)", [holder, epoch]
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else (False, None)


async def release_lease(connection: Connection, holder: UUID, epoch: int) -> None:
    """Give the lease back; nothing happens if it was lost already."""
    await connection.execute("select kbots.release_lease(%s, %s)", [holder, epoch])


async def read_halt(connection: Connection) -> str | None:
    """Return the reason of the halt latch that stops this bot, if one is set."""
    cursor = await connection.execute("select reason from kbots.my_halt()")
    row = await cursor.fetchone()
    return row[0] if row else None


async def write_heartbeat(connection: Connection, holder: UUID, beat: Beat) -> None:
    """Write the bot's row; only a change of what it says notifies live pages.

    Nothing is written over the fresh word of another pod of this bot that holds the lease.
    """
    problems = json.dumps([[_storable(reason), _storable(text)] for reason, text in beat.problems])
    told = [beat.state, beat.reason, beat.generation, beat.epoch, beat.pid]
    said = [*told, problems, _storable(beat.key_version)]
    cursor = await connection.execute(
        "update kbots.heartbeats set at = now(), venue_time = %s"
        " from set_config('synchronous_commit', 'off', true)"
        " where bot_uid = kbots.my_bot()"
        " and (state, reason, generation, epoch, pid, problems, key_version)"
        " = (%s, %s, %s, %s, %s, %s::jsonb, %s)",
        [beat.venue_time, *said],
    )
    if cursor.rowcount == 1:
        return
    await connection.execute(
        "insert into kbots.heartbeats"
        " (venue_time, state, reason, generation, epoch, pid, problems, key_version)"
        " select %s::timestamptz, %s, %s, %s, %s, %s, %s::jsonb, %s"
        " from set_config('synchronous_commit', 'off', true)"
        " on conflict (bot_uid) do update set at = now(), venue_time = excluded.venue_time,"
        " state = excluded.state, reason = excluded.reason, generation = excluded.generation,"
        " epoch = excluded.epoch, pid = excluded.pid, problems = excluded.problems,"
        " key_version = excluded.key_version, book_id = excluded.book_id"
        " where kbots.may_report(%s)",
        [beat.venue_time, *said, holder],
    )


async def insert_logs(connection: Connection, rows: Sequence[LogRow]) -> None:
    """Append log rows."""
    await connection.execute(
        "insert into kbots.bot_logs (at, level, event, fields)"
        " select r.at, r.level, r.event, r.fields::jsonb"
        " from unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[]) as r (at, level, event, fields),"
        " set_config('synchronous_commit', 'off', true)",
        [
            [row[0] for row in rows],
            [row[1] for row in rows],
            [_storable(row[2]) for row in rows],
            [_fields(row[3]) for row in rows],
        ],
    )


def _fields(fields: Mapping[str, object]) -> str:
    plain = {
        _storable(key): value if isinstance(value, int) else _storable(str(value))
        for key, value in fields.items()
        if value is not None
    }
    return json.dumps(plain)


def _storable(text: str) -> str:
    """Drop what a Postgres text can't hold: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
