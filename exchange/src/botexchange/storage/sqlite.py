"""SQLite as the store's database: one file for one process, or memory alone.

The write-ahead log is handed to the operating system at every commit, so a kill of the process
loses nothing; `synchronous = NORMAL` leaves only a power cut able to lose the last commits.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

from botcore.domain.errors import Conflict, InvalidInput, InvariantBroken
from botexchange.storage.documents import DocumentStore
from botexchange.storage.tables import Batch, Row, Table, Value, migrations

__all__ = ["open_sqlite"]

_MOST_ROWS: Final = 16  # of a statement, so that all that occur stay prepared


def open_sqlite(folder: Path | None) -> DocumentStore:
    """Open the store of a folder, made if absent; without one it lives and ends with the process.

    Raises:
        Conflict: another process has it open, or it was made by another version.
    """
    if folder is None:
        return DocumentStore(_SqliteDatabase(":memory:"))
    folder.mkdir(parents=True, exist_ok=True)
    return DocumentStore(_SqliteDatabase(str(folder / "exchange.db")))


class _SqliteDatabase:
    """One connection, used by one thread at a time: a commit must not hold up the event loop."""

    def __init__(self, path: str) -> None:
        self._lock = asyncio.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, timeout=1, check_same_thread=False)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate()
        except sqlite3.OperationalError as error:
            self._db.close()
            raise Conflict(f"{path} can't be opened: {error}") from error
        except Conflict:
            self._db.close()
            raise

    async def close(self) -> None:
        """Close the database."""
        async with self._lock:
            self._db.close()

    async def rows(self, query: str, **values: Value) -> list[tuple[Value, ...]]:
        """Run a query with `:name` placeholders."""
        try:
            async with self._lock:
                return self._db.execute(query, values).fetchall()
        except OverflowError as error:
            raise InvalidInput.of("", "a number is out of range") from error
        except UnicodeEncodeError as error:
            raise InvalidInput.of("", "a text can't be encoded") from error

    async def write(self, batch: Batch) -> None:
        """Store rows in one transaction."""
        await self._do([work for table, rows in batch.items() for work in _inserts(table, rows)])

    async def delete(self, table: Table, key: Value) -> None:
        """Remove the row with this key."""
        await self._do([(f"DELETE FROM {table.name} WHERE {table.key} = ?", [key])])  # noqa: S608 our own names

    async def _do(self, work: list[tuple[str, Row]]) -> None:
        # Whoever waits may be cancelled; the thread goes on, and the next must wait for it.
        await asyncio.shield(self._in_turn(work))

    async def _in_turn(self, work: list[tuple[str, Row]]) -> None:
        async with self._lock:
            await asyncio.to_thread(self._transaction, work)

    def _transaction(self, work: list[tuple[str, Row]]) -> None:
        """Do all or nothing; memory is ahead of a failed commit, so it stops the process.

        Raises:
            InvariantBroken: the database refused; the next start reads the last good state.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, values in work:
                self._db.execute(statement, values)
            self._db.execute("COMMIT")
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise InvariantBroken(f"the store failed: {error}") from error

    def _migrate(self) -> None:
        """Apply the migrations that are new to the file.

        Raises:
            Conflict: the file is ahead of this program.
        """
        [version] = self._db.execute("PRAGMA user_version").fetchone()
        known = migrations()
        if version > known[-1][0]:
            raise Conflict(f"the data were made by a newer version (schema {version})")
        for number, text in known:
            if number > version:
                self._db.executescript(f"BEGIN; {text}; PRAGMA user_version = {number}; COMMIT;")


def _inserts(table: Table, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Give statements of many rows each, with their values.

    The driver lets go of the interpreter's lock for each statement, and the loop may keep it for 5 ms.
    """
    for start in range(0, len(rows), _MOST_ROWS):
        part = rows[start : start + _MOST_ROWS]
        yield _statement(table, len(part)), list(chain.from_iterable(part))


@cache
def _statement(table: Table, count: int) -> str:
    row = f"({', '.join('?' * len(table.columns))})"
    return table.insert(f"VALUES {', '.join([row] * count)}")
