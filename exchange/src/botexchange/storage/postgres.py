"""Postgres as the store's database: one process writes, proven by a lock its connection holds.

The writing connection is never opened again. When it is lost, the lock may be another process's
and the outcome of the last write is unknown, so this process ends; the next start reads the truth.
"""

import asyncio
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, LiteralString

import psycopg
import structlog
from psycopg.conninfo import make_conninfo
from psycopg.types.numeric import Int8BinaryDumper

from botcore.domain.errors import Conflict, InvalidInput, InvariantBroken, Transient
from botexchange.storage.documents import DocumentStore
from botexchange.storage.tables import Batch, Table, Value, migrations

__all__ = ["PostgresAddress", "open_postgres"]

_log = structlog.get_logger(__name__)

_LOCK: Final = 4_611_686_018_427_387_904  # any constant; it counts within one database
_READERS: Final = 2
_SAY_AGAIN_SECONDS: Final = 5.0
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
# A statement that is slower than this is lost; the server notices within 10 s that this host is gone, and then lets
# go of the lock.
_OPTIONS: Final = (
    "-c search_path=exchange -c statement_timeout=10000 -c timezone=UTC -c client_min_messages=warning"
    " -c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)
_Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresAddress:
    """Where and as whom to connect; the password stays out of every text form."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)

    async def connect(self) -> _Connection:
        """Open a connection in autocommit whose statements are prepared at their first use."""
        connection = await psycopg.AsyncConnection.connect(
            make_conninfo(
                host=self.host,
                port=self.port,
                dbname=self.dbname,
                user=self.user,
                password=self.password,
                application_name="kbots-exchange",
                connect_timeout=5,
                options=_OPTIONS,
                keepalives_idle=4,
                keepalives_interval=2,
                keepalives_count=3,
                tcp_user_timeout=8000,
            ),
            autocommit=True,
            prepare_threshold=0,
        )
        # One type for all numbers, so that a statement is prepared once.
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        return connection


async def open_postgres(
    address: PostgresAddress, *, writer_wait_seconds: float = 15.0
) -> DocumentStore:
    """Open the store, its schema made or brought up to date; waits for Postgres as long as it takes.

    Raises:
        Conflict: another exchange writes to this database, or a newer version made its schema.
    """
    writer = await _wait_for_server(address)
    readers: list[_Connection] = []
    try:
        await _become_writer(writer, writer_wait_seconds)
        await _migrate(writer)
        while len(readers) < _READERS:
            readers.append(await address.connect())
    except BaseException as error:
        for connection in (*readers, writer):
            await connection.close()
        if isinstance(error, psycopg.Error):
            raise InvariantBroken(f"the database failed: {_line(error)}") from error
        raise
    return DocumentStore(_PostgresDatabase(writer, readers))


class _PostgresDatabase:
    """One connection that writes, a few that read."""

    def __init__(self, writer: _Connection, readers: list[_Connection]) -> None:
        self._writer = writer
        self._readers = readers
        self._idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        self._turn = asyncio.Lock()
        for reader in readers:
            self._idle.put_nowait(reader)

    async def close(self) -> None:
        """Close the connections, which lets go of the lock."""
        for connection in (*self._readers, self._writer):
            await connection.close()

    async def rows(self, query: str, **values: Value) -> list[tuple[Value, ...]]:
        """Run a query with `:name` placeholders.

        Raises:
            Transient: it took too long.
        """
        reader = await self._idle.get()
        try:
            cursor = await reader.execute(_named(query), values)
            return await cursor.fetchall()
        except psycopg.errors.QueryCanceled as error:
            raise Transient(f"a query took too long: {_line(error)}") from error
        except (psycopg.DataError, UnicodeEncodeError, OverflowError) as error:
            raise InvalidInput.of("", "a value can't be stored") from error
        except psycopg.Error as error:
            raise InvariantBroken(f"the database can't be read: {_line(error)}") from error
        finally:
            self._idle.put_nowait(reader)

    async def write(self, batch: Batch) -> None:
        """Store rows by one statement, which is a transaction of its own."""
        values = [
            list(column) if kind == "text" else f"{{{','.join(map(str, column))}}}"
            for table, rows in batch.items()
            for kind, column in zip(table.types, zip(*rows, strict=True), strict=True)
        ]
        await self._run(_statement(tuple(batch)), values)

    async def delete(self, table: Table, key: Value) -> None:
        """Remove the row with this key."""
        await self._run(f"DELETE FROM {table.name} WHERE {table.key} = %s", [key])  # noqa: S608 our own names

    async def _run(self, statement: str, values: list[Any]) -> None:
        # Whoever waits may be cancelled; a write under way must not be.
        await asyncio.shield(self._write(statement, values))

    async def _write(self, statement: LiteralString, values: list[Any]) -> None:
        async with self._turn:
            try:
                await self._writer.execute(statement, values)
            except (psycopg.Error, UnicodeEncodeError, OverflowError) as error:
                # Nothing may follow a write that failed: memory is ahead of the database.
                await self._writer.close()
                raise InvariantBroken(f"the database failed: {_line(error)}") from error


async def _wait_for_server(address: PostgresAddress) -> _Connection:
    """Connect as soon as the server, the role and the database are there."""
    loop = asyncio.get_running_loop()
    pauses, said_at = list(_PAUSES), -_SAY_AGAIN_SECONDS
    while True:
        try:
            return await address.connect()
        except psycopg.OperationalError as error:
            if loop.time() - said_at >= _SAY_AGAIN_SECONDS:
                said_at = loop.time()
                _log.warning("waiting_for_database", host=address.host, reason=_line(error))
            await asyncio.sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])


async def _become_writer(writer: _Connection, wait_seconds: float) -> None:
    """Take the lock of the one process that writes.

    Raises:
        Conflict: another process kept it.
    """
    loop = asyncio.get_running_loop()
    end, is_said = loop.time() + wait_seconds, False
    while True:
        cursor = await writer.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if (await cursor.fetchone()) == (True,):
            return
        if loop.time() >= end:
            raise Conflict(
                f"another exchange writes to database {writer.info.dbname}; stop it, or give this one its own"
            )
        if not is_said:
            is_said = True
            _log.warning("waiting_for_writer", database=writer.info.dbname)
        await asyncio.sleep(0.2)


async def _migrate(writer: _Connection) -> None:
    """Apply the migrations that are new to the database; the writer's lock keeps others away.

    Raises:
        Conflict: the schema is ahead of this program.
    """
    await writer.execute("CREATE SCHEMA IF NOT EXISTS exchange")
    await writer.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    cursor = await writer.execute("SELECT coalesce(max(number), 0) FROM migrations")
    [[version]] = await cursor.fetchall()
    known = migrations()
    if version > known[-1][0]:
        raise Conflict(f"the database was made by a newer version (schema {version})")
    for number, text in known:
        if number > version:
            async with writer.transaction():
                await writer.execute(text, prepare=False)  # several statements
                await writer.execute("INSERT INTO migrations (number) VALUES (%s)", [number])
            _log.info("schema_migrated", number=number)


@cache
def _statement(tables: tuple[Table, ...]) -> str:
    """Write the statement that stores rows of these tables, each column as one array.

    Numbers go as an array's text, which is made at once; texts one by one, since they need quoting.
    """
    parts = []
    for table in tables:
        arrays = ", ".join(f"%{'b' if kind == 'text' else 's'}::{kind}[]" for kind in table.types)
        insert = table.insert(f"SELECT * FROM unnest({arrays})")  # noqa: S608 our own names
        parts.append(f"{table.name}_rows AS ({insert})")
    return f"WITH {', '.join(parts)} SELECT"


@cache
def _named(query: str) -> LiteralString:
    """Turn `:name` into psycopg's placeholder."""
    return re.sub(r":(\w+)", r"%(\1)s", query)


def _line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
