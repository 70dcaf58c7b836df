"""What the exchange needs from its memory."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from botcore.matching.accounts import Account
from botcore.matching.orders import Order, Trade
from botcore.matching.reports import Amendment, Changes, PreventedMatch

__all__ = [
    "ApiKey",
    "HistoryQuery",
    "KeyKind",
    "KeyPermissions",
    "Moment",
    "Owner",
    "Saved",
    "Shock",
    "Store",
]


class KeyKind(StrEnum):
    """How requests of a key are signed."""

    HMAC = "HMAC"
    ED25519 = "ED25519"
    RSA = "RSA"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPermissions:
    """What a key may do (GET /sapi/v1/account/apiRestrictions)."""

    reading: bool = True
    spot_trading: bool = True
    withdrawals: bool = False
    internal_transfer: bool = False
    universal_transfer: bool = False
    margin: bool = False
    futures: bool = False
    addresses: tuple[str, ...] = ()
    """The only IP addresses that may use the key; any if empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of an account; `secret` is the HMAC secret or the PEM of the public key."""

    key: str
    uid: int
    kind: KeyKind
    secret: str
    permissions: KeyPermissions = KeyPermissions()
    created_ms: int = 0


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

    async def load(self) -> Saved | None:
        """Read everything back; None if the folder is new."""
        ...

    async def begin(self, fingerprint: str, moment: Moment) -> None:
        """Mark a new folder as belonging to a market."""
        ...

    async def commit(self, changes: Changes, moment: Moment) -> None:
        """Store what some steps changed, all of it or nothing; reports are not stored."""
        ...

    async def add_account(self, account: Account, owner: Owner, changes: Changes) -> None:
        """Store a new account with its balances and key."""
        ...

    async def put_account(self, account: Account) -> None:
        """Store an account's new rates and rights; its balances are stored by `commit`."""
        ...

    async def add_shock(self, shock: Shock) -> None:
        """Store a shock."""
        ...

    async def owner(self, name: str) -> Owner | None:
        """Find an account by name."""
        ...

    async def api_keys(self) -> list[ApiKey]:
        """List every key."""
        ...

    async def order(self, account: int, symbol: str, order_id: int) -> Order | None:
        """Find an order by its id."""
        ...

    async def order_by_client_id(self, account: int, symbol: str, client_id: str) -> Order | None:
        """Find the open order that carries a client id, else the newest one that did."""
        ...

    async def list_orders(self, account: int, list_id: int | None, client_id: str) -> list[Order]:
        """Find the orders of a list by its id or client id."""
        ...

    async def order_lists(self, query: HistoryQuery) -> list[list[Order]]:
        """List an account's order lists over all symbols, each with its orders.

        `from_id` is a list id, `limit` counts lists, a list's time is its orders' creation.
        """
        ...

    async def orders(self, query: HistoryQuery) -> list[Order]:
        """List orders."""
        ...

    async def trades(self, query: HistoryQuery) -> list[Trade]:
        """List trades."""
        ...

    async def order_trades(self, order_id: int) -> list[Trade]:
        """List the trades of one order."""
        ...

    async def everything(self, account: int) -> tuple[list[Order], list[Trade]]:
        """List all orders and trades of an account, over all symbols."""
        ...

    async def count_trades(self, account: int) -> int:
        """Count an account's trades."""
        ...

    async def put_key(self, key: ApiKey) -> None:
        """Store a key, or its new permissions."""
        ...

    async def delete_key(self, key: str) -> None:
        """Forget a key."""
        ...

    async def prevented_matches(self, query: HistoryQuery) -> list[PreventedMatch]:
        """List prevented matches; `order_id` is the taker's or the maker's."""
        ...

    async def order_amendments(self, query: HistoryQuery) -> list[Amendment]:
        """List the amendments of the order `order_id`; `from_id` is an execution id."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...
