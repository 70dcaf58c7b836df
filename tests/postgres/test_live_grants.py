"""Live grants: who may write one, for what, and what a running bot hears of its end (I8)."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.live_grants import PERMISSIONS, a_grant, a_live_key
from tests.support.logins import a_bot_login, a_user
from tests.support.postgres import Database

BOT = uuid.UUID("11111111-1111-4111-8111-111111111111")


def halt_of(connection: psycopg.Connection[Any]) -> tuple[str, str] | None:
    row = connection.execute("select scope, reason from kbots.my_halt()").fetchone()
    return (row[0], row[1]) if row else None


def refusal(database: Database, user: uuid.UUID, key: uuid.UUID, **more: Any) -> str:
    with pytest.raises(psycopg.Error) as refused:
        a_grant(database, user, more.pop("bot", BOT), key, **more)
    assert refused.value.sqlstate == "KB003"
    return str(refused.value)


def test_owner_grants_and_the_operator_reads_it(database: Database) -> None:
    alice = a_user(database, "alice")
    key = a_live_key(database)

    grant = a_grant(database, alice, BOT, key, symbols=("BTCUSDT", "ETHUSDT"))

    with database.connect("kbots_operator") as connection:
        rows = connection.execute(
            "select id, owner, key_id, symbols, most_notional, granted_by, revoked_at from kbots.live_grants"
        ).fetchall()
    assert rows == [(grant, "alice", key, ["BTCUSDT", "ETHUSDT"], 1000, "alice", None)]
    audit = database.rows("select actor, action, object from kbots.audit_log")
    assert audit == [("alice", "live.grant", str(BOT))]


def test_newer_grant_takes_the_place_of_the_older(database: Database) -> None:
    alice = a_user(database, "alice")
    key = a_live_key(database)
    first = a_grant(database, alice, BOT, key)

    second = a_grant(database, alice, BOT, key)

    active = database.rows("select id from kbots.live_grants where revoked_at is null")
    assert active == [(second,)] != [(first,)]


@pytest.mark.parametrize(
    "key",
    [
        {"environment": "testnet"},
        {"status": "Pending"},
        {"status": "Rejected"},
        {"status": "Revoked"},
        {"permissions": {**PERMISSIONS, "enableWithdrawals": True}},
        {"permissions": {}},
        {"owner": "bob"},
    ],
)
def test_key_that_is_not_a_verified_live_key_of_the_owner_gets_no_grant(
    database: Database, key: dict[str, Any]
) -> None:
    alice, _ = a_user(database, "alice"), a_user(database, "bob")

    assert "not a verified live key" in refusal(database, alice, a_live_key(database, **key))


@pytest.mark.parametrize(
    ("status", "environment", "is_granted"),
    [("Verified", "live", True), ("Pending", "live", False), ("Verified", "testnet", False)],
)
def test_key_in_a_secret_is_granted_as_a_sealed_one_is(
    database: Database, status: str, environment: str, *, is_granted: bool
) -> None:
    alice = a_user(database, "alice")
    key = uuid.uuid4()
    database.rows(
        "insert into kbots.referenced_keys (id, namespace, name, owner, environment, fingerprint, status,"
        " account_uid, permissions) values (%s, 'n', 'mine', 'alice', %s, 'f', %s, '7', %s) returning 1",
        (key, environment, status, Jsonb(PERMISSIONS)),
    )

    if is_granted:
        a_grant(database, alice, BOT, key)
    else:
        refusal(database, alice, key)


def test_person_sees_own_referenced_keys_only_and_writes_none(database: Database) -> None:
    alice, bob = a_user(database, "alice"), a_user(database, "bob")
    database.rows(
        "insert into kbots.referenced_keys (id, namespace, name, owner, environment, fingerprint)"
        " values (%s, 'n', 'mine', 'alice', 'live', 'f') returning 1",
        (BOT,),
    )

    with database.connect("kbots_dashboard") as connection:
        for user, seen in ((alice, 1), (bob, 0)):
            connection.execute("select set_config('kbots.user_id', %s, false)", [str(user)])
            rows = connection.execute("select id from kbots.referenced_keys").fetchall()
            assert len(rows) == seen
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update kbots.referenced_keys set status = 'Verified'")


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(days=-1), timedelta(days=400)])
def test_grant_must_end_in_the_future_within_a_year(database: Database, lasts: timedelta) -> None:
    alice = a_user(database, "alice")

    assert "within a year" in refusal(database, alice, a_live_key(database), lasts=lasts)


def test_bot_of_somebody_else_gets_no_grant(database: Database) -> None:
    alice, _ = a_user(database, "alice"), a_user(database, "bob")
    foreign = a_bot_login(database, owner="bob")

    text = refusal(database, alice, a_live_key(database), bot=foreign.bot_uid)

    assert "belongs to somebody else" in text


def test_grant_of_one_person_never_blocks_another(database: Database) -> None:
    alice, bob = a_user(database, "alice"), a_user(database, "bob")
    a_grant(database, alice, BOT, a_live_key(database))

    a_grant(database, bob, BOT, a_live_key(database, "bob"))

    assert len(database.rows("select 1 from kbots.live_grants where revoked_at is null")) == 2


def test_nobody_and_a_disabled_person_grant_nothing(database: Database) -> None:
    alice = a_user(database, "alice")
    key = a_live_key(database)
    database.rows("update kbots.users set disabled = true returning 1")

    assert "signed in" in refusal(database, alice, key)
    assert "signed in" in refusal(database, uuid.uuid4(), key)


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
def test_most_notional_is_a_sum_of_money(database: Database, amount: str) -> None:
    alice = a_user(database, "alice")

    with pytest.raises(psycopg.errors.CheckViolation):
        a_grant(database, alice, BOT, a_live_key(database), most_notional=amount)


@pytest.mark.parametrize("role", ["kbots_dashboard", "kbots_operator", "kbots_admin"])
def test_no_role_writes_the_table_itself(database: Database, role: str) -> None:
    alice = a_user(database, "alice")
    a_grant(database, alice, BOT, a_live_key(database))

    with database.connect(role) as connection:
        connection.execute("select set_config('kbots.user_id', %s, false)", [str(alice)])
        for statement in (
            "insert into kbots.live_grants select * from kbots.live_grants",
            "update kbots.live_grants set expires_at = 'infinity'",
            "delete from kbots.live_grants",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_operator_and_bots_call_neither_function(database: Database) -> None:
    bot = a_bot_login(database)
    for connection in (database.connect("kbots_operator"), bot.connect()):
        with connection:
            for call in (
                "select kbots.grant_live(null, null, 'USDT', '{X}', 1, now())",
                "select kbots.revoke_live_grant(gen_random_uuid())",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(call)


def test_owner_revokes_own_grants_only_and_an_admin_any(database: Database) -> None:
    alice, bob = a_user(database, "alice"), a_user(database, "bob")
    grant = a_grant(database, alice, BOT, a_live_key(database))
    revoke = "select kbots.revoke_live_grant(%s)"

    with database.connect("kbots_dashboard") as connection:
        connection.execute("select set_config('kbots.user_id', %s, false)", [str(bob)])
        assert connection.execute(revoke, [grant]).fetchone() == (False,)
        assert connection.execute("select 1 from kbots.live_grants").fetchall() == []
        connection.execute("select set_config('kbots.user_id', %s, false)", [str(alice)])
        assert connection.execute(revoke, [grant]).fetchone() == (True,)
        assert connection.execute(revoke, [grant]).fetchone() == (False,)
    other = a_grant(database, bob, BOT, a_live_key(database, "bob"))
    with database.connect("kbots_admin") as connection:
        assert connection.execute(revoke, [other]).fetchone() == (True,)
    rows = database.rows("select revoked_by from kbots.live_grants order by granted_at")
    assert rows == [("alice",), ("kbots_admin",)]


def test_bot_on_a_live_account_is_halted_while_it_has_no_grant(database: Database) -> None:
    alice, bob = a_user(database, "alice"), a_user(database, "bob")
    bot = a_bot_login(database, environment="live")
    halted = ("grant", "no live grant is in force")
    with bot.connect() as connection:
        assert halt_of(connection) == halted
        with pytest.raises(psycopg.Error, match="belongs to somebody else"):
            a_grant(database, bob, bot.bot_uid, a_live_key(database, "bob"))
        grant = a_grant(database, alice, bot.bot_uid, a_live_key(database))
        assert halt_of(connection) is None

        database.rows(
            "update kbots.live_grants set expires_at = now() where id = %s returning 1", (grant,)
        )
        assert halt_of(connection) == halted

        a_grant(database, alice, bot.bot_uid, a_live_key(database))
        epoch = connection.execute("select kbots.acquire_lease(%s)", [BOT]).fetchone() or (0,)
        renew = "select renewed, halt_scope from kbots.renew_lease(%s, %s)"
        assert connection.execute(renew, [BOT, epoch[0]]).fetchone() == (True, None)
        database.rows(
            "update kbots.live_grants set revoked_by = 'x', revoked_at = now() returning 1"
        )
        assert connection.execute(renew, [BOT, epoch[0]]).fetchone() == (True, "grant")


def test_latch_set_by_a_person_is_told_before_a_missing_grant(database: Database) -> None:
    bot = a_bot_login(database, environment="live")
    database.rows(
        "insert into kbots.halts (scope, subject, reason, set_by) values ('all', '*', 'storm', 'x') returning 1"
    )

    with bot.connect() as connection:
        assert halt_of(connection) == ("all", "storm")


@pytest.mark.parametrize("environment", ["paper", "testnet"])
def test_bot_with_play_money_needs_no_grant(database: Database, environment: str) -> None:
    with a_bot_login(database, environment=environment).connect() as connection:
        assert halt_of(connection) is None
