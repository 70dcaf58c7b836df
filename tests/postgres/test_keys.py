"""What the database holds of keys whatever the programs do: who replaces, what is kept, who reads the history."""

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.live_grants import a_grant, a_live_key
from tests.support.logins import a_user
from tests.support.postgres import Database

EVENT = (
    "insert into kbots.key_events (key_id, owner, kind, revision, api_key_last4)"
    " values (gen_random_uuid(), 'alice', 'Verified', 1, 'last')"
)
VERIFIED_KEY = (
    "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4, envelope, kid, status)"
    " values (gen_random_uuid(), 'alice', 'x', 'binance', 'live', 'last', '{}', 'k', 'Verified')"
)


def replace(database: Database, user: uuid.UUID, key_id: uuid.UUID, revision: int = 2) -> None:
    with database.connect("kbots_dashboard") as connection:
        connection.execute("select set_config('kbots.user_id', %s, false)", (str(user),))
        connection.execute(
            "select kbots.replace_key(%s, %s, 'next', %s, 'k')", (key_id, revision, Jsonb({}))
        )


def test_key_of_another_and_a_revoked_one_are_not_replaced(database: Database) -> None:
    alice, bob = a_user(database, "alice"), a_user(database, "bob")
    key_id, revoked = a_live_key(database), a_live_key(database, status="Revoked")

    for user, key in ((bob, key_id), (alice, revoked), (alice, uuid.uuid4())):
        with pytest.raises(psycopg.Error) as refused:
            replace(database, user, key)
        assert refused.value.sqlstate == "KB003"

    replace(database, alice, key_id)
    with pytest.raises(psycopg.errors.UniqueViolation):
        replace(database, alice, key_id)


def test_web_tier_reads_no_envelope_and_writes_no_verdict(database: Database) -> None:
    a_user(database, "alice")

    with database.connect("kbots_dashboard") as connection:
        for statement in (
            "select envelope from kbots.key_replacements",
            "update kbots.key_replacements set status = 'Taken'",
            "update kbots.sealed_keys set check_due_at = null",
            EVENT,
            VERIFIED_KEY,
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("table", ["key_replacements", "key_events"])
def test_history_is_its_owners_alone(database: Database, table: str) -> None:
    alice, bob = a_user(database, "alice"), a_user(database, "bob")
    replace(database, alice, a_live_key(database))

    def seen(user: Any) -> bool:
        with database.connect("kbots_dashboard") as connection:
            connection.execute("select set_config('kbots.user_id', %s, false)", (str(user),))
            return bool(connection.execute(f"select key_id from kbots.{table}").fetchall())  # noqa: S608 a name above

    assert seen(alice)
    assert not seen(bob)
    assert not seen("")


# SEC-35
def test_nobody_without_a_second_factor_is_granted_real_money(database: Database) -> None:
    alice = a_user(database, "alice")
    key_id = a_live_key(database)
    database.rows(
        "insert into kbots.second_factors (user_id, sealed_secret) values (%s, '') returning 1",
        (alice,),
    )  # not confirmed yet

    with pytest.raises(psycopg.Error) as refused:
        a_grant(database, alice, uuid.uuid4(), key_id)

    assert refused.value.sqlstate == "KB003"
    assert "needs a second factor" in str(refused.value)
