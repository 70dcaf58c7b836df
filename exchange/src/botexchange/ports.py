"""What the exchange needs from its memory."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from botexchange.matching.accounts import Account
from botexchange.matching.orders import Order, Trade
from botexchange.matching.reports import Changes

__all__ = ["ApiKey", "HistoryQuery", "KeyKind", "Moment", "Owner", "Saved", "Shock", "Store"]


class KeyKind(StrEnum):
    """How requests of a key are signed."""

    HMAC = "HMAC"
    ED25519 = "ED25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of an account; `secret` is the HMAC secret or the PEM of the public key."""

    key: str
    uid: int
    kind: KeyKind
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What the control port knows of an account: its first key and its first balances."""

    uid: int
    api_key: ApiKey
    initial: dict[str, int]
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where the market stands: trades up to `position_ms` have met the orders.

    No answer has shown a venue time above `ceiling_ms`, so a restart goes on from there.
    """

    position_ms: int
    ceiling_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A price multiplied by a factor (1e-6) from a moment on."""

    symbol: str
    time_ms: int
    factor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Everything needed to go on after a restart."""

    fingerprint: str
    sequence: int
    moment: Moment
    shocks: tuple[Shock, ...]
    accounts: tuple[Account, ...]
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Orders or trades of an account, oldest first.

    With `from_id` or `start_ms` the oldest that match, otherwise the newest.
    """

    account: int
    symbol: str
    limit: int
    from_id: int | None = None
    order_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None


class Store(Protocol):
    """Durable memory: what `commit` returned from survives a kill of the process."""

    def load(self) -> Saved | None:
        """Read everything back; None if the folder is new."""
        ...

    def begin(self, fingerprint: str, moment: Moment) -> None:
        """Mark a new folder as belonging to a market."""
        ...

    def commit(self, changes: Changes, moment: Moment) -> None:
        """Store what one step changed, all of it or nothing."""
        ...

    def add_account(self, account: Account, owner: Owner, changes: Changes) -> None:
        """Store a new account with its balances and key."""
        ...

    def add_shock(self, shock: Shock) -> None:
        """Store a shock."""
        ...

    def owner(self, name: str) -> Owner | None:
        """Find an account by name."""
        ...

    def api_keys(self) -> list[ApiKey]:
        """List every key."""
        ...

    def order(self, account: int, symbol: str, order_id: int) -> Order | None:
        """Find an order by its id."""
        ...

    def order_by_client_id(self, account: int, symbol: str, client_id: str) -> Order | None:
        """Find the newest order that carries a client id."""
        ...

    def list_orders(self, account: int, list_id: int | None, client_id: str) -> list[Order]:
        """Find the orders of a list by its id or client id."""
        ...

    def orders(self, query: HistoryQuery) -> list[Order]:
        """List orders."""
        ...

    def trades(self, query: HistoryQuery) -> list[Trade]:
        """List trades."""
        ...

    def order_trades(self, order_id: int) -> list[Trade]:
        """List the trades of one order."""
        ...

    def everything(self, account: int) -> tuple[list[Order], list[Trade]]:
        """List all orders and trades of an account, over all symbols."""
        ...

    def count_trades(self, account: int) -> int:
        """Count an account's trades."""
        ...
