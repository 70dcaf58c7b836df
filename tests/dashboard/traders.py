"""A bot in the database, as operator and runner would leave it."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from botcore.resources.defaults import apply_defaults
from tests.support.ledger_rows import LEDGER_ROWS
from tests.support.logins import BotLogin, a_bot_login
from tests.support.manifests import a_bot
from tests.support.postgres import Database

__all__ = ["Trader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """One bot and its login."""

    name: str
    login: BotLogin
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    @property
    def path(self) -> str:
        """Return the address of its page."""
        return f"/bots/kbots-bots/{self.name}"

    @classmethod
    def make(cls, database: Database, owner: str, name: str) -> "Trader":
        """Make a bot that runs and has rows in every table."""
        login = a_bot_login(database, owner=owner, name=name)
        spec = apply_defaults(a_bot(name, owner=owner))["spec"]
        with database.connect() as connection:
            connection.execute(
                "insert into kbots.trading_bots (namespace, name, uid, spec) values ('kbots-bots', %s, %s, %s)",
                (name, login.bot_uid, Jsonb(spec)),
            )
        made = cls(name=name, login=login)
        for table, columns in LEDGER_ROWS.items():
            if table != "fills":
                made.insert(table, columns)
        made.fill()
        return made

    def insert(self, table: str, columns: dict[str, object]) -> None:
        """Write a row as the bot."""
        statement = sql.SQL("insert into kbots.{} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(sql.Placeholder() * len(columns)),
        )
        with self.login.connect() as connection:
            connection.execute(statement, list(columns.values()))

    def fill(self, **columns: Any) -> int:
        """Write one more execution, a minute after the last, and answer its trade id."""
        number = next(self.numbers)
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        self.insert(
            "fills", LEDGER_ROWS["fills"] | {"trade_id": number, "venue_time": at} | columns
        )
        return number

    def spec(self) -> dict[str, Any]:
        """Read the spec as it is now."""
        rows = self.login.database.rows(
            "select spec from kbots.trading_bots where name = %s", (self.name,)
        )
        return rows[0][0]

    def halts(self) -> list[tuple[Any, ...]]:
        """Read the halts of this bot that are in force."""
        return self.login.database.rows(
            "select reason, set_by from kbots.halts where subject = %s and cleared_at is null",
            (str(self.login.bot_uid),),
        )
