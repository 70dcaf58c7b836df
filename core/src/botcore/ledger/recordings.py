"""The flight recorder's table: batches of a bot's inbox, kept for 7 days."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection

__all__ = [
    "Batch",
    "RecordedBot",
    "find_recorded_bots",
    "forget_recordings",
    "insert_batch",
    "last_checkpoint",
    "read_batches",
    "recorded_span",
]

_AT_ONCE: Final = 5_000
"""Rows deleted by one statement."""
_PAGE: Final = 500
"""Batches read by one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records of one process in their order; `at` is the real time of the first, `number` counts from 1.

    `records` are deflated lines. A batch with a checkpoint begins with it, and a stream that the
    batches after it continue.
    """

    at: datetime
    run: UUID
    number: int
    is_checkpoint: bool
    records: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBot:
    """A bot of that name, now or before; a recreated one has another uid."""

    namespace: str
    name: str
    bot_uid: UUID


async def insert_batch(connection: Connection, batch: Batch) -> None:
    """Append a batch as the bot; one that is there already, since an answer was lost, changes nothing."""
    await connection.execute(
        "insert into kbots.recorder (at, run, number, is_checkpoint, records)"
        " select %s::timestamptz, %s::uuid, %s::bigint, %s::boolean, %s::bytea"
        " from set_config('synchronous_commit', 'off', true) on conflict do nothing",
        [batch.at, batch.run, batch.number, batch.is_checkpoint, batch.records],
    )


async def find_recorded_bots(
    connection: Connection, name: str, namespace: str | None = None
) -> list[RecordedBot]:
    """List the bots of a name, in one namespace or in all."""
    async with connection.cursor(row_factory=class_row(RecordedBot)) as cursor:
        await cursor.execute(
            "select distinct namespace, name, bot_uid from kbots.bot_logins"
            " where name = %s and (%s::text is null or namespace = %s) order by namespace, bot_uid",
            [name, namespace, namespace],
        )
        return await cursor.fetchall()


async def last_checkpoint(
    connection: Connection, bots: list[UUID], before: datetime
) -> tuple[UUID, datetime] | None:
    """Return the bot and the time of the newest checkpoint that is no later, if there is one."""
    cursor = await connection.execute(
        "select bot_uid, at from kbots.recorder"
        " where bot_uid = any(%s) and at <= %s and is_checkpoint order by at desc limit 1",
        [bots, before],
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0], row[1])


async def recorded_span(
    connection: Connection, bots: list[UUID]
) -> tuple[datetime, datetime] | None:
    """Return when the first and the last batch of these bots begin, if there is any."""
    cursor = await connection.execute(
        "select min(at), max(at) from kbots.recorder where bot_uid = any(%s)", [bots]
    )
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else (row[0], row[1])


async def read_batches(
    connection: Connection, bot_uid: UUID, first: datetime, last: datetime
) -> AsyncIterator[Batch]:
    """Yield a bot's batches that begin between two instants, in their order."""
    after: tuple[datetime, int] = (first, 0)
    while True:
        async with connection.cursor(row_factory=class_row(Batch)) as cursor:
            await cursor.execute(
                "select at, run, number, is_checkpoint, records from kbots.recorder"
                " where bot_uid = %s and at <= %s and (at, number) > (%s, %s)"
                " order by at, number limit %s",
                [bot_uid, last, *after, _PAGE],
            )
            page = await cursor.fetchall()
        for batch in page:
            yield batch
        if len(page) < _PAGE:
            return
        after = (page[-1].at, page[-1].number)


async def forget_recordings(connection: Connection) -> bool:
    """Delete some of what is older than 7 days; tells whether more is left, for another transaction."""
    cursor = await connection.execute("select kbots.forget_recordings(%s)", [_AT_ONCE])
    row = await cursor.fetchone()
    return row is not None and row[0] >= _AT_ONCE
