"""What must be true between ledger and exchange at every moment of rest (I2, I7, design §6)."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from tests.support.platform import ExchangeTruth, Platform
from tests.support.waiting import wait_until

__all__ = [
    "assert_books_agree",
    "assert_no_order_is_doubled",
    "assert_settles",
    "book_of",
    "metadata_of",
    "uid_of",
    "wait_for_rest",
]

_REST = """
    select count(*), count(*) filter (where status <> all(%s)), coalesce(bool_or(in_force), false),
           (select count(distinct candle_close) from kbots.decisions d where d.book_id = b.id)
    from kbots.books b
    join lateral (
        select h.state in ('Paused', 'Flat') and h.generation = %s as in_force
        from kbots.heartbeats h where h.bot_uid = %s and h.book_id = b.id
    ) beat on true
    left join kbots.orders o on o.book_id = b.id
    where b.id = %s
    group by b.id
"""
SETTLED = ("FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH")


def metadata_of(platform: Platform, name: str) -> dict[str, Any]:
    """Return the metadata of a bot that is there."""
    resource = platform.get(name)
    assert resource is not None, f"there is no TradingBot {name}"
    return dict(resource["metadata"])


def uid_of(platform: Platform, name: str) -> str:
    """Return the uid of a bot that is there."""
    return str(metadata_of(platform, name)["uid"])


def book_of(platform: Platform, name: str) -> int:
    """Return the book of a bot that is there."""
    rows = platform.query(
        "select distinct book_id from kbots.bot_logins where bot_uid = %s",
        (uid_of(platform, name),),
    )
    assert len(rows) == 1
    return int(rows[0][0])


def ledger_trades(platform: Platform, book: int) -> dict[tuple[str, int], tuple[Decimal, ...]]:
    """Return price, quantity and fee of every fill in the ledger, by symbol and trade id."""
    rows = platform.query(
        "select symbol, trade_id, price, quantity, commission from kbots.fills where book_id = %s",
        (book,),
    )
    return {(symbol, trade_id): tuple(rest) for symbol, trade_id, *rest in rows}


def exchange_trades(truth: ExchangeTruth) -> dict[tuple[str, int], tuple[Decimal, ...]]:
    """Return the same of the exchange's trades."""
    return {
        (trade["symbol"], int(trade["id"])): (
            Decimal(trade["price"]), Decimal(trade["qty"]), Decimal(trade["commission"]),
        )
        for trade in truth.trades
    }  # fmt: skip


def wait_for_rest(platform: Platform, name: str, *, seconds: float = 60) -> None:
    """Wait until a paused or flat bot has nothing open or unknown and leaves it at that for two candles.

    A second pod that waits for the lease writes the same heartbeat, so that one look may find it or not.
    """
    book, seen, was_in_force = book_of(platform, name), (0, 0), False

    def rested() -> bool:
        nonlocal seen, was_in_force
        bot = metadata_of(platform, name)
        values = (list(SETTLED), bot["generation"], bot["uid"], book)
        orders, unsettled, in_force, candles = platform.query(_REST, values)[0]
        trades = exchange_trades(platform.exchange_truth(name))
        settled = unsettled == 0 and trades.keys() == ledger_trades(platform, book).keys()
        was_in_force = was_in_force or in_force
        if not settled or not was_in_force or orders != seen[0]:
            seen = (orders, candles)
            return False
        return bool(candles >= seen[1] + 2)

    def unrest() -> dict[str, Any]:
        state = "select state, reason, generation from kbots.heartbeats where book_id = %s"
        working = "select * from kbots.orders where book_id = %s and status <> all(%s)"
        return {
            "heartbeats": platform.query(state, (book,)),
            "working": platform.query(working, (book, list(SETTLED))),
            "orders, candles": seen,
            "fills": len(ledger_trades(platform, book)),
            "trades": len(exchange_trades(platform.exchange_truth(name))),
        }

    wait_until(rested, f"{name} at rest", seconds=seconds, every=0.3, explain=unrest)


def assert_settles(platform: Platform, resting: dict[str, Any]) -> None:
    """Apply a bot that is to rest, and hold its ledger against the exchange once it does."""
    name = resting["metadata"]["name"]
    platform.apply(resting)
    wait_for_rest(platform, name)
    assert_no_order_is_doubled(platform, name)
    assert_books_agree(platform, name)


def assert_no_order_is_doubled(platform: Platform, name: str) -> None:
    """Every exchange order has exactly one intent, written before it; no intent has two orders."""
    truth = platform.exchange_truth(name)
    book = book_of(platform, name)
    intents = {
        row[0]
        for row in platform.query(
            "select client_order_id from kbots.orders where book_id = %s", (book,)
        )
    }
    doubled = [found for found, count in Counter(truth.client_order_ids()).items() if count > 1]

    assert doubled == []
    assert [found for found in truth.client_order_ids() if found not in intents] == []


def assert_books_agree(platform: Platform, name: str, *, start: str = "10000") -> None:
    """Fills are the exchange's trades, and with the starting amount they give its balances exactly."""
    truth, book = platform.exchange_truth(name), book_of(platform, name)
    assert ledger_trades(platform, book) == exchange_trades(truth)

    expected: defaultdict[str, Decimal] = defaultdict(Decimal, {"USDT": Decimal(start)})
    for symbol, side, quantity, quote, fee, asset in platform.query(
        "select symbol, side, quantity, quote_quantity, commission, commission_asset"
        " from kbots.fills where book_id = %s",
        (book,),
    ):
        sign = 1 if side == "BUY" else -1
        expected[symbol.removesuffix("USDT")] += sign * quantity
        expected["USDT"] -= sign * quote
        expected[asset] -= fee
    nonzero = {asset: amount for asset, amount in expected.items() if amount}
    assert nonzero == {asset: amount for asset, amount in truth.balances.items() if amount}

    lots = platform.query(
        "select symbol, sum(remaining) from kbots.lots where book_id = %s group by symbol", (book,)
    )
    held = {symbol.removesuffix("USDT"): amount for symbol, amount in lots if amount}
    assert held == {asset: amount for asset, amount in nonzero.items() if asset != "USDT"}
