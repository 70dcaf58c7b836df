"""What looking for chaos taught: each of these once lost an order, or could have."""

import asyncio
import os
import signal
from collections.abc import Sequence
from decimal import Decimal

from botcore.domain.orders import Order, Purpose
from botrunner.engine.lifetime import live
from botrunner.ports import PlaceAnswer
from botrunner.trading.events import TimerFired
from tests.support.engine_bench import EngineBench, configured, quiet
from tests.support.venue_model import Mood
from tests.support.virtual_time import run_virtual


def test_intent_whose_commit_was_told_after_another_epoch_began_is_not_sent() -> None:
    """The ledger hangs in the commit, the lease passes through another's hands, and only then comes the answer.

    The other has long since settled the order as one that never arrived (I1, I2, TR-50).
    """
    bench = EngineBench()
    told = asyncio.Event()
    written = bench.journal.write_intents

    async def write_and_wait(orders: Sequence[Order]) -> None:
        await written(orders)
        await told.wait()

    bench.journal.write_intents = write_and_wait  # type: ignore[method-assign]

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        bench.engine.keeper.drop("by test")
        await asyncio.sleep(2)
        assert bench.engine.keeper.epoch == 2
        told.set()
        await quiet()

    bench.run(story)

    assert bench.sent == []


def test_order_sent_long_after_its_intent_is_not_given_up_by_the_next_process_while_it_may_arrive() -> (
    None
):
    """An intent may be old when its order leaves: its age proves nothing about what is under way (TR-5)."""
    bench = EngineBench()
    bench.exchange.mood = Mood.LATE
    answered = asyncio.Event()
    placed = bench.exchange.place

    async def place_and_hang(order: Order) -> PlaceAnswer:
        answer = await placed(order)
        await answered.wait()
        return answer

    bench.exchange.place = place_and_hang  # type: ignore[method-assign]

    async def story() -> None:
        bench.close_candle(1, "100")
        await asyncio.sleep(6)
        bench.engine.keeper.drop("as if the process had died and a new one had begun")
        answered.set()
        for second in range(1, 9):
            await asyncio.sleep(1)
            bench.exchange.venue.tick()
            bench.engine.deliver(TimerFired(tick=second))

    bench.run(story)

    (book,) = bench.journal.ledger.sub_books.values()
    assert book.quantity == bench.exchange.venue.held("BTCUSDT") > Decimal(0)


def test_sale_that_was_signed_anew_is_not_given_up_while_it_may_arrive() -> None:
    """Signing anew may come long after the intent, and many looks at once count as many denials (TR-5, TR-61).

    Given up, the sale was sent under another id as well: sold twice.
    """
    bench = EngineBench(configured(1, stop="2"))
    placed = bench.exchange.place

    async def place_late(order: Order) -> PlaceAnswer:
        """The first attempt's time is refused after a while; the second arrives, but nobody is told."""
        await asyncio.sleep(6)
        bench.exchange.mood = Mood.LATE
        return await placed(order)

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        bench.exchange.place = place_late  # type: ignore[method-assign]
        bench.engine.reconfigure(configured(2, stop="2", desiredState="Flat"))
        for second in range(1, 20):
            await asyncio.sleep(1)
            bench.exchange.venue.tick()
            bench.engine.deliver(TimerFired(tick=second))

    bench.run(story)

    assert bench.exchange.venue.held("BTCUSDT") == Decimal(0)
    exits = [one for one in bench.journal.ledger.orders.values() if one.purpose is Purpose.EXIT]
    assert len(exits) == 1


async def end_by_sigterm(bench: EngineBench, *, while_sending: bool) -> str:
    """Let a bot live, close a candle, and end it in order."""

    async def connect() -> None:
        """It is connected."""

    living = asyncio.create_task(
        live(bench.engine, [bench.engine.keeper.run], connect, asyncio.Event())
    )
    await quiet()
    if while_sending:
        bench.exchange.place = lambda _order: asyncio.Event().wait()  # type: ignore[assignment,method-assign,return-value]
    bench.close_candle(1, "100")
    await quiet()
    os.kill(os.getpid(), signal.SIGTERM)
    return (await living).message


def test_lease_is_kept_while_an_order_may_be_under_way() -> None:
    """Another pod would be given it at once, and could send while this one's order still arrives (I1, TR-48)."""
    bench = EngineBench()

    message = run_virtual(end_by_sigterm(bench, while_sending=True))

    assert "before everything in flight was settled" in message
    assert bench.lease.released == []


def test_lease_is_given_back_once_nothing_is_under_way() -> None:
    bench = EngineBench()

    message = run_virtual(end_by_sigterm(bench, while_sending=False))

    assert message == "the process was asked to end"
    assert bench.lease.released == [1]
