"""Records as JSON documents with the columns they are found by."""

import json
from typing import TypeVar

import orjson
from pydantic import TypeAdapter

from botcore.domain.errors import InvariantBroken
from botcore.matching.accounts import Account
from botcore.matching.orders import Order, Trade
from botcore.matching.reports import Amendment, Changes, PreventedMatch
from botexchange.ports import ApiKey, Owner
from botexchange.storage.tables import (
    AMENDMENTS,
    BALANCES,
    ORDERS,
    PREVENTED,
    TRADES,
    Row,
    Table,
)

__all__ = [
    "ACCOUNT",
    "AMENDMENT",
    "KEY",
    "MATCH",
    "ORDER",
    "OWNER",
    "TRADE",
    "account_row",
    "balance_of",
    "change_rows",
    "key_row",
    "owner_row",
]

T = TypeVar("T")
ACCOUNT = TypeAdapter(Account)
OWNER = TypeAdapter(Owner)
ORDER = TypeAdapter(Order)
TRADE = TypeAdapter(Trade)
MATCH = TypeAdapter(PreventedMatch)
AMENDMENT = TypeAdapter(Amendment)
KEY = TypeAdapter(ApiKey)


def account_row(account: Account) -> Row:
    """Turn an account into a row; its balances are rows of their own."""
    text = ACCOUNT.dump_json(account, exclude={"free", "locked"}, exclude_defaults=True)
    return account.uid, text.decode()


def owner_row(name: str, owner: Owner) -> Row:
    """Turn what the control port knows of an account into a row."""
    return owner.uid, name, _text(OWNER, owner)


def key_row(key: ApiKey) -> Row:
    """Turn a key into a row."""
    return key.key, key.uid, _text(KEY, key)


def change_rows(changes: Changes) -> dict[Table, list[Row]]:
    """Turn what some steps changed into rows; tables without any are left out.

    Raises:
        InvariantBroken: a balance is negative.
    """
    rows: dict[Table, list[Row]] = {
        ORDERS: [_order_row(order) for order in changes.orders.values()],
        TRADES: [_trade_row(trade) for trade in changes.trades],
        BALANCES: [_balance_row(*key, *amounts) for key, amounts in changes.balances.items()],
        PREVENTED: [_match_row(match) for match in changes.prevented],
        AMENDMENTS: [_amendment_row(one) for one in changes.amendments],
    }
    return {table: found for table, found in rows.items() if found}


def balance_of(document: str) -> tuple[int, int]:
    """Read what is free and what is locked."""
    free, locked = json.loads(document)
    return free, locked


def _text(adapter: TypeAdapter[T], record: T) -> str:
    """Write a record as JSON; what has its default is left out."""
    return adapter.dump_json(record, exclude_defaults=True).decode()


def _document(record: Order | Trade) -> str:
    """Write a tuple as `_text` writes other records; `_read` takes it back by its names."""
    defaults = record._field_defaults
    values = zip(record._fields, record, strict=True)
    return orjson.dumps(
        {name: value for name, value in values if name not in defaults or value != defaults[name]}
    ).decode()


def _balance_row(uid: int, asset: str, free: int, locked: int) -> Row:
    if free < 0 or locked < 0:
        raise InvariantBroken(f"account {uid} would have {free} {asset} free and {locked} locked")
    return uid, asset, f"[{free},{locked}]"


def _order_row(order: Order) -> Row:
    return (
        order.id,
        order.account,
        order.symbol,
        order.client_order_id,
        order.list_id,
        order.list_client_id,
        order.created_ms,
        order.is_open,
        _document(order),
    )


def _trade_row(trade: Trade) -> Row:
    return (
        trade.id,
        trade.account,
        trade.symbol,
        trade.order_id,
        trade.time_ms,
        _document(trade),
    )


def _match_row(match: PreventedMatch) -> Row:
    return (
        match.id,
        match.account,
        match.symbol,
        match.taker_order_id,
        match.maker_order_id,
        _text(MATCH, match),
    )


def _amendment_row(one: Amendment) -> Row:
    return (
        one.execution_id,
        one.account,
        one.symbol,
        one.order_id,
        _text(AMENDMENT, one),
    )
