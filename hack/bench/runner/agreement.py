"""Whether the ledger and the exchange tell the same of a bot: orders, fills, balances."""

import json
import urllib.parse
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from hack.bench.runner.host import NAMESPACE, Host

__all__ = ["Told", "compared", "differences"]

_ENDED: Final = frozenset({"FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH"})
_ORDERS: Final = "select client_order_id, status from kbots.orders where bot_uid = %s"
_FILLS: Final = "select symbol, trade_id, price, quantity from kbots.fills where bot_uid = %s"
_LOTS: Final = (
    "select symbol, sum(remaining) from kbots.lots join kbots.bot_logins using (book_id)"
    " where bot_uid = %s group by 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What both say of a bot.

    The ledger: status by client order id, fills (symbol, trade id, price, quantity), lots left by symbol. The
    exchange: its orders, trades and balances as it shows them.
    """

    intents: Mapping[str, str]
    fills: Sequence[tuple[str, int, Decimal, Decimal]]
    lots: Mapping[str, Decimal]
    orders: Sequence[Mapping[str, Any]]
    trades: Sequence[Mapping[str, Any]]
    balances: Mapping[str, Mapping[str, str]]


def differences(host: Host, name: str, uid: str) -> list[str]:
    """List what one of the two knows alone; nothing, once a bot has come to rest."""
    account = f"{NAMESPACE}/{name}"
    told = _admin(host, f"orders?name={urllib.parse.quote(account, safe='')}")
    return compared(
        Told(
            intents=dict(host.query(_ORDERS, uid)),
            fills=host.query(_FILLS, uid),
            lots=dict(host.query(_LOTS, uid)),
            orders=told["orders"],
            trades=told["trades"],
            balances=_admin(host, f"accounts/{account}")["balances"],
        )
    )


def compared(told: Told) -> list[str]:
    """List the differences for people."""
    return [
        *_orders(told.intents, told.orders),
        *_fills(told.fills, told.trades),
        *_lots(told.lots, told.balances),
    ]


def _admin(host: Host, path: str) -> dict[str, Any]:
    url = f"{host.installation.url('exchangeAdmin')}/admin/v1/{path}"
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 own server
        found: dict[str, Any] = json.load(answer)
        return found


def _orders(intents: Mapping[str, str], orders: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counted = Counter(one["clientOrderId"] for one in orders)
    yield from (f"{order} is there {n} times" for order, n in counted.items() if n > 1)
    for one in orders:
        status = intents.get(one["clientOrderId"])
        if status is None:
            yield f"{one['clientOrderId']} has no intent"
        elif (status in _ENDED) != (one["status"] in _ENDED):
            yield f"{one['clientOrderId']} is {one['status']}, the ledger says {status}"
    for order, status in intents.items():
        if order not in counted and status not in _ENDED:
            yield f"{order} is {status} in the ledger and unknown to the exchange"


def _fills(
    fills: Sequence[tuple[str, int, Decimal, Decimal]], trades: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    booked = {(symbol, trade): (price, quantity) for symbol, trade, price, quantity in fills}
    made = {
        (one["symbol"], int(one["id"])): (Decimal(one["price"]), Decimal(one["qty"]))
        for one in trades
    }
    for key in sorted(booked.keys() | made.keys()):
        if booked.get(key) != made.get(key):
            yield f"trade {key}: exchange {made.get(key)}, ledger {booked.get(key)}"


def _lots(lots: Mapping[str, Decimal], balances: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    for symbol, quantity in lots.items():
        held[symbol.removesuffix("USDT")] += quantity
    for asset, amount in balances.items():
        total = Decimal(amount["free"]) + Decimal(amount["locked"])
        if asset != "USDT" and total != held[asset]:
            yield f"{asset}: exchange {total}, lots {held[asset]}"
