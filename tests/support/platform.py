"""What end-to-end tests ask of a running platform, wherever it runs: on this host, or on a cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

__all__ = [
    "ExchangeTruth",
    "Platform",
    "Refused",
    "SecondRunner",
    "condition_in_force",
    "table_texts",
]

_ROWS = "select t::text from {} t"


class Refused(Exception):
    """The platform refused a request; the text is what a person reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeTruth:
    """Everything the exchange knows of one paper account."""

    orders: list[dict[str, Any]]
    trades: list[dict[str, Any]]
    balances: dict[str, Decimal]
    """Free and locked together, per asset."""

    def client_order_ids(self) -> list[str]:
        """Return every order's client id, doubles included."""
        return [order["clientOrderId"] for order in self.orders]


class Platform(Protocol):
    """One running installation; bots are named without their namespace."""

    @property
    def dashboard_url(self) -> str:
        """Return where the browser finds the dashboard."""
        ...

    def apply(self, manifest: dict[str, Any]) -> str:
        """Apply a TradingBot; raises Refused."""
        ...

    def get(self, name: str) -> dict[str, Any] | None:
        """Return the TradingBot as it stands, or None where there is none."""
        ...

    def delete(self, name: str) -> None:
        """Ask for the deletion and return at once."""
        ...

    def command(self, *arguments: str) -> str:
        """Run the command line people use; raises Refused."""
        ...

    def wait_condition(
        self, name: str, kind: str, status: str = "True", *, reason: str = "", seconds: float = 60
    ) -> dict[str, Any]:
        """Wait for a condition of the newest generation and return it."""
        ...

    def query(self, text: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Read the ledger as its administrator."""
        ...

    def exchange_truth(self, name: str) -> ExchangeTruth:
        """Ask the exchange, not the ledger."""
        ...

    def open_exchange_account(self, name: str) -> dict[str, Any]:
        """Open an account with a key that no bot was given; returns apiKey and apiSecret."""
        ...

    def new_exchange_key(self, account: str) -> dict[str, Any]:
        """Give such an account a further key; returns apiKey and apiSecret."""
        ...

    def revoke_exchange_key(self, api_key: str) -> None:
        """Take a key from its account, at the exchange."""
        ...

    def shock(self, symbol: str, percent: str) -> None:
        """Move the market at once."""
        ...

    def fault(self, **fault: object) -> None:
        """Make the exchange misbehave once."""
        ...

    def runner_pid(self, name: str) -> int:
        """Return the process of the bot's runner, 0 where none runs."""
        ...

    def kill_runner(self, name: str) -> None:
        """End the runner as a crash would: SIGKILL."""
        ...

    def freeze_runner(self, name: str) -> None:
        """Stop the runner's process without ending it: SIGSTOP."""
        ...

    def thaw_runner(self, name: str) -> None:
        """Let it run on."""
        ...

    def second_runner(self, name: str) -> "SecondRunner":
        """Start another pod's runner for the same bot, as a split platform might."""
        ...

    def children_gone(self, name: str) -> bool:
        """Tell whether neither pod nor secret nor configuration of the bot is left."""
        ...

    def restart_postgres(self) -> None:
        """Stop the database at once and start it again."""
        ...

    def kill_operator(self) -> None:
        """End the operator as a crash would; something starts it again."""
        ...

    def first_admin_link(self) -> str:
        """Return the one-time link of the first admin."""
        ...

    def everything_written(self) -> dict[str, bytes]:
        """Return logs, tables and environments of everything that runs, to search for secrets."""
        ...


class SecondRunner(Protocol):
    """A runner beside the bot's own."""

    def stop(self) -> None:
        """End it and wait."""
        ...


def condition_in_force(
    name: str, resource: dict[str, Any] | None, kind: str, status: str, reason: str
) -> dict[str, Any] | None:
    """Return a condition of the newest generation, None while there is none; no reason means any."""
    assert resource is not None, f"there is no TradingBot {name}"
    for condition in resource.get("status", {}).get("conditions", []):
        if (
            (condition["type"], condition["status"]) == (kind, status)
            and (not reason or condition["reason"] == reason)
            and condition["observedGeneration"] >= resource["metadata"]["generation"]
        ):
            return dict(condition)
    return None


def table_texts(query: Callable[[str], list[Any]]) -> dict[str, bytes]:
    """Return every row of every table of the ledger as text."""
    tables = query(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n"
        " on n.oid = c.relnamespace where n.nspname in ('kbots', 'public') and c.relkind = 'r'"
    )
    return {
        f"table {table}": "\n".join(row[0] for row in query(_ROWS.format(table))).encode()
        for (table,) in tables
    }
