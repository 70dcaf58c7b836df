"""`kbots-operator migrate` as a process against a real Postgres."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from botcore.ledger.roles import EXCHANGE, LOGIN_ROLES
from tests.support.postgres import ADMIN, Database, Server, free_port

OLD, NEW = str(uuid4()), str(uuid4())


@pytest.fixture
def missing(postgres_server: Server) -> Iterator[Database]:
    """A database that is not there yet."""
    made = postgres_server.database(f"migrate_{uuid4().hex[:8]}")
    yield made
    postgres_server.drop(made)


def migrate(
    folder: Path, database: Database, installation: str = OLD, **settings: str
) -> subprocess.CompletedProcess[str]:
    (folder / "roles").mkdir(exist_ok=True)
    for role in LOGIN_ROLES:
        (folder / "roles" / role).write_text(database.passwords[role])
    (folder / "postgres-password").write_text(database.passwords[ADMIN])
    (folder / "installation-id").write_text(installation)
    values = {
        "DATABASE_HOST": database.host,
        "DATABASE_PORT": str(database.port),
        "DATABASE_NAME": database.dbname,
        "PASSWORD_FILE": str(folder / "postgres-password"),
        "ROLES_DIR": str(folder / "roles"),
        "INSTALLATION_ID_FILE": str(folder / "installation-id"),
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-m", "botoperator.main", "migrate"],
        env={"PATH": os.environ["PATH"]}  # noqa: TID251 a bare environment
        | {f"KBOTS_MIGRATE_{name}": value for name, value in values.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def installation_of(database: Database) -> str:
    return str(database.rows("select id from kbots.installation")[0][0])


def store_a_key(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("insert into kbots.users (name, role) values ('alice', 'trader')")
        connection.execute(
            "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4,"
            " envelope, kid) values (gen_random_uuid(), 'alice', 'k', 'binance', 'testnet', '1234', '{}', 'k')"
        )


def test_missing_database_is_made_and_bound_and_a_second_run_changes_nothing(
    tmp_path: Path, missing: Database
) -> None:
    first = migrate(tmp_path, missing)
    schema = missing.rows("select number, applied_at from public.kbots_migrations order by 1")
    second = migrate(tmp_path, missing)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert installation_of(missing) == OLD
    assert (
        missing.rows("select number, applied_at from public.kbots_migrations order by 1") == schema
    )
    with missing.connect("kbots_dashboard") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    said = first.stdout + first.stderr + second.stderr
    assert [value for value in missing.passwords.values() if value in said] == []


def test_exchange_has_a_database_of_its_own_and_neither_side_enters_the_other(
    tmp_path: Path, missing: Database, postgres_server: Server
) -> None:
    assert migrate(tmp_path, missing).returncode == 0
    assert migrate(tmp_path, missing).returncode == 0

    own = postgres_server.database(EXCHANGE)
    with own.connect(EXCHANGE) as connection:
        connection.execute("create schema of_this_test")
        connection.execute("drop schema of_this_test")
    for database, role in (
        (missing, EXCHANGE),
        *((own, role) for role in LOGIN_ROLES if role != EXCHANGE),
    ):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            database.connect(role)


def test_empty_database_takes_the_id_of_another_secret(tmp_path: Path, missing: Database) -> None:
    migrate(tmp_path, missing, OLD)

    assert migrate(tmp_path, missing, NEW).returncode == 0
    assert installation_of(missing) == NEW


def test_database_with_keys_of_another_installation_is_refused_with_the_fix(
    tmp_path: Path, missing: Database
) -> None:
    migrate(tmp_path, missing, OLD)
    store_a_key(missing)

    same, other = migrate(tmp_path, missing, OLD), migrate(tmp_path, missing, NEW)

    assert same.returncode == 0
    assert other.returncode != 0
    assert "restore the sealing Secret" in other.stderr
    assert installation_of(missing) == OLD


def test_database_that_stays_away_is_waited_for_and_named(
    tmp_path: Path, missing: Database
) -> None:
    done = migrate(tmp_path, missing, DATABASE_PORT=str(free_port()), WAIT_SECONDS="2")

    assert done.returncode == 1
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert events == ["waiting_for_database", "operator_failed"]


def test_broken_installation_id_is_refused_by_its_path(tmp_path: Path, missing: Database) -> None:
    done = migrate(tmp_path, missing, "not a uuid")

    assert done.returncode == 1
    assert "installation-id: must hold a UUID" in done.stderr
