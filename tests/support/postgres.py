"""A real Postgres for tests: one server per session, one freshly copied database per test."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from botcore.ledger.connect import DatabaseAddress, connect
from botcore.ledger.migrate import migrate
from botcore.ledger.roles import EXCHANGE, LOGIN_ROLES, ensure_roles
from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import free_port
from tests.support.run_folders import run_folder

__all__ = ["ADMIN", "Database", "Server", "free_port", "run_async", "running_server"]

ADMIN = "postgres"
TEMPLATE = "kbots_template"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One migrated database; `address(role)` tells how to reach it as a role."""

    host: str
    port: int
    dbname: str
    passwords: dict[str, str] = field(repr=False)

    def address(self, role: str = ADMIN, password: str | None = None) -> DatabaseAddress:
        """Return the address for postgres, kbots_operator, kbots_dashboard, kbots_admin or a bot's login."""
        return DatabaseAddress(
            host=self.host,
            port=self.port,
            dbname=self.dbname,
            user=role,
            password=self.passwords[role] if password is None else password,
        )

    def connect(self, role: str = ADMIN, password: str | None = None) -> psycopg.Connection[Any]:
        """Open a plain connection in autocommit, for a test's own looks and set-up."""
        return psycopg.connect(self.address(role, password).conninfo(), autocommit=True)

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one query as the administrator."""
        with self.connect() as connection:
            return connection.execute(query, values or None).fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server with the roles made and a migrated template database."""

    host: str
    port: int
    passwords: dict[str, str] = field(repr=False)

    def database(self, dbname: str) -> Database:
        """Name one of its databases."""
        return Database(host=self.host, port=self.port, dbname=dbname, passwords=self.passwords)

    def prepare(self) -> None:
        """Make the roles and the template that every test's database is copied from."""
        self._execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(TEMPLATE))
        )
        self._execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
        run_async(self._roles(TEMPLATE))
        run_async(self._migrate(TEMPLATE))

    def create(self, *, migrated: bool = True) -> Database:
        """Make a database; one that is not migrated has the roles only."""
        dbname = f"test_{secrets.token_hex(6)}"
        template = TEMPLATE if migrated else "template1"
        self._execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(dbname), sql.Identifier(template)
            )
        )
        run_async(self._roles(dbname))  # rights on a database are not copied with it
        return self.database(dbname)

    def create_for_exchange(self) -> Database:
        """Make an empty database of the paper exchange's role."""
        dbname = f"test_{secrets.token_hex(6)}"
        self._execute(
            sql.SQL("create database {} owner {}").format(
                sql.Identifier(dbname), sql.Identifier(EXCHANGE)
            )
        )
        return self.database(dbname)

    def drop(self, database: Database) -> None:
        """Remove a test's database with everything still connected to it."""
        self._execute(
            sql.SQL("drop database if exists {} with (force)").format(
                sql.Identifier(database.dbname)
            )
        )

    def _execute(self, statement: sql.Composed) -> None:
        with self.database("postgres").connect() as connection:
            connection.execute(statement)

    async def _roles(self, dbname: str) -> None:
        target = self.database(dbname).address()
        async with await connect(target) as connection:
            await ensure_roles(connection, self.passwords)

    async def _migrate(self, dbname: str) -> None:
        target = self.database(dbname).address()
        async with await connect(target) as connection:
            await migrate(connection)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own, so that a test's event loop is left alone."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


@contextmanager
def running_server() -> Iterator[Server]:
    """Give the server of KBOTS_TEST_DSN (its superuser), or start the embedded one for the block."""
    dsn = os.environ.get("KBOTS_TEST_DSN", "")  # noqa: TID251 the tests' own switch
    if dsn:
        yield _external(dsn)
        return
    with run_folder("kbots-test-postgres-") as folder:
        yield from _embedded(folder)


def _embedded(folder: Path) -> Iterator[Server]:
    postgres = EmbeddedPostgres(folder=folder, port=free_port(), durable=False)
    server = Server(
        host="127.0.0.1", port=postgres.port, passwords=_passwords(secrets.token_hex(16))
    )
    try:
        postgres.initialise(server.passwords[ADMIN])
        process = postgres.start(folder / "postgres.log")
        try:
            server.prepare()
            yield server
        finally:
            postgres.stop(process)
    finally:
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _external(dsn: str) -> Server:
    given = psycopg.conninfo.conninfo_to_dict(dsn)
    server = Server(
        host=str(given.get("host", "127.0.0.1")),
        port=int(given.get("port") or 5432),
        passwords=_passwords(str(given.get("password", ""))),
    )
    server.prepare()
    return server


def _passwords(admin: str) -> dict[str, str]:
    return {ADMIN: admin} | {role: secrets.token_hex(16) for role in LOGIN_ROLES}
