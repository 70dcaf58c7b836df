"""What the web tier can't do even when it is taken over (I4)."""

import uuid

import psycopg
import pytest

from tests.support.logins import a_user
from tests.support.postgres import Database

ENVELOPE = '{"ciphertext": "sealed"}'


def store_key(database: Database, user: uuid.UUID, owner: str) -> uuid.UUID:
    key_id = uuid.uuid4()
    with database.connect("kbots_dashboard") as connection:
        connection.execute("select set_config('kbots.user_id', %s, false)", (str(user),))
        connection.execute(
            "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4, envelope, kid)"
            " values (%s, %s, 'main', 'binance', 'testnet', 'abcd', %s, 'k1')",
            (key_id, owner, ENVELOPE),
        )
    return key_id


def act_as(connection: psycopg.Connection[object], user: uuid.UUID) -> None:
    connection.execute("select set_config('kbots.user_id', %s, false)", (str(user),))


def test_dashboard_writes_an_envelope_and_can_not_read_it(database: Database) -> None:
    alice = a_user(database, "alice")
    store_key(database, alice, "alice")

    with database.connect("kbots_dashboard") as connection:
        act_as(connection, alice)
        for query in (
            "select envelope from kbots.sealed_keys",
            "select * from kbots.sealed_keys",
            "select s::text from kbots.sealed_keys s",
            "update kbots.sealed_keys set status = status returning envelope",
            "copy kbots.sealed_keys (envelope) to stdout",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(query)
        assert connection.execute("select label from kbots.sealed_keys").fetchall() == [("main",)]


def test_operator_reads_the_envelope(database: Database) -> None:
    store_key(database, a_user(database, "alice"), "alice")

    with database.connect("kbots_operator") as connection:
        row = connection.execute(
            "select envelope ->> 'ciphertext' from kbots.sealed_keys"
        ).fetchone()

    assert row == ("sealed",)


def test_key_of_another_person_is_neither_seen_nor_stored_nor_revoked(database: Database) -> None:
    alice, bob = a_user(database, "alice"), a_user(database, "bob")
    store_key(database, alice, "alice")

    with database.connect("kbots_dashboard") as connection:
        act_as(connection, bob)
        assert connection.execute("select id from kbots.sealed_keys").fetchall() == []
        assert connection.execute("update kbots.sealed_keys set status = 'Revoked'").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        store_key(database, bob, "alice")


def test_dashboard_revokes_for_good_and_never_verifies(database: Database) -> None:
    alice = a_user(database, "alice")
    store_key(database, alice, "alice")

    with database.connect("kbots_dashboard") as connection:
        act_as(connection, alice)
        with pytest.raises(psycopg.Error) as refused:
            connection.execute("update kbots.sealed_keys set status = 'Verified'")
        connection.execute("update kbots.sealed_keys set status = 'Revoked'")
    assert refused.value.sqlstate == "KB003"

    with database.connect("kbots_operator") as connection, pytest.raises(psycopg.Error) as again:
        connection.execute("update kbots.sealed_keys set status = 'Verified'")
    assert again.value.sqlstate == "KB003"


def test_disabled_person_sees_nothing(database: Database) -> None:
    alice = a_user(database, "alice")
    store_key(database, alice, "alice")
    database.rows("update kbots.users set disabled = true returning id")

    with database.connect("kbots_dashboard") as connection:
        act_as(connection, alice)
        assert connection.execute("select id from kbots.sealed_keys").fetchall() == []


# SEC-63
def test_audit_log_is_only_added_to(database: Database) -> None:
    for role in ("kbots_dashboard", "kbots_operator", "kbots_admin"):
        with database.connect(role) as connection:
            connection.execute(
                "insert into kbots.audit_log (actor, action, result) values ('alice', 'login', 'ok')"
            )
            for query in ("update kbots.audit_log set result = ''", "delete from kbots.audit_log"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(query)


def test_operator_and_admin_read_no_password_hash(database: Database) -> None:
    for role in ("kbots_operator", "kbots_admin"):
        with (
            database.connect(role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("select password_hash from kbots.users")
