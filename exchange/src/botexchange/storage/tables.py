"""The tables of the schema and how a row of each is written, in SQL that both databases take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Protocol

__all__ = [
    "ACCOUNTS",
    "AMENDMENTS",
    "API_KEYS",
    "BALANCES",
    "MARKET",
    "MOMENT",
    "ORDERS",
    "OWNERS",
    "PREVENTED",
    "SHOCKS",
    "TRADES",
    "Batch",
    "Database",
    "Row",
    "Table",
    "Value",
    "migrations",
]

Value = int | str
Row = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name, its columns as `name type`, and what makes a new row replace an old one."""

    name: str
    columns: tuple[str, ...]
    key: str = ""
    """Columns of the key; empty if rows are only ever added."""

    @property
    def names(self) -> list[str]:
        """Name the columns."""
        return [column.split()[0] for column in self.columns]

    @property
    def types(self) -> list[str]:
        """Give the columns' types."""
        return [column.split()[1] for column in self.columns]

    def insert(self, source: str) -> str:
        """Write the statement that stores rows of this source."""
        text = f"INSERT INTO {self.name} ({', '.join(self.names)}) {source}"
        if not self.key:
            return text
        others = [name for name in self.names if name not in self.key.split(", ")]
        changes = ", ".join(f"{name} = excluded.{name}" for name in others)
        return f"{text} ON CONFLICT ({self.key}) DO UPDATE SET {changes}"


Batch = Mapping[Table, Sequence[Row]]

MARKET: Final = Table("market", ("one bigint", "fingerprint text"))
MOMENT: Final = Table(
    "moment", ("one bigint", "sequence bigint", "position_ms bigint", "ceiling_ms bigint"), "one"
)
SHOCKS: Final = Table("shocks", ("symbol text", "time_ms bigint", "factor bigint"))
ACCOUNTS: Final = Table("accounts", ("uid bigint", "document text"), "uid")
OWNERS: Final = Table("owners", ("uid bigint", "name text", "document text"))
API_KEYS: Final = Table("api_keys", ("api_key text", "uid bigint", "document text"), "api_key")
BALANCES: Final = Table("balances", ("uid bigint", "asset text", "document text"), "uid, asset")
ORDERS: Final = Table(
    "orders",
    (
        "id bigint",
        "account bigint",
        "symbol text",
        "client_order_id text",
        "list_id bigint",
        "list_client_id text",
        "created_ms bigint",
        "is_open boolean",
        "document text",
    ),
    "id",
)
TRADES: Final = Table(
    "trades",
    (
        "id bigint",
        "account bigint",
        "symbol text",
        "order_id bigint",
        "time_ms bigint",
        "document text",
    ),
)
PREVENTED: Final = Table(
    "prevented_matches",
    (
        "id bigint",
        "account bigint",
        "symbol text",
        "taker_order_id bigint",
        "maker_order_id bigint",
        "document text",
    ),
)
AMENDMENTS: Final = Table(
    "amendments",
    ("id bigint", "account bigint", "symbol text", "order_id bigint", "document text"),
)


class Database(Protocol):
    """What the store needs from a database that only this process writes."""

    async def rows(self, query: str, **values: Value) -> list[tuple[Value, ...]]:
        """Run a query with `:name` placeholders.

        Raises:
            InvalidInput: a value that no record can hold.
            InvariantBroken: the database is lost.
        """
        ...

    async def write(self, batch: Batch) -> None:
        """Store rows in one transaction, on disk when this returns.

        Raises:
            InvariantBroken: it is not known whether they are stored; the next start reads the truth.
        """
        ...

    async def delete(self, table: Table, key: Value) -> None:
        """Remove the row with this key; raises as `write`."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...


def migrations() -> list[tuple[int, str]]:
    """List the numbered files of the schema folder in order, each with its text."""
    folder = files("botexchange.storage").joinpath("schema")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [
        (int(name.split("_")[0]), folder.joinpath(name).read_text(encoding="utf-8"))
        for name in names
    ]
