"""The whole account's books against real Postgres, by a bot's own login."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botcore.domain.account_book import Adjustment, AdjustmentKind, ExternalOrder, Traded
from botcore.domain.errors import LeaseLost
from botcore.domain.lots import write_off
from botcore.domain.orders import OrderStatus, Side
from botrunner.adapters.ledger_books import LedgerBooks
from botrunner.adapters.ledger_journal import LedgerJournal
from botrunner.adapters.ledger_lease import LedgerLease
from botrunner.lease_ports import Heartbeat
from botrunner.trading.events import Problem
from tests.runner.ledger_samples import AT, a_fill, an_order, booked
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres

D = Decimal


@pytest.fixture
def books(journal: LedgerJournal) -> LedgerBooks:
    return LedgerBooks(journal, lambda: AT)


def an_adjustment(**given: object) -> Adjustment:
    one = Adjustment(
        asset="USDT",
        amount=D(50),
        kind=AdjustmentKind.DEPOSIT,
        before=D(900),
        after=D(950),
        venue_time=AT,
    )
    return replace(one, **given)  # type: ignore[arg-type]


def a_stranger(**given: object) -> ExternalOrder:
    one = ExternalOrder(
        symbol="BTCUSDT",
        exchange_order_id=77,
        client_order_id="web_1",
        side="BUY",
        type="LIMIT",
        quantity=D(1),
        price=D(90),
        status="NEW",
        executed_quantity=D(0),
        venue_time=AT,
    )
    return replace(one, **given)  # type: ignore[arg-type]


async def test_book_is_opened_once(books: LedgerBooks, database: Database) -> None:
    assert not (await books.totals()).is_open

    await books.open({"USDT": D(1000), "BTC": D("0.5")})
    await books.open({"USDT": D(9), "ETH": D(9)})

    totals = await books.totals()
    assert totals.is_open
    assert dict(totals.amounts) == {"USDT": 1000, "BTC": D("0.5")}
    assert database.rows("select distinct venue_time from kbots.opening_balances") == [(AT,)]


async def test_totals_add_up_opening_fills_fees_and_adjustments(
    books: LedgerBooks, journal: LedgerJournal
) -> None:
    await books.open({"USDT": D(1000)})
    order = an_order()
    await journal.write_intents([order])
    await journal.save(orders=[], bookings=[booked(order, a_fill())])
    await books.adjust([an_adjustment()], [])

    totals = await books.totals()

    assert dict(totals.amounts) == {"USDT": 1050, "BTC": D("-0.001")}
    assert totals.traded == (
        Traded(symbol="BTCUSDT", side=Side.BUY, quantity=D(1), quote_quantity=D(100)),
    )


async def test_written_off_lots_and_their_loss_survive_a_restart(
    books: LedgerBooks, journal: LedgerJournal
) -> None:
    order = an_order()
    await journal.write_intents([order])
    one = booked(order, a_fill(commission=D(0)))
    await journal.save(orders=[one.order], bookings=[one])
    gone = write_off(one.sub_book, D("0.01"))
    row = an_adjustment(
        asset="BTC", amount=D("-0.01"), lots=D("0.01"), realized_quote=gone.realized_quote
    )

    await books.adjust([row], [(gone.sub_book, gone.changed)])

    stored = await journal.load()
    assert stored.sub_books == (gone.sub_book,)
    assert stored.day_realized == {AT.date(): D(-1)}  # TR-68: 1 % of 100, counted once


@pytest.mark.parametrize("write", ["open", "adjust"])
async def test_books_are_not_written_at_a_lost_epoch(
    books: LedgerBooks, lease: LedgerLease, write: str
) -> None:
    assert await lease.acquire() == 2

    with pytest.raises(LeaseLost):
        await (
            books.open({"USDT": D(1)}) if write == "open" else books.adjust([an_adjustment()], [])
        )


async def test_order_of_others_follows_the_newest_report(
    books: LedgerBooks, database: Database
) -> None:
    later = AT + timedelta(seconds=1)
    await books.record_orders([a_stranger()])
    await books.record_orders(
        [a_stranger(status="FILLED", executed_quantity=D(1), venue_time=later), a_stranger()]
    )

    rows = "select status, executed_quantity from kbots.external_orders"
    assert database.rows(rows) == [("FILLED", 1)]


async def test_order_of_others_that_is_open_no_more_is_gone(
    books: LedgerBooks, database: Database
) -> None:
    await books.record_orders([a_stranger(), a_stranger(exchange_order_id=78, client_order_id="b")])

    await books.close_orders("BTCUSDT", [78])
    await books.close_orders("ETHUSDT", [])

    rows = "select exchange_order_id, status from kbots.external_orders order by 1"
    assert database.rows(rows) == [(77, "GONE"), (78, "NEW")]


async def test_only_ids_outside_the_journal_are_unknown(
    books: LedgerBooks, journal: LedgerJournal
) -> None:
    await journal.write_intents([an_order("kb-1")])
    await journal.save(orders=[an_order("kb-1", status=OrderStatus.CANCELED)], bookings=[])

    assert await books.unknown_orders(["kb-1", "kb-2"]) == ("kb-2",)  # TR-11


async def test_fee_and_doubt_of_a_fill_are_kept(journal: LedgerJournal, database: Database) -> None:
    order = an_order()
    await journal.write_intents([order])
    one = replace(booked(order, a_fill()), fee_quote=None, doubt="FeeSuspicious: 5 BTC")

    await journal.save(orders=[], bookings=[one])

    assert database.rows("select commission_quote, doubt from kbots.fills") == [
        (None, "FeeSuspicious: 5 BTC")
    ]
    assert (await journal.load()).doubts == ((AT.date(), "FeeSuspicious: 5 BTC"),)  # TR-18


async def test_third_assets_that_paid_fees_are_remembered(journal: LedgerJournal) -> None:
    order = an_order()
    await journal.write_intents([order])
    fills = [a_fill(1), a_fill(2, commission_asset="USDT"), a_fill(3, commission_asset="BNB")]

    await journal.save(orders=[], bookings=[booked(order, fill) for fill in fills])

    assert (await journal.load()).fee_assets == {"BNB"}  # TR-16


async def test_dust_is_kept_with_the_position(journal: LedgerJournal, database: Database) -> None:
    order = an_order()
    await journal.write_intents([order])

    await journal.save(orders=[], bookings=[replace(booked(order, a_fill()), is_dust=True)])

    assert database.rows("select quantity > 0, is_dust from kbots.positions") == [(True, True)]


async def test_problems_are_in_the_heartbeat_until_they_are_gone(
    lease: LedgerLease, database: Database
) -> None:
    def a_beat(*problems: Problem) -> Heartbeat:
        return Heartbeat(
            state="Running",
            reason="",
            generation=1,
            epoch=1,
            pid=1,
            venue_time=None,
            problems=problems,
        )

    told = "select problems from kbots.heartbeats"
    wrong = Problem(reason="BooksDisagree", message="BTC\x00: the account holds 0")

    await lease.beat(a_beat(wrong))
    assert database.rows(told) == [([["BooksDisagree", "BTC: the account holds 0"]],)]
    await lease.beat(a_beat())
    assert database.rows(told) == [([],)]
