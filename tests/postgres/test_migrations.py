import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from botcore.domain.errors import InvariantBroken
from botcore.ledger import migrate as migrations
from botcore.ledger.connect import connect, wait_for_schema
from botcore.ledger.migrate import load_migrations, migrate, schema_is_current
from botcore.ledger.roles import ensure_roles
from tests.support.postgres import Database, Server


@pytest.fixture
def bare(postgres_server: Server) -> Iterator[Database]:
    made = postgres_server.create(migrated=False)
    yield made
    postgres_server.drop(made)


async def test_empty_database_gets_every_migration_in_order(bare: Database) -> None:
    async with await connect(bare.address()) as connection:
        assert not await schema_is_current(connection)
        applied = await migrate(connection)
        assert await schema_is_current(connection)

    numbers = [migration.number for migration in load_migrations()]
    assert applied == tuple(migration.name for migration in load_migrations())
    assert numbers == sorted(set(numbers))


async def test_program_waits_for_every_one_of_its_migrations(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_between = (*load_migrations(), replace(load_migrations()[0], number=0))
    monkeypatch.setattr(migrations, "load_migrations", lambda: one_between)

    async with await connect(database.address()) as connection:
        assert not await schema_is_current(connection)


async def test_migrated_database_gets_nothing_again(database: Database) -> None:
    async with await connect(database.address()) as connection:
        assert await migrate(connection) == ()


async def test_program_that_looks_during_the_first_migration_waits(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = replace(load_migrations()[0], sql="select pg_sleep(0.5)")
    monkeypatch.setattr(migrations, "load_migrations", lambda: (slow,))
    async with (
        await connect(bare.address()) as admin,
        await connect(bare.address("kbots_operator")) as program,
    ):
        working = asyncio.create_task(migrate(admin))
        seen = []
        while not working.done():
            seen.append(await schema_is_current(program))
            await asyncio.sleep(0.01)

        assert seen.count(False) > 3
        assert await schema_is_current(program)


async def test_edited_migration_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = (*load_migrations()[:-1], replace(load_migrations()[-1], checksum="0" * 64))
    monkeypatch.setattr(migrations, "load_migrations", lambda: edited)

    async with await connect(database.address()) as connection:
        with pytest.raises(InvariantBroken, match=edited[-1].name):
            await migrate(connection)


async def test_roles_can_be_ensured_again(database: Database) -> None:
    async with await connect(database.address()) as connection:
        await ensure_roles(connection, database.passwords)

    database.connect("kbots_operator").close()


async def test_program_that_waits_finds_the_schema(database: Database) -> None:
    await wait_for_schema(database.address("kbots_dashboard"), deadline_seconds=5)


def test_everything_belongs_to_the_owner_role(database: Database) -> None:
    owners = database.rows(
        "select distinct pg_get_userbyid(relowner) from pg_class"
        " where relnamespace = 'kbots'::regnamespace and relkind in ('r', 'p', 'S')"
    )

    assert owners == [("kbots_owner",)]


def test_no_login_is_a_superuser_or_bypasses_row_security(database: Database) -> None:
    rows = database.rows(
        "select rolname from pg_roles where rolname like 'kbots%' and (rolsuper or rolbypassrls)"
    )

    assert rows == []
