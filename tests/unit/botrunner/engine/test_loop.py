"""One bot: it recovers before it decides, and rereads what it missed."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from botcore.domain.errors import NotAllowed, Transient
from botcore.domain.orders import OrderStatus, Purpose
from botrunner.trading.commands import Exit
from botrunner.trading.events import (
    CandleClosed,
    StreamRestored,
    TimerFired,
)
from tests.support.engine_bench import EngineBench, configured, quiet
from tests.support.trading import START, a_candle


def test_start_reads_ledger_account_and_candles_before_the_first_decision() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()

    bench.run(story)

    names = [name for name, _ in bench.troubles.calls]
    assert names.index("load") < names.index("candles") < names.index("record_decision")  # TR-40
    assert bench.sent == ["kb-0a1b2c3d-1-1"]
    assert bench.candles.wanted == [frozenset({("BTCUSDT", "1m")})]
    assert bench.journal.ledger.unsettled() == {}


@pytest.mark.parametrize("call", ["account", "load", "instruments", "save_balances"])
def test_bot_that_can_not_recover_does_not_trade_until_it_can(call: str) -> None:
    bench = EngineBench()
    bench.troubles.broken[call] = Transient("away")

    async def story() -> None:
        bench.close_candle(1, "100")
        await asyncio.sleep(3)
        assert bench.sent == []
        assert bench.beat[0] in {"Fenced", "Recovering"}
        bench.troubles.broken.clear()
        await asyncio.sleep(3)
        bench.close_candle(2, "100")
        await quiet()
        assert len(bench.sent) == 1

    bench.run(story)


def test_candles_that_can_not_be_read_are_tried_again_while_positions_stay_managed() -> None:
    bench = EngineBench(configured(1, stop="2"))
    bench.troubles.broken["candles"] = Transient("banned")

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        (stop,) = bench.exchange.venue.open()
        assert stop.order.purpose is Purpose.STOP_LOSS  # I9
        for tick in (1, 5, 6, 10, 11):
            bench.engine.deliver(TimerFired(tick=tick))
        await quiet()
        assert len(bench.troubles.named("candles")) == 3
        bench.troubles.broken.clear()
        for tick in (15, 20):
            bench.engine.deliver(TimerFired(tick=tick))
        await quiet()

    bench.run(story)

    assert len(bench.troubles.named("candles")) == 4
    assert bench.engine.keeper.epoch == 1


def test_account_that_may_not_trade_waits() -> None:
    bench = EngineBench()
    bench.exchange.can_trade = False

    async def story() -> None:
        bench.close_candle(1, "100")
        await asyncio.sleep(3)

    bench.run(story)

    assert bench.sent == []


def ended_by(bench: EngineBench) -> Exit:
    async def story() -> None:
        await asyncio.sleep(2)
        assert bench.ended.done()

    bench.run(story)
    return bench.ended.result()


def test_key_of_another_account_ends_the_bot() -> None:
    bench = EngineBench()
    bench.exchange.uid = "2002"

    assert ended_by(bench).reason == "AccountMismatch"
    assert bench.sent == []


def test_rejected_key_ends_the_bot() -> None:
    bench = EngineBench()
    bench.troubles.broken["account"] = NotAllowed("-2015")

    assert ended_by(bench) == Exit(reason="KeyRejected", message="-2015")


def test_unknown_symbol_at_the_start_ends_the_bot() -> None:
    assert ended_by(EngineBench(configured(1, "NOSUCHUSDT"))).reason == "ConfigInvalid"


def test_old_candle_feeds_indicators_only() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.exchange.venue.now = START + timedelta(minutes=30)
        bench.engine.deliver(CandleClosed(candle=a_candle(1, "100")))
        await quiet()

    bench.run(story)

    assert bench.decided() == []  # TR-34


def test_candle_of_the_time_away_is_decided_once_if_it_is_fresh() -> None:
    bench = EngineBench()
    bench.exchange.history["BTCUSDT"] = [a_candle(1, "99"), a_candle(2, "100")]
    bench.exchange.venue.now = a_candle(2, "1").close_at + timedelta(seconds=20)

    async def story() -> None:
        bench.engine.deliver(CandleClosed(candle=a_candle(2, "100")))
        await quiet()

    bench.run(story)

    assert bench.decided() == ["Enter"]  # TR-38


def test_what_rereading_candles_makes_possible_is_carried_out() -> None:
    # The position was dust at the last mark; the candles of the gap lift it, so its stop goes out.
    bench = EngineBench(configured(1, stop="2"))

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        bench.close_candle(2, "4")
        bench.engine.reconfigure(configured(2, stop="2", desiredState="Paused"))
        await quiet()
        assert bench.exchange.venue.open() == []
        bench.exchange.venue.move(Decimal(99))
        bench.exchange.venue.now = START + timedelta(minutes=10)
        bench.exchange.history["BTCUSDT"] = [a_candle(3, "99"), a_candle(4, "99")]
        bench.engine.deliver(StreamRestored(stream="market"))
        await quiet()

    bench.run(story)

    (stop,) = bench.exchange.venue.open()
    assert stop.order.purpose is Purpose.STOP_LOSS
    assert bench.journal.ledger.orders[stop.order.client_order_id].status is OrderStatus.NEW


def test_restored_user_stream_asks_for_every_order() -> None:
    bench = EngineBench(configured(1, stop="2"))

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        bench.exchange.venue.end_outside(bench.exchange.venue.open()[0])
        bench.engine.deliver(StreamRestored(stream="user"))
        await quiet()

    bench.run(story)

    assert [one.status for one in bench.exchange.venue.orders.values()][1:] == [
        OrderStatus.CANCELED,
        OrderStatus.NEW,
    ]  # TR-59, TR-63


def test_idle_is_reported_whenever_the_inbox_is_empty() -> None:
    bench = EngineBench()

    async def story() -> None:
        before = len(bench.troubles.named("report_idle"))
        bench.close_candle(1, "100")
        await quiet()
        assert len(bench.troubles.named("report_idle")) > before

    bench.run(story)
