"""Database logins of bots as the operator makes them, for tests that need a bot without an operator."""

import secrets
import uuid
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from botcore.ledger.connect import DatabaseAddress
from tests.support.postgres import Database

__all__ = ["BotLogin", "a_bot_login", "a_user"]


# Each gives the row's id, whether it was there or is made now.
_ACCOUNT: LiteralString = (
    "with made as (insert into kbots.exchange_accounts (venue, environment, account_uid)"
    " values ('binance', %s, %s) on conflict do nothing returning id)"
    " select id from made union all select id from kbots.exchange_accounts"
    " where (environment, account_uid) = (%s, %s)"
)
_BOOK: LiteralString = (
    "with made as (insert into kbots.books (owner, account_id) values (%s, %s)"
    " on conflict do nothing returning id)"
    " select id from made union all select id from kbots.books where (owner, account_id) = (%s, %s)"
)
_LOGIN: LiteralString = (
    "insert into kbots.bot_logins (db_role, bot_uid, namespace, name, book_id)"
    " values (%s, %s, 'kbots-bots', %s, %s)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotLogin:
    """One bot's way into the database."""

    bot_uid: uuid.UUID
    book_id: int
    account_id: int
    database: Database
    address: DatabaseAddress

    def connect(self) -> psycopg.Connection[Any]:
        """Connect as this bot, in autocommit."""
        return psycopg.connect(self.address.conninfo(), autocommit=True)


def a_user(database: Database, name: str, *, role: str = "trader") -> uuid.UUID:
    """Make a person without a password; returns the id."""
    return database.rows(
        "insert into kbots.users (name, role) values (%s, %s) returning id", (name, role)
    )[0][0]


def a_bot_login(
    database: Database,
    *,
    owner: str = "alice",
    name: str = "alice",
    account_uid: str | None = None,
    environment: str = "paper",
) -> BotLogin:
    """Make the account, the book and the login of one bot."""
    account_uid = account_uid or str(secrets.randbelow(10**9))
    bot_uid = uuid.uuid4()
    role, password = f"bot_{secrets.token_hex(6)}", secrets.token_hex(16)
    with database.connect("kbots_operator") as connection:
        account_id = _id(connection, _ACCOUNT, (environment, account_uid))
        book_id = _id(connection, _BOOK, (owner, account_id))
        connection.execute(
            sql.SQL("create role {} login password {} in role kbots_bot").format(
                sql.Identifier(role), sql.Literal(password)
            )
        )
        connection.execute(_LOGIN, (role, bot_uid, name, book_id))
    return BotLogin(
        bot_uid=bot_uid,
        book_id=book_id,
        account_id=account_id,
        database=database,
        address=database.address(role, password),
    )


def _id(
    connection: psycopg.Connection[Any], query: LiteralString, values: tuple[object, ...]
) -> int:
    row = connection.execute(query, values * 2).fetchone()
    assert row is not None
    return int(row[0])
