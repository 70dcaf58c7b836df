"""Rows a runner writes, for tests that need a ledger without a runner."""

import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg

__all__ = ["AT", "LEDGER_ROWS", "acquire", "insert_order"]

AT = datetime(2026, 1, 1, tzinfo=UTC)

# table -> the columns a bot has to give, with values; book and bot come from its login.
LEDGER_ROWS: dict[str, dict[str, object]] = {
    "fills": {
        "symbol": "BTCUSDT", "trade_id": 1, "strategy": "s", "client_order_id": "c-1", "purpose": "Entry",
        "side": "BUY", "price": "100", "quantity": "1", "quote_quantity": "100", "commission": "0.1",
        "commission_asset": "USDT", "venue_time": AT,
    },
    "lots": {
        "strategy": "s", "symbol": "BTCUSDT", "trade_id": 1, "quantity": "1", "remaining": "1",
        "unit_cost": "100", "opened_at": AT,
    },
    "positions": {"strategy": "s", "symbol": "BTCUSDT"},
    "balances": {"asset": "USDT", "free": "10", "locked": "0"},
    "decisions": {
        "strategy": "s", "symbol": "BTCUSDT", "candle_close": AT, "generation": 1, "action": "Hold",
        "reason": "NoSignal", "price": "100",
    },
    "heartbeats": {"state": "Running", "generation": 1, "epoch": 1, "pid": 1},
    "equity": {"venue_time": AT, "equity": "1", "realized": "0", "unrealized": "0", "exposure": "0"},
    "opening_balances": {"asset": "USDT", "amount": "10", "venue_time": AT},
    "adjustments": {
        "asset": "USDT", "amount": "1", "kind": "Deposit", "before": "10", "after": "11", "venue_time": AT,
    },
    "external_orders": {
        "symbol": "BTCUSDT", "exchange_order_id": 1, "client_order_id": "x", "is_own_mark": False, "side": "BUY",
        "type": "LIMIT", "quantity": "1", "price": "100", "status": "NEW", "executed_quantity": "0", "venue_time": AT,
    },
    "bot_logs": {"level": "info", "event": "started"},
    "recorder": {"at": AT, "run": uuid.UUID(int=1), "number": 1, "is_checkpoint": True, "records": b"x"},
}  # fmt: skip


def acquire(connection: psycopg.Connection[Any], holder: uuid.UUID) -> int | None:
    """Take the account's lease; returns the epoch, or None while another holds it."""
    row = connection.execute("select kbots.acquire_lease(%s)", (holder,)).fetchone()
    assert row is not None
    return row[0]


def insert_order(connection: psycopg.Connection[Any], client_order_id: str, *, epoch: int) -> None:
    """Journal a market order as this bot."""
    connection.execute(
        "insert into kbots.orders (strategy, symbol, client_order_id, epoch, purpose, side, type, quantity,"
        " venue_time) values ('s', 'BTCUSDT', %s, %s, 'Entry', 'BUY', 'MARKET', 1, %s)",
        (client_order_id, epoch, AT),
    )
