"""The TradingBot table behaves as the API server does: generations, versions, no write without a change."""

from typing import Any

import psycopg
import pytest

from tests.support.logins import a_user
from tests.support.postgres import Database


def apply(database: Database, spec: str, name: str = "alice") -> None:
    with database.connect("kbots_admin") as connection:
        connection.execute(
            "insert into kbots.trading_bots (namespace, name, spec) values ('kbots-bots', %s, %s)"
            " on conflict (namespace, name) do update set spec = excluded.spec",
            (name, spec),
        )


def versions(database: Database, name: str = "alice") -> tuple[int, int]:
    return database.rows(
        "select generation, resource_version from kbots.trading_bots where name = %s", (name,)
    )[0]


def as_operator(database: Database, statement: str) -> psycopg.Cursor[Any]:
    with database.connect("kbots_operator") as connection:
        return connection.execute(statement)


def test_changed_spec_raises_generation_and_version(database: Database) -> None:
    apply(database, '{"owner": "alice"}')
    first = versions(database)
    apply(database, '{"owner": "alice", "mode": "paper"}')
    second = versions(database)

    assert (first[0], second[0]) == (1, 2)
    assert second[1] > first[1]


def test_status_raises_the_version_alone(database: Database) -> None:
    apply(database, '{"owner": "alice"}')
    first = versions(database)
    as_operator(database, """update kbots.trading_bots set status = '{"phase": "Running"}'""")

    assert versions(database)[0] == first[0]
    assert versions(database)[1] > first[1]


def test_unchanged_update_is_no_write_and_no_notice(database: Database) -> None:
    apply(database, '{"owner": "alice"}')
    before = database.rows("select xmin, ctid, resource_version from kbots.trading_bots")
    with database.connect("kbots_operator") as listener:
        listener.execute("listen kbots_resources")
        apply(database, '{"owner": "alice"}')
        touched = as_operator(database, "update kbots.trading_bots set status = status").rowcount
        notices = list(listener.notifies(timeout=0.3))

    assert touched == 0
    assert notices == []
    assert database.rows("select xmin, ctid, resource_version from kbots.trading_bots") == before


def test_every_change_is_noticed_by_name(database: Database) -> None:
    with database.connect("kbots_operator") as listener:
        listener.execute("listen kbots_resources")
        apply(database, '{"owner": "alice"}')
        apply(database, '{"owner": "alice", "mode": "paper"}')
        as_operator(database, "delete from kbots.trading_bots")
        payloads = [notice.payload for notice in listener.notifies(timeout=2, stop_after=3)]

    assert payloads == ["kbots-bots/alice"] * 3


def test_deletion_mark_raises_the_generation_once_and_stays(database: Database) -> None:
    apply(database, '{"owner": "alice"}')
    with database.connect("kbots_admin") as connection:
        connection.execute("update kbots.trading_bots set deletion_timestamp = now()")
        marked = versions(database)
        connection.execute("update kbots.trading_bots set deletion_timestamp = null")

    assert marked[0] == 2
    assert versions(database) == marked  # what is undone is no change
    assert database.rows("select deletion_timestamp is not null from kbots.trading_bots") == [
        (True,)
    ]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("kbots_operator", "update kbots.trading_bots set spec = '{}'"),
        ("kbots_dashboard", "update kbots.trading_bots set status = '{}'"),
        ("kbots_dashboard", "update kbots.trading_bots set finalizers = '{}'"),
        ("kbots_dashboard", "delete from kbots.trading_bots"),
        ("kbots_admin", "delete from kbots.trading_bots"),
        ("kbots_admin", "update kbots.trading_bots set generation = 9"),
    ],
)
def test_each_role_writes_its_own_part_only(database: Database, role: str, statement: str) -> None:
    apply(database, '{"owner": "alice"}')

    with (
        database.connect(role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_person_sees_and_makes_own_bots_only(database: Database) -> None:
    apply(database, '{"owner": "alice"}')
    apply(database, '{"owner": "bob"}', name="bob")
    alice = a_user(database, "alice")

    with database.connect("kbots_dashboard") as connection:
        connection.execute("select set_config('kbots.user_id', %s, false)", (str(alice),))
        assert connection.execute("select name from kbots.trading_bots").fetchall() == [("alice",)]
        statement = "update kbots.trading_bots set labels = '{\"a\": \"b\"}' where name = 'bob'"
        assert connection.execute(statement).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "insert into kbots.trading_bots (namespace, name, spec)"
                """ values ('kbots-bots', 'mine', '{"owner": "bob"}')"""
            )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("""update kbots.trading_bots set spec = '{"owner": "bob"}'""")
