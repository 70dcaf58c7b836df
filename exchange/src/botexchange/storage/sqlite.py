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
from botexchange.matching.reports import Changes
from botexchange.ports import ApiKey, HistoryQuery, KeyKind, Moment, Owner, Saved, Shock
from botexchange.storage.rows import (
    PUT_ORDER,
    PUT_TRADE,
    order_from,
    order_row,
    trade_from,
    trade_row,
)

__all__ = ["SqliteStore"]

_LAST = (1 << 63) - 1
_MOMENT = "UPDATE venue SET sequence = ?, position_ms = ?, ceiling_ms = ?"
_BALANCE = "UPDATE balances SET free = ?, locked = ? WHERE uid = ? AND asset = ?"
_NEW_BALANCE = "INSERT INTO balances VALUES (?, ?, 0, ?, ?)"
_HISTORY = """
SELECT * FROM {table} WHERE account = ? AND symbol = ? AND id >= ? AND {time} BETWEEN ? AND ?
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

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def load(self) -> Saved | None:
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
                order_from(row)
                for row in self._db.execute(
                    "SELECT * FROM orders WHERE status IN ('NEW', 'PARTIALLY_FILLED') ORDER BY id"
                )
            ),
        )

    def begin(self, fingerprint: str, moment: Moment) -> None:
        """Mark a new folder as belonging to a market."""
        self._db.execute(
            "INSERT INTO venue VALUES (1, ?, 0, ?, ?)",
            (fingerprint, moment.position_ms, moment.ceiling_ms),
        )

    def commit(self, changes: Changes, moment: Moment) -> None:
        """Store what one step changed, all of it or nothing."""
        with self._transaction():
            self._write(changes)
            self._db.execute(_MOMENT, (changes.sequence, moment.position_ms, moment.ceiling_ms))

    def add_account(self, account: Account, owner: Owner, changes: Changes) -> None:
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
                "INSERT INTO api_keys VALUES (?, ?, ?, ?)", (key.key, key.uid, key.kind, key.secret)
            )
            for asset, amount in owner.initial.items():
                self._db.execute(
                    "INSERT INTO balances VALUES (?, ?, ?, 0, 0)", (account.uid, asset, amount)
                )
            self._write(changes)

    def add_shock(self, shock: Shock) -> None:
        """Store a shock."""
        self._db.execute(
            "INSERT INTO shocks VALUES (?, ?, ?)", (shock.symbol, shock.time_ms, shock.factor)
        )

    def owner(self, name: str) -> Owner | None:
        """Find an account by name."""
        row = self._db.execute(
            "SELECT * FROM accounts JOIN api_keys USING (uid) WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            return None
        initial = self._db.execute(
            "SELECT asset, initial FROM balances WHERE uid = ? AND initial > 0", (row["uid"],)
        )
        return Owner(
            uid=row["uid"],
            api_key=_key(row),
            initial=dict(initial.fetchall()),
            created_ms=row["created_ms"],
        )

    def api_keys(self) -> list[ApiKey]:
        """List every key."""
        return [_key(row) for row in self._db.execute("SELECT * FROM api_keys")]

    def order(self, account: int, symbol: str, order_id: int) -> Order | None:
        """Find an order by its id."""
        row = self._db.execute(
            "SELECT * FROM orders WHERE id = ? AND account = ? AND symbol = ?",
            (order_id, account, symbol),
        ).fetchone()
        return None if row is None else order_from(row)

    def order_by_client_id(self, account: int, symbol: str, client_id: str) -> Order | None:
        """Find the newest order that carries a client id."""
        row = self._db.execute(
            "SELECT * FROM orders WHERE account = ? AND symbol = ? AND client_order_id = ?"
            " ORDER BY id DESC LIMIT 1",
            (account, symbol, client_id),
        ).fetchone()
        return None if row is None else order_from(row)

    def list_orders(self, account: int, list_id: int | None, client_id: str) -> list[Order]:
        """Find the orders of a list by its id or client id."""
        rows = self._db.execute(
            "SELECT * FROM orders WHERE account = ? AND list_id >= 0"
            " AND (list_id = ? OR (? IS NULL AND list_client_id = ?)) ORDER BY id",
            (account, list_id, list_id, client_id),
        )
        return [order_from(row) for row in rows]

    def orders(self, query: HistoryQuery) -> list[Order]:
        """List orders."""
        rows = self._history(query, table="orders", time="created_ms", order="id")
        return [order_from(row) for row in rows]

    def trades(self, query: HistoryQuery) -> list[Trade]:
        """List trades."""
        rows = self._history(query, table="trades", time="time_ms", order="order_id")
        return [trade_from(row) for row in rows]

    def order_trades(self, order_id: int) -> list[Trade]:
        """List the trades of one order."""
        rows = self._db.execute("SELECT * FROM trades WHERE order_id = ? ORDER BY id", (order_id,))
        return [trade_from(row) for row in rows]

    def everything(self, account: int) -> tuple[list[Order], list[Trade]]:
        """List all orders and trades of an account, over all symbols."""
        orders = self._db.execute("SELECT * FROM orders WHERE account = ? ORDER BY id", (account,))
        trades = self._db.execute("SELECT * FROM trades WHERE account = ? ORDER BY id", (account,))
        return [order_from(row) for row in orders], [trade_from(row) for row in trades]

    def count_trades(self, account: int) -> int:
        """Count an account's trades."""
        row = self._db.execute("SELECT count(*) FROM trades WHERE account = ?", (account,))
        return int(row.fetchone()[0])

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
        self._db.executemany(PUT_ORDER, map(order_row, changes.orders.values()))
        self._db.executemany(PUT_TRADE, map(trade_row, changes.trades))
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


def _key(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        key=row["api_key"], uid=row["uid"], kind=KeyKind(row["kind"]), secret=row["secret"]
    )
