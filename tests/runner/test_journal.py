"""The journal against real Postgres, by a bot's own login."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from botcore.domain.errors import Conflict, InvariantBroken, Transient
from botcore.domain.orders import OrderStatus, OrderType, Purpose, Side
from botcore.ledger.connect import LeaseLost
from botrunner.adapters.ledger_journal import LedgerJournal
from botrunner.adapters.ledger_lease import LedgerLease
from botrunner.ports import Balance
from tests.runner.ledger_samples import AT, a_decision, a_fill, an_order, booked
from tests.support.logins import BotLogin
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres


async def test_written_intent_is_read_back_whole(journal: LedgerJournal) -> None:
    order = an_order(
        side=Side.SELL,
        type=OrderType.STOP_LOSS_LIMIT,
        purpose=Purpose.STOP_LOSS,
        quantity=Decimal("0.00012345"),
        price=Decimal("64000.01"),
        stop_price=Decimal("64100.99"),
        reserved_quote=Decimal("12.5"),
    )

    await journal.write_intents([order])

    stored = await journal.load()
    assert stored.orders == (order,)


async def test_intent_without_a_lease_is_refused_and_not_written(login: BotLogin) -> None:
    journal = LedgerJournal(login.address)

    with pytest.raises(LeaseLost):
        await journal.write_intents([an_order()])

    assert (await journal.load()).orders == ()
    await journal.close()


async def test_second_intent_of_the_same_id_is_a_conflict(journal: LedgerJournal) -> None:
    await journal.write_intents([an_order()])

    with pytest.raises(Conflict):
        await journal.write_intents([an_order(quantity=Decimal(9))])


async def test_save_of_an_order_never_journalled_breaks_an_invariant(
    journal: LedgerJournal,
) -> None:
    with pytest.raises(InvariantBroken):
        await journal.save(orders=[an_order("kb-stranger")], bookings=[])


@pytest.mark.parametrize("write", ["save", "decision", "equity"])
async def test_write_at_a_lost_epoch_is_refused(
    journal: LedgerJournal, lease: LedgerLease, write: str
) -> None:
    await journal.write_intents([an_order()])
    assert await lease.acquire() == 2

    writes = {
        "save": lambda: journal.save(orders=[an_order(status=OrderStatus.NEW)], bookings=[]),
        "decision": lambda: journal.record_decision(a_decision(), 1),
        "equity": lambda: save_equity(journal, "1"),
    }
    with pytest.raises(LeaseLost):
        await writes[write]()

    stored = await journal.load()
    assert stored.orders[0].status is OrderStatus.PENDING_NEW
    assert (stored.decided, stored.peak_equity) == ({}, None)


async def test_fill_books_lots_position_and_order_together(journal: LedgerJournal) -> None:
    order = an_order()
    await journal.write_intents([order])
    first = booked(order, a_fill(1))
    second = booked(first.order, a_fill(2, price=Decimal(110)), first.sub_book)

    await journal.save(orders=[second.order], bookings=[first, second])

    stored = await journal.load()
    assert stored.orders == ()  # filled and booked: settled
    assert stored.sub_books == (second.sub_book,)


async def test_fill_saved_twice_changes_nothing(journal: LedgerJournal, database: Database) -> None:
    order = an_order()
    await journal.write_intents([order])
    one = booked(order, a_fill())
    await journal.save(orders=[one.order], bookings=[one])
    twice = booked(one.order, one.fill, one.sub_book)  # a book that counted it twice

    await journal.save(orders=[], bookings=[twice])

    assert (await journal.load()).sub_books == (one.sub_book,)
    assert database.rows("select count(*) from kbots.fills") == [(1,)]


async def test_order_with_more_executed_than_booked_is_not_settled(
    journal: LedgerJournal,
) -> None:
    order = an_order()
    await journal.write_intents([order])
    one = booked(order, a_fill())
    filled = replace(one.order, status=OrderStatus.FILLED, executed_quantity=Decimal(2))

    await journal.save(orders=[filled], bookings=[one])

    (read,) = (await journal.load()).orders
    assert (read.status, read.booked_quantity) == (OrderStatus.FILLED, Decimal(1))
    assert not read.is_settled


async def test_canceled_order_without_fills_is_settled(journal: LedgerJournal) -> None:
    order = an_order()
    await journal.write_intents([order])

    await journal.save(orders=[replace(order, status=OrderStatus.CANCELED)], bookings=[])

    assert (await journal.load()).orders == ()


async def test_sale_leaves_a_flat_sub_book_with_its_profit(journal: LedgerJournal) -> None:
    buy, sell = an_order("kb-1"), an_order("kb-2", side=Side.SELL, purpose=Purpose.EXIT)
    for order in (buy, sell):
        await journal.write_intents([order])
    bought = booked(buy, a_fill(1, commission=Decimal(0)))
    sale = a_fill(
        2, side=Side.SELL, price=Decimal(120), quote_quantity=Decimal(120), commission=Decimal(0)
    )
    sold = booked(sell, sale, bought.sub_book)

    await journal.save(orders=[], bookings=[bought, sold])

    stored = await journal.load()
    (book,) = stored.sub_books
    assert (book.lots, book.realized_quote) == ((), Decimal(20))
    assert stored.day_realized == {AT.date(): Decimal(20)}


async def test_realized_profit_is_told_by_venue_day_of_the_last_two(
    journal: LedgerJournal,
) -> None:
    days = [datetime(2026, 1, day, 23, 59, 59, 999000, tzinfo=UTC) for day in (1, 2, 5)]
    for number, day in enumerate(days):
        order = an_order(f"kb-{number}")
        await journal.write_intents([order])
        one = booked(order, a_fill(number, venue_time=day))
        realized = replace(one, realized_quote=Decimal(number))
        await journal.save(orders=[], bookings=[realized])

    stored = await journal.load()

    assert stored.day_realized == {date(2026, 1, 2): Decimal(1), date(2026, 1, 5): Decimal(2)}


async def test_second_decision_on_a_candle_is_a_conflict(journal: LedgerJournal) -> None:
    await journal.record_decision(a_decision(), 1)
    await journal.record_decision(a_decision(AT + timedelta(hours=1)), 1)

    with pytest.raises(Conflict):
        await journal.record_decision(a_decision(), 2)

    assert (await journal.load()).decided == {("s", "BTCUSDT"): AT + timedelta(hours=1)}


async def test_balances_not_named_any_more_are_empty(
    journal: LedgerJournal, database: Database
) -> None:
    held = Balance(free=Decimal("1.5"), locked=Decimal("0.5"))
    await journal.save_balances({"USDT": held, "BTC": held})

    await journal.save_balances({"BTC": held})

    rows = database.rows("select asset, free, locked from kbots.balances order by asset")
    assert rows == [("BTC", Decimal("1.5"), Decimal("0.5")), ("USDT", 0, 0)]


async def test_peak_equity_is_the_highest_sample(journal: LedgerJournal) -> None:
    for value in ("100", "130.5", "120"):
        await save_equity(journal, value)

    assert (await journal.load()).peak_equity == Decimal("130.5")


async def test_journal_when_its_connection_broke_fails_once_and_returns(
    journal: LedgerJournal, login: BotLogin, database: Database
) -> None:
    await journal.write_intents([an_order()])
    database.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s",
        (login.address.user,),
    )

    with pytest.raises(Transient):
        await journal.save(orders=[an_order(status=OrderStatus.NEW)], bookings=[])
    await journal.save(orders=[an_order(status=OrderStatus.NEW)], bookings=[])

    assert (await journal.load()).orders[0].status is OrderStatus.NEW


async def save_equity(journal: LedgerJournal, value: str) -> None:
    zero = Decimal(0)
    await journal.save_equity(
        venue_time=AT, equity=Decimal(value), realized=zero, unrealized=zero, exposure=zero
    )
