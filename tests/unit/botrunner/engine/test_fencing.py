"""In doubt the bot fences, then recovers from what is written; nothing is sent in between."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from botcore.domain.errors import Conflict, LeaseLost, Transient
from botcore.domain.orders import OrderStatus
from botrunner.trading.events import (
    IntentAbandoned,
    OrderNotFound,
    ShutdownRequested,
    StreamRestored,
    TimerFired,
)
from tests.support.engine_bench import EngineBench, configured, quiet
from tests.support.venue_model import Mood


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("write_intents", Transient("away")),
        ("record_decision", LeaseLost("taken over")),
        ("record_decision", Conflict("decided before")),
        ("save", Transient("away")),
    ],
)
def test_ledger_that_fails_a_turn_fences_and_recovers_from_what_is_written(
    call: str, error: Exception
) -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.troubles.broken[call] = error
        bench.close_candle(1, "100")
        await quiet()
        assert bench.engine.keeper.epoch == 0
        bench.troubles.broken.clear()
        await asyncio.sleep(2)
        assert bench.engine.keeper.epoch == 2
        bench.close_candle(2, "100")
        await quiet()

    bench.run(story)

    assert len(bench.troubles.named("load")) == 2
    assert bench.sent[-1].startswith("kb-0a1b2c3d-2-")
    assert all(count == 1 for count in bench.exchange.venue.sent.values())


def test_order_whose_fills_could_not_be_saved_is_booked_by_the_recovery() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.troubles.broken["save"] = Transient("away")
        bench.close_candle(1, "100")
        await quiet()
        bench.troubles.broken.clear()
        await asyncio.sleep(2)

    bench.run(story)

    (book,) = bench.journal.ledger.sub_books.values()
    assert book.quantity == bench.exchange.venue.held("BTCUSDT") == Decimal("0.999")
    assert bench.sent == ["kb-0a1b2c3d-1-1"]  # I2


def test_events_while_fenced_are_dropped() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.lease.is_taken = True
        bench.engine.keeper.drop("by test")
        await quiet()
        bench.close_candle(1, "100")
        bench.engine.deliver(TimerFired(tick=60))
        bench.engine.deliver(StreamRestored(stream="market"))
        bench.engine.reconfigure(configured(2, "BTCUSDT", "ETHUSDT"))
        await quiet()

    bench.run(story)

    assert bench.sent == []
    assert bench.decided() == []
    assert bench.troubles.named("candles") == [("BTCUSDT", "1m", 2)]  # the recovery's alone


def test_lease_lost_again_before_it_was_used_recovers_at_the_next_epoch_only() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.engine.keeper.drop("one")
        await asyncio.sleep(3)
        assert bench.journal.epoch == bench.engine.keeper.epoch == 2

    bench.run(story)


def test_unknown_outcome_is_settled_by_query() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.exchange.mood = Mood.LOSES_ANSWER
        bench.close_candle(1, "100")
        await quiet()

    bench.run(story)

    assert bench.exchange.venue.sent == {"kb-0a1b2c3d-1-1": 1}  # I3
    (book,) = bench.journal.ledger.sub_books.values()
    assert book.quantity == Decimal("0.999")


def test_permit_that_ran_out_fences_instead_of_trying_again_and_again() -> None:
    bench = EngineBench(configured(1, stop="2"))

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        sent = len(bench.sent)
        bench.lease.hangs = True
        bench.clock.suspended += 25  # longer than the permit, and the keeper waits for an answer
        bench.exchange.venue.end_outside(bench.exchange.venue.open()[0])
        for event in bench.exchange.venue.stream[-1:]:
            bench.engine.deliver(event)
        await quiet()
        assert len(bench.sent) == sent  # I1
        assert len(bench.troubles.named("write_intents")) == sent + 1

    bench.run(story)


def test_stale_answer_of_an_earlier_epoch_does_not_drop_the_new_lease() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.engine.keeper.drop("by test")
        bench.engine.deliver(IntentAbandoned(client_order_id="kb-old", reason="FencedBeforeSend"))
        bench.engine.deliver(OrderNotFound(client_order_id="kb-old", age_seconds=9))
        await asyncio.sleep(2)
        assert bench.engine.keeper.epoch == 2

    bench.run(story)


def test_shutdown_while_fenced_ends_at_once() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.lease.is_away = True
        bench.engine.keeper.drop("by test")
        bench.engine.deliver(ShutdownRequested())
        await quiet()
        assert bench.ended.result().reason == "Terminated"

    bench.run(story)


def test_ledger_lost_during_the_shutdown_ends_too() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.exchange.mood = Mood.LOSES_ORDER
        bench.close_candle(1, "100")
        await quiet()
        bench.engine.deliver(ShutdownRequested())
        await quiet()
        assert not bench.ended.done()  # an outcome is unknown
        bench.engine.keeper.drop("the ledger is away")
        await quiet()
        assert bench.ended.result().reason == "Terminated"

    bench.run(story)
    again = replace(next(iter(bench.journal.ledger.orders.values())))
    assert again.status is OrderStatus.UNKNOWN  # the next process settles it
