"""The store on SQLite: one file, one process, one transaction per step.

The write-ahead log is handed to the operating system at every commit, so a kill of the process
loses nothing; `synchronous = NORMAL` leaves only a power cut able to lose the last commits.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from botcore.domain.errors import Conflict, InvariantBroken
from botexchange.matching.accounts import Account
from botexchange.matching.orders import Order, Trade
from botexchange.matching.reports import Amendment, Changes, PreventedMatch
from botexchange.ports import ApiKey, HistoryQuery, Moment, Owner, Saved, Shock
from botexchange.storage.rows import (
    AMENDMENT,
    KEY,
    ORDER,
    PREVENTED,
    TRADE,
    order_row,
    text,
    trade_row,
)

__all__ = ["SqliteStore"]

_LAST = (1 << 63) - 1
_MOMENT = "UPDATE venue SET sequence = ?, position_ms = ?, ceiling_ms = ?"
_BALANCE = "UPDATE balances SET free = ?, locked = ? WHERE uid = ? AND asset = ?"
_NEW_BALANCE = "INSERT INTO balances VALUES (?, ?, 0, ?, ?)"
_ORDER = "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TRADE = "INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?)"
_PREVENTED = "INSERT INTO prevented_matches VALUES (?, ?, ?, ?, ?, ?)"
_AMENDMENT = "INSERT INTO amendments VALUES (?, ?, ?, ?, ?)"
_HISTORY = """
SELECT document FROM {table} WHERE account = ? AND symbol = ? AND id >= ? AND {time} BETWEEN ? AND ?
AND (? IS NULL OR {order} = ?) ORDER BY id {direction} LIMIT ?
"""


class SqliteStore:
    """Durable memory in one folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder's database, made if absent.

        Raises:
            Conflict: another process has it open.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "exchange.db", isolation_level=None, timeout=1)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(
                files("botexchange.storage").joinpath("schema.sql").read_text(encoding="utf-8")
            )
        except sqlite3.OperationalError as error:
            raise Conflict(f"{folder} can't be opened: {error}") from error

    async def close(self) -> None:
        """Close the database."""
        self._db.close()

    async def load(self) -> Saved | None:
        """Read everything back; None if the folder is new."""
        row = self._db.execute("SELECT * FROM venue").fetchone()
        if row is None:
            return None
        return Saved(
            fingerprint=row["fingerprint"],
            sequence=row["sequence"],
            moment=Moment(position_ms=row["position_ms"], ceiling_ms=row["ceiling_ms"]),
            shocks=tuple(
                Shock(symbol=symbol, time_ms=time_ms, factor=factor)
                for symbol, time_ms, factor in self._db.execute("SELECT * FROM shocks")
            ),
            accounts=tuple(self._accounts()),
            orders=tuple(
                ORDER.validate_json(row[0])
                for row in self._db.execute("SELECT document FROM orders WHERE is_open ORDER BY id")
            ),
        )

    async def begin(self, fingerprint: str, moment: Moment) -> None:
        """Mark a new folder as belonging to a market."""
        self._db.execute(
            "INSERT INTO venue VALUES (1, ?, 0, ?, ?)",
            (fingerprint, moment.position_ms, moment.ceiling_ms),
        )

    async def commit(self, changes: Changes, moment: Moment) -> None:
        """Store what one step changed, all of it or nothing."""
        with self._transaction():
            self._write(changes)
            self._db.execute(_MOMENT, (changes.sequence, moment.position_ms, moment.ceiling_ms))

    async def add_account(self, account: Account, owner: Owner, changes: Changes) -> None:
        """Store a new account with its balances and key."""
        key = owner.api_key
        with self._transaction():
            self._db.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, ?, ?)",
                (
                    account.uid,
                    account.name,
                    account.maker_rate,
                    account.taker_rate,
                    owner.created_ms,
                ),
            )
            self._db.execute(
                "INSERT INTO api_keys VALUES (?, ?, ?)", (key.key, key.uid, text(KEY, key))
            )
            for asset, amount in owner.initial.items():
                self._db.execute(
                    "INSERT INTO balances VALUES (?, ?, ?, 0, 0)", (account.uid, asset, amount)
                )
            self._write(changes)

    async def add_shock(self, shock: Shock) -> None:
        """Store a shock."""
        self._db.execute(
            "INSERT INTO shocks VALUES (?, ?, ?)", (shock.symbol, shock.time_ms, shock.factor)
        )

    async def owner(self, name: str) -> Owner | None:
        """Find an account by name."""
        row = self._db.execute(
            "SELECT * FROM accounts JOIN api_keys USING (uid) WHERE name = ? ORDER BY api_keys.rowid LIMIT 1",
            (name,),
        ).fetchone()
        if row is None:
            return None
        initial = self._db.execute(
            "SELECT asset, initial FROM balances WHERE uid = ? AND initial > 0", (row["uid"],)
        )
        return Owner(
            uid=row["uid"],
            api_key=KEY.validate_json(row["document"]),
            initial=dict(initial.fetchall()),
            created_ms=row["created_ms"],
        )

    async def api_keys(self) -> list[ApiKey]:
        """List every key."""
        return [
            KEY.validate_json(row[0]) for row in self._db.execute("SELECT document FROM api_keys")
        ]

    async def order(self, account: int, symbol: str, order_id: int) -> Order | None:
        """Find an order by its id."""
        row = self._db.execute(
            "SELECT document FROM orders WHERE id = ? AND account = ? AND symbol = ?",
            (order_id, account, symbol),
        ).fetchone()
        return None if row is None else ORDER.validate_json(row[0])

    async def order_by_client_id(self, account: int, symbol: str, client_id: str) -> Order | None:
        """Find the newest order that carries a client id."""
        row = self._db.execute(
            "SELECT document FROM orders WHERE account = ? AND symbol = ? AND client_order_id = ?"
            " ORDER BY id DESC LIMIT 1",
            (account, symbol, client_id),
        ).fetchone()
        return None if row is None else ORDER.validate_json(row[0])

    async def list_orders(self, account: int, list_id: int | None, client_id: str) -> list[Order]:
        """Find the orders of a list by its id or client id."""
        rows = self._db.execute(
            "SELECT document FROM orders WHERE account = ? AND list_id >= 0"
            " AND (list_id = ? OR (? IS NULL AND list_client_id = ?)) ORDER BY id",
            (account, list_id, list_id, client_id),
        )
        return [ORDER.validate_json(row[0]) for row in rows]

    async def orders(self, query: HistoryQuery) -> list[Order]:
        """List orders."""
        rows = self._history(query, table="orders", time="created_ms", order="id")
        return [ORDER.validate_json(row[0]) for row in rows]

    async def trades(self, query: HistoryQuery) -> list[Trade]:
        """List trades."""
        rows = self._history(query, table="trades", time="time_ms", order="order_id")
        return [TRADE.validate_json(row[0]) for row in rows]

    async def order_trades(self, order_id: int) -> list[Trade]:
        """List the trades of one order."""
        rows = self._db.execute(
            "SELECT document FROM trades WHERE order_id = ? ORDER BY id", (order_id,)
        )
        return [TRADE.validate_json(row[0]) for row in rows]

    async def everything(self, account: int) -> tuple[list[Order], list[Trade]]:
        """List all orders and trades of an account, over all symbols."""
        orders = self._db.execute(
            "SELECT document FROM orders WHERE account = ? ORDER BY id", (account,)
        )
        trades = self._db.execute(
            "SELECT document FROM trades WHERE account = ? ORDER BY id", (account,)
        )
        return [ORDER.validate_json(row[0]) for row in orders], [
            TRADE.validate_json(row[0]) for row in trades
        ]

    async def count_trades(self, account: int) -> int:
        """Count an account's trades."""
        row = self._db.execute("SELECT count(*) FROM trades WHERE account = ?", (account,))
        return int(row.fetchone()[0])

    async def put_key(self, key: ApiKey) -> None:
        """Store a key, or its new permissions."""
        self._db.execute(
            "INSERT OR REPLACE INTO api_keys VALUES (?, ?, ?)", (key.key, key.uid, text(KEY, key))
        )

    async def delete_key(self, key: str) -> None:
        """Forget a key."""
        self._db.execute("DELETE FROM api_keys WHERE api_key = ?", (key,))

    async def prevented_matches(self, query: HistoryQuery) -> list[PreventedMatch]:
        """List prevented matches; `order_id` is the taker's or the maker's."""
        rows = self._db.execute(
            "SELECT document FROM prevented_matches WHERE account = ? AND symbol = ? AND id >= ?"
            " AND (? IS NULL OR ? IN (taker_order_id, maker_order_id)) ORDER BY id LIMIT ?",
            (
                query.account,
                query.symbol,
                query.from_id or 0,
                query.order_id,
                query.order_id,
                query.limit,
            ),
        )
        return [PREVENTED.validate_json(row[0]) for row in rows]

    async def order_amendments(self, query: HistoryQuery) -> list[Amendment]:
        """List the amendments of the order `order_id`; `from_id` is an execution id."""
        rows = self._db.execute(
            "SELECT document FROM amendments WHERE account = ? AND symbol = ? AND order_id = ?"
            " AND id >= ? ORDER BY id LIMIT ?",
            (query.account, query.symbol, query.order_id, query.from_id or 0, query.limit),
        )
        return [AMENDMENT.validate_json(row[0]) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what is done inside; memory is ahead of a failed commit, so it stops the process.

        Raises:
            InvariantBroken: the database refused; the next start reads the last good state.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise InvariantBroken(f"the store failed: {error}") from error

    def _write(self, changes: Changes) -> None:
        self._db.executemany(_ORDER, map(order_row, changes.orders.values()))
        self._db.executemany(_TRADE, map(trade_row, changes.trades))
        for match in changes.prevented:
            ids = (
                match.id,
                match.account,
                match.symbol,
                match.taker_order_id,
                match.maker_order_id,
            )
            self._db.execute(_PREVENTED, (*ids, text(PREVENTED, match)))
        for one in changes.amendments:
            row = (one.execution_id, one.account, one.symbol, one.order_id, text(AMENDMENT, one))
            self._db.execute(_AMENDMENT, row)
        for (uid, asset), (free, locked) in changes.balances.items():
            found = self._db.execute(_BALANCE, (free, locked, uid, asset))
            if not found.rowcount:
                self._db.execute(_NEW_BALANCE, (uid, asset, free, locked))

    def _accounts(self) -> Iterator[Account]:
        for row in self._db.execute("SELECT * FROM accounts ORDER BY uid"):
            account = Account(
                uid=row["uid"],
                name=row["name"],
                maker_rate=row["maker_rate"],
                taker_rate=row["taker_rate"],
            )
            for asset, free, locked in self._db.execute(
                "SELECT asset, free, locked FROM balances WHERE uid = ?", (row["uid"],)
            ):
                account.free[asset], account.locked[asset] = free, locked
            yield account

    def _history(
        self, query: HistoryQuery, *, table: str, time: str, order: str
    ) -> list[sqlite3.Row]:
        is_oldest_first = query.from_id is not None or query.start_ms is not None
        sql = _HISTORY.format(
            table=table, time=time, order=order, direction="ASC" if is_oldest_first else "DESC"
        )
        rows = self._db.execute(
            sql,
            (
                query.account,
                query.symbol,
                query.from_id or 0,
                query.start_ms or 0,
                _LAST if query.end_ms is None else query.end_ms,
                query.order_id,
                query.order_id,
                query.limit,
            ),
        ).fetchall()
        return rows if is_oldest_first else rows[::-1]
