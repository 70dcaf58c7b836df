"""The gateway over the real table: the API server's refusals, and never a silent overwrite."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from botcore.ledger.connect import open_pool
from botdashboard.adapters.gate import LedgerGate
from botdashboard.adapters.table_bots import TableBots
from botdashboard.views.records import BotKey
from tests.dashboard.gateway_cases import GatewayCases
from tests.dashboard.people import an_actor, end_session
from tests.support.logins import a_user
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres


class TableStore:
    """The table, seen by the operator and by others."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version_of(self, key: BotKey) -> str:
        """Return what every write changes."""
        rows = self._database.rows(
            "select resource_version from kbots.trading_bots where name = %s", (key.name,)
        )
        return str(rows[0][0])

    async def write_status(self, key: BotKey, phase: str) -> None:
        """Write a status, as the operator does."""
        self._set("status = %s", key, {"phase": phase})

    async def edit(self, key: BotKey, field: str, value: Any) -> None:
        """Change a field of the spec, as somebody else does."""
        self._set("spec = spec || %s", key, {field: value})

    async def hold(self, key: BotKey) -> None:
        """Do nothing: rows wait for the operator anyway."""

    def end_session(self, session: bytes) -> None:
        """Sign someone out."""
        end_session(self._database, session)

    def _set(self, change: str, key: BotKey, value: dict[str, Any]) -> None:
        with self._database.connect() as connection:
            connection.execute(
                f"update kbots.trading_bots set {change} where name = %s",  # noqa: S608 two constants of ours
                (Jsonb(value), key.name),
            )


@pytest.fixture
async def bots(database):
    address = database.address("kbots_dashboard")
    async with open_pool(address) as pool:
        yield TableBots(LedgerGate(pool), address)


@pytest.fixture
def key():
    return BotKey(namespace="kbots-bots", name="trend")


@pytest.fixture
def store(database):
    return TableStore(database)


@pytest.fixture
def alice(database):
    return an_actor(database, a_user(database, "alice"), "alice")


@pytest.fixture
def bob(database):
    return an_actor(database, a_user(database, "bob"), "bob")


class TestTable(GatewayCases):
    """Everything a gateway must do, in the table."""
