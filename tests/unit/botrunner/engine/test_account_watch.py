"""The engine with an account behind it: others' orders, fees in a third asset, what makes it Degraded."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from botcore.domain.errors import InvalidInput
from botcore.domain.orders import OrderReport, OrderStatus
from botrunner.ports import Account, Balance
from botrunner.trading.events import OrderReported, Problem, TimerFired
from tests.support.books_model import ModelBooks
from tests.support.engine_bench import EngineBench, configured, quiet
from tests.support.engine_ports import ACCOUNT
from tests.support.trading import START, a_candle

MARK = "kb-0a1b2c3d-"
D = Decimal


def a_report(client_order_id: str, number: int = 501, **given: object) -> OrderReport:
    report = OrderReport(
        client_order_id=client_order_id,
        symbol="BTCUSDT",
        exchange_order_id=number,
        status=OrderStatus.NEW,
        executed_quantity=D(0),
        cumulative_quote=D(0),
        venue_time=START,
        side="BUY",
        type="LIMIT",
        quantity=D(1),
        price=D(90),
    )
    return replace(report, **given)  # type: ignore[arg-type]


class Told:
    """An engine with books in memory, and its last heartbeat's problems."""

    def __init__(self) -> None:
        self.books = ModelBooks()
        self.bench = EngineBench(configured(1), books=self.books.parts())

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.bench.lease.beats[-1][1].problems

    async def pass_time(self, seconds: int) -> None:
        for tick in range(1, seconds + 1):
            await asyncio.sleep(1)
            self.bench.engine.deliver(TimerFired(tick=tick))
        await quiet()


def test_order_by_hand_is_recorded_and_never_touched() -> None:
    told = Told()

    async def story() -> None:
        told.bench.engine.deliver(OrderReported(report=a_report("web_1")))
        await told.pass_time(15)

    told.bench.run(story)

    (order,) = told.books.strangers.values()  # TR-42
    assert (order.client_order_id, order.side, order.price) == ("web_1", "BUY", 90)
    assert not order.is_own_mark
    assert told.bench.troubles.named("cancel") == []  # TR-10
    assert told.problems == ()


def test_orders_found_open_at_the_start_are_recorded() -> None:
    told = Told()
    told.books.resting = [a_report("web_1"), a_report("kb-ffffffff-1-1", 502)]

    async def story() -> None:
        await quiet()

    told.bench.run(story)

    assert {one.client_order_id for one in told.books.strangers.values()} == {
        "web_1", "kb-ffffffff-1-1",
    }  # fmt: skip
    assert told.books.closed == [("BTCUSDT", (501, 502))]


def test_own_mark_the_ledger_does_not_know_stops_entries() -> None:
    told = Told()

    async def story() -> None:
        told.bench.engine.deliver(OrderReported(report=a_report(f"{MARK}7-1")))
        await told.pass_time(5)
        told.bench.close_candle(1, "100")
        await told.pass_time(2)

    told.bench.run(story)

    assert told.bench.decided() == ["Blocked"]  # TR-11
    assert told.bench.sent == []
    assert [p.reason for p in told.problems] == ["ForeignOrders"]
    assert f"{MARK}7-1" in told.problems[0].message


def test_own_mark_found_open_at_the_start_stops_the_first_entry() -> None:
    told = Told()
    told.books.resting = [a_report(f"{MARK}7-1")]

    async def story() -> None:
        told.bench.close_candle(1, "100")
        await quiet()

    told.bench.run(story)

    assert (told.bench.decided(), told.bench.sent) == (["Blocked"], [])


def test_late_report_of_an_own_order_is_no_strangers() -> None:
    told = Told()
    told.books.journalled = {f"{MARK}1-1"}

    async def story() -> None:
        told.bench.close_candle(1, "100")
        await quiet()
        told.bench.engine.deliver(OrderReported(report=a_report(f"{MARK}1-1")))
        await told.pass_time(5)

    told.bench.run(story)

    assert told.books.asked == [f"{MARK}1-1"]  # only the late one: the first was its own answer
    assert (told.books.strangers, told.problems) == ({}, ())


def with_bnb(told: Told) -> None:
    held = {"USDT": Balance(free=D(1000), locked=D(0)), "BNB": Balance(free=D(1), locked=D(0))}

    async def account() -> Account:
        return Account(uid=ACCOUNT, can_trade=True, balances=held)

    told.bench.exchange.account = account  # type: ignore[method-assign]


def test_price_of_the_fee_asset_is_known_before_the_first_fill() -> None:
    told = Told()
    with_bnb(told)
    told.bench.exchange.history["BNBUSDT"] = [a_candle(0, "600", "BNBUSDT")]

    async def story() -> None:
        await quiet()

    told.bench.run(story)

    assert told.bench.engine._turner.state.marks == {"BNBUSDT": 600}  # TR-16


def test_fee_asset_without_a_market_stops_nothing() -> None:
    told = Told()
    with_bnb(told)
    candles = told.bench.exchange.candles

    async def refusing(symbol, interval, limit):
        if symbol == "BNBUSDT":
            raise InvalidInput.of("symbol", "the venue does not trade it")
        return await candles(symbol, interval, limit)

    told.bench.exchange.candles = refusing  # type: ignore[method-assign]

    async def story() -> None:
        told.bench.close_candle(1, "100")
        await quiet()

    told.bench.run(story)

    assert told.bench.decided() == ["Enter"]


def test_market_that_falls_silent_is_told_and_the_message_stays_the_same() -> None:
    told = Told()
    seen = []

    async def story() -> None:
        told.bench.close_candle(1, "100")
        await told.pass_time(3)
        for minutes in (8, 12, 40):
            told.bench.exchange.venue.now = START + timedelta(minutes=2 + minutes)
            await told.pass_time(12)
            seen.append([p for p in told.problems if p.reason == "MarketStale"])

    told.bench.run(story)

    assert len(seen[0]) == 1
    assert seen[0] == seen[1] == seen[2]  # I6


def test_books_are_compared_while_the_bot_trades() -> None:
    told = Told()  # the model's account always shows 1000 USDT: the purchase never arrives there

    async def story() -> None:
        told.bench.close_candle(1, "100")
        await told.pass_time(100)
        told.bench.close_candle(3, "100")
        await told.pass_time(2)

    told.bench.run(story)

    assert [p.message for p in told.problems] == ["BTC: the account holds 0, own lots are 0.999"]
    assert told.bench.decided() == ["Enter", "Blocked"]
