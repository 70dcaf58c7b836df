"""The store: records as JSON documents in either database."""

from dataclasses import replace
from operator import attrgetter
from typing import Final, TypeVar

from pydantic import TypeAdapter

from botcore.matching.accounts import Account
from botcore.matching.orders import Order, Trade
from botcore.matching.reports import Amendment, Changes, PreventedMatch
from botexchange.ports import ApiKey, HistoryQuery, Moment, Owner, Saved, Shock
from botexchange.storage.queries import (
    OF_ACCOUNT,
    OF_SYMBOL,
    amendments,
    documents,
    history,
    is_oldest_first,
    matches,
    newest_lists,
)
from botexchange.storage.rows import (
    ACCOUNT,
    AMENDMENT,
    KEY,
    MATCH,
    ORDER,
    OWNER,
    TRADE,
    account_row,
    balance_of,
    change_rows,
    key_row,
    owner_row,
)
from botexchange.storage.tables import (
    ACCOUNTS,
    API_KEYS,
    MARKET,
    MOMENT,
    OWNERS,
    SHOCKS,
    Database,
    Row,
    Value,
)

__all__ = ["DocumentStore"]

T = TypeVar("T")
_OPEN: Final = (
    "SELECT document FROM (SELECT id, document FROM orders WHERE is_open"
    " UNION SELECT one.id, one.document FROM orders AS member"
    " JOIN orders AS one ON one.account = member.account AND one.list_id = member.list_id"
    " WHERE member.is_open AND member.list_id >= 0 AND one.list_id >= 0) AS found ORDER BY id"
)
"""What is open, and the ended orders of lists of which something is."""
_NEWEST_LIST: Final = (
    "list_id = (SELECT max(list_id) FROM orders WHERE account = :account AND list_id >= 0"
    " AND list_client_id = :client_id)"
)
_OWNER: Final = (
    "SELECT owners.document, api_keys.document FROM owners"
    " LEFT JOIN api_keys USING (uid) WHERE name = :name"
)


