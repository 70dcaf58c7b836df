"""Who sees and changes which rows: every ledger table, by two bots, two people and the operator (I4, design §6)."""

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.ledger_rows import LEDGER_ROWS, acquire, insert_order
from tests.support.logins import BotLogin, a_bot_login, a_user
from tests.support.postgres import Database

TABLES = [*LEDGER_ROWS, "orders"]
BY_BOT = {"bot_logs", "recorder"}
"""Rows that belong to a bot, not to a book."""


def insert(connection: psycopg.Connection[Any], table: str, **more: object) -> None:
    values = {**LEDGER_ROWS[table], **more}
    connection.execute(
        sql.SQL("insert into kbots.{} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        ),
        list(values.values()),
    )


def write_one_row(bot: BotLogin, table: str) -> None:
    with bot.connect() as connection:
        if table == "orders":
            epoch = acquire(connection, uuid.uuid4())
            assert epoch is not None
            insert_order(connection, "c-1", epoch=epoch)
        else:
            insert(connection, table)


def count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(
        sql.SQL("select count(*) from kbots.{}").format(sql.Identifier(table))
    ).fetchone()
    assert row is not None
    return int(row[0])


def refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


@pytest.fixture
def bots(database: Database) -> tuple[BotLogin, BotLogin]:
    return a_bot_login(database, owner="alice", name="a"), a_bot_login(
        database, owner="bob", name="b"
    )


@pytest.mark.parametrize("table", TABLES)
def test_bot_sees_its_own_row_and_not_the_others(
    bots: tuple[BotLogin, BotLogin], table: str
) -> None:
    mine, other = bots
    write_one_row(mine, table)

    with mine.connect() as connection:
        assert count(connection, table) == 1
    with other.connect() as connection:
        assert count(connection, table) == 0


@pytest.mark.parametrize("table", TABLES)
def test_bot_changes_no_row_of_another_and_deletes_none(
    database: Database, bots: tuple[BotLogin, BotLogin], table: str
) -> None:
    mine, other = bots
    write_one_row(mine, table)
    before = database.rows(f"select * from kbots.{table}")  # noqa: S608 a name of the list above
    column = "bot_uid" if table in BY_BOT else "book_id"

    with other.connect() as connection:
        try:
            changed = connection.execute(f"update kbots.{table} set {column} = {column}").rowcount  # noqa: S608 as above
        except psycopg.errors.InsufficientPrivilege:
            changed = 0
        assert changed == 0
        assert refused(lambda: connection.execute(f"delete from kbots.{table}"))  # noqa: S608 as above
        assert refused(lambda: connection.execute(f"truncate kbots.{table}"))

    assert database.rows(f"select * from kbots.{table}") == before  # noqa: S608 as above


@pytest.mark.parametrize("table", list(LEDGER_ROWS))
def test_bot_writes_no_row_into_anothers_book(bots: tuple[BotLogin, BotLogin], table: str) -> None:
    mine, other = bots
    foreign = {"bot_uid": mine.bot_uid} if table in BY_BOT else {"book_id": mine.book_id}

    with other.connect() as connection:
        assert refused(lambda: insert(connection, table, **foreign))


@pytest.mark.parametrize("table", TABLES)
def test_person_sees_rows_of_own_bots_only(
    database: Database, bots: tuple[BotLogin, BotLogin], table: str
) -> None:
    write_one_row(bots[0], table)
    alice, bob = a_user(database, "alice"), a_user(database, "bob")

    with database.connect("kbots_dashboard") as connection:
        seen = []
        for user in (alice, bob, ""):
            connection.execute("select set_config('kbots.user_id', %s, false)", (str(user),))
            seen.append(count(connection, table))

        assert seen == [1, 0, 0]
        assert refused(lambda: connection.execute(f"delete from kbots.{table}"))  # noqa: S608 a name of the list above


@pytest.mark.parametrize("table", TABLES)
def test_operator_reads_every_row_and_writes_none(
    database: Database, bots: tuple[BotLogin, BotLogin], table: str
) -> None:
    for bot in bots:
        write_one_row(bot, table)

    with database.connect("kbots_operator") as connection:
        assert count(connection, table) == 2
        assert refused(lambda: connection.execute(f"delete from kbots.{table}"))  # noqa: S608 a name of the list above


@pytest.mark.parametrize(
    "table", ["users", "sessions", "invites", "sealed_keys", "sealing_public_keys", "audit_log",
              "trading_bots", "halts", "leases", "bot_logins", "exchange_accounts", "second_factors",
              "recovery_codes", "pending_sign_ins", "key_replacements", "key_events", "api_tokens"]
)  # fmt: skip
def test_bot_reaches_no_table_of_people_keys_or_resources(
    bots: tuple[BotLogin, BotLogin], table: str
) -> None:
    with bots[0].connect() as connection:
        assert refused(lambda: count(connection, table))


def test_retired_login_reads_and_writes_nothing(
    database: Database, bots: tuple[BotLogin, BotLogin]
) -> None:
    mine = bots[0]
    write_one_row(mine, "balances")
    with database.connect("kbots_operator") as connection:
        connection.execute(
            "update kbots.bot_logins set retired_at = now() where bot_uid = %s", (mine.bot_uid,)
        )

    with mine.connect() as connection:
        assert count(connection, "balances") == 0
        with pytest.raises(psycopg.Error) as no_account:
            acquire(connection, uuid.uuid4())
    assert no_account.value.sqlstate == "KB002"


def test_operator_hands_out_the_bots_rights_without_having_them(
    database: Database, bots: tuple[BotLogin, BotLogin]
) -> None:
    with database.connect("kbots_operator") as connection:
        assert refused(lambda: connection.execute("set role kbots_bot"))
        with pytest.raises(psycopg.Error):
            acquire(connection, uuid.uuid4())


def test_bot_opens_no_other_database_role(bots: tuple[BotLogin, BotLogin]) -> None:
    with bots[0].connect() as connection:
        for role in ("kbots_owner", "kbots_operator", "kbots_dashboard"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
