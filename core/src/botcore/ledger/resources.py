"""TradingBots in Postgres, where there is no API server. Triggers keep generation and resource version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from botcore.resources.meta import API_VERSION, KIND

__all__ = [
    "StoredBot",
    "Writing",
    "add_finalizer",
    "drop_annotation",
    "find_bot",
    "insert_bot",
    "list_bots",
    "mark_deleted",
    "remove_bot",
    "update_bot",
    "write_status",
]

_COLUMNS = (
    "namespace, name, uid, labels, annotations, finalizers, spec, status, generation,"
    " resource_version, creation_timestamp, deletion_timestamp"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBot:
    """A row of kbots.trading_bots."""

    namespace: str
    name: str
    uid: UUID
    labels: dict[str, str]
    annotations: dict[str, str]
    finalizers: list[str]
    spec: dict[str, Any]
    status: dict[str, Any]
    generation: int
    resource_version: int
    creation_timestamp: datetime
    deletion_timestamp: datetime | None

    def to_manifest(self) -> dict[str, Any]:
        """Write the row as the API server shows an object."""
        metadata: dict[str, Any] = {
            "name": self.name,
            "namespace": self.namespace,
            "uid": str(self.uid),
            "generation": self.generation,
            "resourceVersion": str(self.resource_version),
            "creationTimestamp": _instant(self.creation_timestamp),
            "labels": self.labels,
            "annotations": self.annotations,
            "finalizers": self.finalizers,
        }
        if self.deletion_timestamp is not None:
            metadata["deletionTimestamp"] = _instant(self.deletion_timestamp)
        manifest = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {key: value for key, value in metadata.items() if value not in ({}, [])},
            "spec": self.spec,
        }
        return {**manifest, "status": self.status} if self.status else manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a person may write of a bot."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]


async def list_bots(
    connection: AsyncConnection, namespace: str | None = None
) -> tuple[StoredBot, ...]:
    """List the bots of a namespace, or all, by name."""
    async with connection.cursor(row_factory=class_row(StoredBot)) as cursor:
        await cursor.execute(
            f"select {_COLUMNS} from kbots.trading_bots"  # noqa: S608 constant columns
            " where %(namespace)s::text is null or namespace = %(namespace)s order by namespace, name",
            {"namespace": namespace},
        )
        return tuple(await cursor.fetchall())


async def find_bot(
    connection: AsyncConnection, namespace: str, name: str, *, lock: bool = False
) -> StoredBot | None:
    """Find a bot; `lock` keeps others from writing it until the transaction ends."""
    async with connection.cursor(row_factory=class_row(StoredBot)) as cursor:
        await cursor.execute(
            f"select {_COLUMNS} from kbots.trading_bots where namespace = %s and name = %s"  # noqa: S608 constant columns
            + (" for update" if lock else ""),
            [namespace, name],
        )
        return await cursor.fetchone()


async def insert_bot(connection: AsyncConnection, writing: Writing) -> None:
    """Store a new bot.

    Raises:
        psycopg.errors.UniqueViolation: it is there already (`translated` makes it a Conflict).
    """
    await connection.execute(
        "insert into kbots.trading_bots (namespace, name, labels, annotations, spec)"
        " values (%s, %s, %s, %s, %s)",
        [
            writing.namespace,
            writing.name,
            Jsonb(dict(writing.labels)),
            Jsonb(dict(writing.annotations)),
            Jsonb(dict(writing.spec)),
        ],
    )


async def update_bot(connection: AsyncConnection, writing: Writing) -> bool:
    """Replace what a person writes; returns whether anything changed."""
    cursor = await connection.execute(
        "update kbots.trading_bots set labels = %s, annotations = %s, spec = %s"
        " where namespace = %s and name = %s",
        [
            Jsonb(dict(writing.labels)),
            Jsonb(dict(writing.annotations)),
            Jsonb(dict(writing.spec)),
            writing.namespace,
            writing.name,
        ],
    )
    return cursor.rowcount == 1


async def mark_deleted(connection: AsyncConnection, namespace: str, name: str) -> bool:
    """Ask for a bot's deletion; the operator removes the row once the bot has ended. Tells whether it is there."""
    cursor = await connection.execute(
        "update kbots.trading_bots set deletion_timestamp = now()"
        " where namespace = %s and name = %s and deletion_timestamp is null",
        [namespace, name],
    )
    if cursor.rowcount == 1:
        return True
    return await find_bot(connection, namespace, name) is not None


async def write_status(connection: AsyncConnection, uid: str, status: Mapping[str, Any]) -> None:
    """Replace the status; an equal one is no write."""
    await connection.execute(
        "update kbots.trading_bots set status = %s where uid = %s", [Jsonb(dict(status)), uid]
    )


async def add_finalizer(connection: AsyncConnection, uid: str, finalizer: str) -> None:
    """Hold the row until the finalizer is removed."""
    await connection.execute(
        "update kbots.trading_bots set finalizers = array_append(finalizers, %(finalizer)s)"
        " where uid = %(uid)s and not %(finalizer)s = any(finalizers)",
        {"uid": uid, "finalizer": finalizer},
    )


async def drop_annotation(connection: AsyncConnection, uid: str, key: str) -> None:
    """Remove one annotation."""
    await connection.execute(
        "update kbots.trading_bots set annotations = annotations - %s::text where uid = %s",
        [key, uid],
    )


async def remove_bot(connection: AsyncConnection, uid: str, finalizer: str) -> None:
    """Remove the finalizer and, if the bot's deletion was asked for and no other is left, the row."""
    await connection.execute(
        "update kbots.trading_bots set finalizers = array_remove(finalizers, %s) where uid = %s",
        [finalizer, uid],
    )
    await connection.execute(
        "delete from kbots.trading_bots"
        " where uid = %s and deletion_timestamp is not null and finalizers = '{}'",
        [uid],
    )


def _instant(value: datetime) -> str:
    return value.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