class DocumentStore:
    """Durable memory over a database that only this process writes."""

    def __init__(self, database: Database) -> None:
        """Read from and write to this database."""
        self._database = database
        self._sequence = 0

    async def close(self) -> None:
        """Let go of the database."""
        await self._database.close()

    async def load(self) -> Saved | None:
        """Read everything back; None if no market was begun."""
        market = await self._database.rows("SELECT fingerprint FROM market")
        if not market:
            return None
        [row] = await self._database.rows("SELECT sequence, position_ms, ceiling_ms FROM moment")
        self._sequence, position_ms, ceiling_ms = map(int, row)
        shocks = await self._database.rows("SELECT symbol, time_ms, factor FROM shocks")
        return Saved(
            fingerprint=str(market[0][0]),
            sequence=self._sequence,
            moment=Moment(position_ms=position_ms, ceiling_ms=ceiling_ms),
            shocks=tuple(
                Shock(symbol=str(symbol), time_ms=int(time_ms), factor=int(factor))
                for symbol, time_ms, factor in sorted(shocks, key=lambda row: int(row[1]))
            ),
            accounts=tuple(await self._accounts()),
            orders=tuple(await self._read(ORDER, _OPEN)),
        )

    async def begin(self, fingerprint: str, moment: Moment) -> None:
        """Mark a new store as belonging to a market."""
        await self._database.write({MARKET: [(1, fingerprint)], MOMENT: [self._moment(moment)]})

    async def commit(self, changes: Changes, moment: Moment) -> None:
        """Store what some steps changed, all of it or nothing.

        Raises:
            InvariantBroken: it is not known whether it is stored; the process must end.
        """
        self._sequence = max(self._sequence, changes.sequence)
        await self._database.write({**change_rows(changes), MOMENT: [self._moment(moment)]})

    async def add_account(self, account: Account, owner: Owner, changes: Changes) -> None:
        """Store a new account with its balances and key."""
        await self._database.write(
            {
                ACCOUNTS: [account_row(account)],
                OWNERS: [owner_row(account.name, owner)],
                API_KEYS: [key_row(owner.api_key)],
                **change_rows(changes),
            }
        )

    async def put_account(self, account: Account) -> None:
        """Store an account's new rates and rights; balances are stored by `commit`."""
        await self._database.write({ACCOUNTS: [account_row(account)]})

    async def add_shock(self, shock: Shock) -> None:
        """Store a shock."""
        await self._database.write({SHOCKS: [(shock.symbol, shock.time_ms, shock.factor)]})

    async def owner(self, name: str) -> Owner | None:
        """Find an account by name; its first key is shown with its present permissions."""
        rows = await self._database.rows(_OWNER, name=name)
        if not rows:
            return None
        owner = OWNER.validate_json(str(rows[0][0]))
        keys = (KEY.validate_json(str(row[1])) for row in rows if row[1])
        present = next((key for key in keys if key.key == owner.api_key.key), owner.api_key)
        return replace(owner, api_key=present)

    async def api_keys(self) -> list[ApiKey]:
        """List every key."""
        return await self._read(KEY, "SELECT document FROM api_keys ORDER BY api_key")

    async def put_key(self, key: ApiKey) -> None:
        """Store a key, or its new permissions."""
        await self._database.write({API_KEYS: [key_row(key)]})

    async def delete_key(self, key: str) -> None:
        """Forget a key."""
        await self._database.delete(API_KEYS, key)

    async def order(self, account: int, symbol: str, order_id: int) -> Order | None:
        """Find an order by its id."""
        found = await self._read(
            ORDER,
            documents("orders", "id = :id", OF_ACCOUNT, OF_SYMBOL),
            id=order_id,
            account=account,
            symbol=symbol,
        )
        return found[0] if found else None

    async def order_by_client_id(self, account: int, symbol: str, client_id: str) -> Order | None:
        """Find the open order that carries a client id, else the newest one that did."""
        found = await self._read(
            ORDER,
            documents(
                "orders",
                OF_SYMBOL,
                "client_order_id = :client_id",
                tail="ORDER BY is_open DESC, id DESC LIMIT 1",
            ),
            account=account,
            symbol=symbol,
            client_id=client_id,
        )
        return found[0] if found else None

    async def list_orders(self, account: int, list_id: int | None, client_id: str) -> list[Order]:
        """Find the orders of a list by its id, else of the newest list with a client id."""
        values: dict[str, Value] = {"account": account}
        if list_id is None:
            wanted, values["client_id"] = _NEWEST_LIST, client_id
        else:
            wanted, values["list_id"] = "list_id = :list_id", list_id
        query = documents("orders", OF_ACCOUNT, "list_id >= 0", wanted)
        return await self._read(ORDER, query, **values)

    async def order_lists(self, query: HistoryQuery) -> list[list[Order]]:
        """List order lists over all symbols: from an id or a start the oldest, otherwise the newest."""
        sql, values = newest_lists(query)
        orders = await self._read(ORDER, sql, **values)
        lists: dict[int, list[Order]] = {}
        for order in sorted(orders, key=attrgetter("list_id", "id")):
            lists.setdefault(order.list_id, []).append(order)
        return list(lists.values())

    async def orders(self, query: HistoryQuery) -> list[Order]:
        """List orders."""
        return [
            ORDER.validate_json(text) for text in await self._history(query, "orders", "created_ms")
        ]

    async def trades(self, query: HistoryQuery) -> list[Trade]:
        """List trades."""
        return [
            TRADE.validate_json(text) for text in await self._history(query, "trades", "time_ms")
        ]

    async def order_trades(self, order_id: int) -> list[Trade]:
        """List the trades of one order."""
        query = documents("trades", "order_id = :order_id")
        return await self._read(TRADE, query, order_id=order_id)

    async def everything(self, account: int) -> tuple[list[Order], list[Trade]]:
        """List all orders and trades of an account, over all symbols."""
        return (
            await self._read(ORDER, documents("orders", OF_ACCOUNT), account=account),
            await self._read(TRADE, documents("trades", OF_ACCOUNT), account=account),
        )

    async def count_trades(self, account: int) -> int:
        """Count an account's trades."""
        query = "SELECT count(*) FROM trades WHERE account = :account"
        [[count]] = await self._database.rows(query, account=account)
        return int(count)

    async def prevented_matches(self, query: HistoryQuery) -> list[PreventedMatch]:
        """List prevented matches; `order_id` is the taker's or the maker's."""
        sql, values = matches(query)
        return await self._read(MATCH, sql, **values)

    async def order_amendments(self, query: HistoryQuery) -> list[Amendment]:
        """List the amendments of the order `order_id`; `from_id` is an execution id."""
        sql, values = amendments(query)
        return await self._read(AMENDMENT, sql, **values)

    async def _read(self, adapter: TypeAdapter[T], query: str, **values: Value) -> list[T]:
        rows = await self._database.rows(query, **values)
        return [adapter.validate_json(str(row[0])) for row in rows]

    async def _accounts(self) -> list[Account]:
        accounts = {
            account.uid: account
            for account in await self._read(ACCOUNT, "SELECT document FROM accounts ORDER BY uid")
        }
        for uid, asset, document in await self._database.rows(
            "SELECT uid, asset, document FROM balances"
        ):
            account = accounts[int(uid)]
            account.free[str(asset)], account.locked[str(asset)] = balance_of(str(document))
        return list(accounts.values())

    async def _history(self, query: HistoryQuery, table: str, time: str) -> list[str]:
        """List documents oldest first: from an id or a start the oldest that match, otherwise the newest."""
        sql, values = history(query, table, time)
        found = [str(row[0]) for row in await self._database.rows(sql, **values)]
        return found if is_oldest_first(query) else found[::-1]

    def _moment(self, moment: Moment) -> Row:
        return 1, self._sequence, moment.position_ms, moment.ceiling_ms
