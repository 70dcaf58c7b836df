"""Numbered migrations: one transaction per file, a checksum each, under one advisory lock."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString

import psycopg

from botcore.domain.errors import InvariantBroken

__all__ = ["Migration", "load_migrations", "migrate", "schema_is_current"]

# Any constant: every migrator of this database takes the same lock.
_LOCK = 6_402_373_705_728_000 % 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file of the schema folder."""

    number: int
    name: str
    sql: LiteralString
    checksum: str


def load_migrations() -> tuple[Migration, ...]:
    """Read the packaged migrations in order."""
    found = []
    for entry in sorted(
        resources.files("botcore.ledger").joinpath("schema").iterdir(), key=lambda e: e.name
    ):
        if not entry.name.endswith(".sql"):
            continue
        text = entry.read_text(encoding="utf-8")
        found.append(
            Migration(
                number=int(entry.name.split("_", 1)[0]),
                name=entry.name,
                sql=text,  # packaged text, never built from input
                checksum=hashlib.sha256(text.encode()).hexdigest(),
            )
        )
    return tuple(found)


async def migrate(connection: psycopg.AsyncConnection) -> tuple[str, ...]:
    """Apply what is missing as `kbots_owner` and return the names applied.

    The connection is in autocommit.

    Raises:
        InvariantBroken: a migration that was applied has been edited since.
    """
    applied = []
    await connection.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        await connection.execute("set role kbots_owner")
        known = await _applied(connection)
        for migration in load_migrations():
            if migration.number in known:
                if known[migration.number] != migration.checksum:
                    raise InvariantBroken(
                        f"migration {migration.name} was edited after it had been applied"
                    )
                continue
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "insert into public.kbots_migrations (number, name, checksum) values (%s, %s, %s)",
                    [migration.number, migration.name, migration.checksum],
                )
            applied.append(migration.name)
    finally:
        await connection.execute("reset role")
        await connection.execute("select pg_advisory_unlock(%s)", [_LOCK])
    return tuple(applied)


async def _applied(connection: psycopg.AsyncConnection) -> dict[int, str]:
    # Table and grant at once: programs that wait for their schema look at it from its first moment on.
    async with connection.transaction():
        await connection.execute(
            "create table if not exists public.kbots_migrations (number int primary key, name text not null,"
            " checksum text not null, applied_at timestamptz not null default now())"
        )
        await connection.execute("grant select on public.kbots_migrations to public")
    rows = await connection.execute("select number, checksum from public.kbots_migrations")
    return dict(await rows.fetchall())


async def schema_is_current(connection: psycopg.AsyncConnection) -> bool:
    """Tell whether every migration of this program is in the database; programs wait for it."""
    row = await (
        await connection.execute("select to_regclass('public.kbots_migrations')")
    ).fetchone()
    if row is None or row[0] is None:
        return False
    rows = await connection.execute("select number from public.kbots_migrations")
    there = {number for (number,) in await rows.fetchall()}
    return there >= {migration.number for migration in load_migrations()}
