"""The flight recorder keeps what a replay needs, late, in bounded memory, and never in the way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from structlog.testing import capture_logs

from botcore.domain.errors import InvariantBroken, Transient
from botrunner.trading.decide import decide
from botrunner.trading.events import HaltChanged, LeaseAcquired, TimerFired
from botrunner.trading.recording import Checkpoint, Happened
from botrunner.trading.state import BotState
from tests.support.recordings import (
    RULES,
    RecorderBench,
    read_batches,
    replay_batches,
    some_candles,
)
from tests.support.trading import KEY, candle


async def test_events_are_kept_with_digests_and_lead_to_the_same_commands() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1), *some_candles(5))
    await bench.flush()

    assert bench.shelf.events() == [LeaseAcquired(epoch=1), *some_candles(5)]
    told = bench.replayed()
    assert all(one.agrees for one in told)
    assert any(one.commands for one in told)
    assert [one.digest for one in told if isinstance(one.record, Happened)] == [
        one.digest for one in bench.shelf.records() if isinstance(one, Happened)
    ]


async def test_quiet_timers_are_left_out_and_the_replay_is_the_same() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1))
    bench.decide(*[TimerFired(tick=tick) for tick in range(1, 200)])
    step = bench.decide(candle(0, "100"))
    assert step.commands
    await bench.flush()

    assert bench.shelf.events() == [LeaseAcquired(epoch=1), candle(0, "100")]
    assert all(one.agrees for one in bench.replayed())


async def test_timer_that_asks_for_an_order_is_kept() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1), candle(0, "100"))
    step = bench.decide(TimerFired(tick=60))
    assert step.commands
    await bench.flush()

    assert bench.shelf.events()[-1] == TimerFired(tick=60)


async def test_timer_that_only_changes_the_state_is_kept() -> None:
    bench = RecorderBench()
    bench.state = BotState(epoch=1, cancelling=frozenset({"kb-1"}), exit_failures={KEY: 1})
    bench.recorder.began(bench.state, RULES)
    step = bench.decide(TimerFired(tick=61), TimerFired(tick=62))
    assert not step.commands
    await bench.flush()

    assert bench.shelf.events() == [TimerFired(tick=62)]


async def test_checkpoint_begins_a_batch_at_its_own_time() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1), *some_candles(3))
    bench.recorder.began(bench.state, RULES)
    bench.decide(*some_candles(140, first=3))
    await bench.flush()

    shelf = bench.shelf
    assert [(batch.number, batch.is_checkpoint) for batch in shelf.batches] == [
        (1, True),
        (2, True),
        (3, False),
    ]
    for batch, records in read_batches(shelf.batches):
        assert batch.at == records[0].at
        assert batch.is_checkpoint == isinstance(records[0], Checkpoint)
        assert not any(isinstance(one, Checkpoint) for one in records[1:])
    assert len({batch.run for batch in shelf.batches}) == 1


async def test_while_the_ledger_is_away_nothing_is_lost_nor_repeated() -> None:
    bench = RecorderBench()
    bench.shelf.trouble = Transient("away")
    bench.decide(LeaseAcquired(epoch=1))
    await bench.flush()
    bench.decide(*some_candles(3))
    await bench.flush()
    bench.shelf.trouble = None
    await bench.flush()

    assert bench.shelf.events() == [LeaseAcquired(epoch=1), *some_candles(3)]
    assert bench.shelf.numbers() == [1, 2]


async def test_flush_that_is_cancelled_midway_loses_nothing() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1), *some_candles(400))
    for rounds in range(30):
        flushing = asyncio.create_task(bench.flush())
        for _ in range(rounds):
            await asyncio.sleep(0)
        flushing.cancel()
        await asyncio.wait({flushing})
    await bench.flush()

    assert bench.shelf.events() == [LeaseAcquired(epoch=1), *some_candles(400)]


async def test_memory_is_bounded_and_what_is_dropped_is_counted() -> None:
    bench = RecorderBench(most_waiting=20)
    bench.decide(LeaseAcquired(epoch=1))
    with capture_logs() as logs:
        bench.decide(*some_candles(100))
        await bench.flush()
        bench.decide(*some_candles(10, first=100))
        await bench.flush()

    kept = bench.shelf.records()
    assert len([one for one in kept if isinstance(one, Happened)]) < 40
    resumed = [one for one in kept if isinstance(one, Checkpoint)][-1]
    assert resumed.dropped == 82 + 1  # the event that found room is part of the state kept
    assert [(one["event"], one["count"]) for one in logs] == [("records_dropped", 83)]
    assert all(one.agrees for one in bench.replayed())
    assert bench.shelf.events()[-9:] == some_candles(9, first=101)


async def test_restart_while_memory_is_full_is_not_lost() -> None:
    bench = RecorderBench(most_waiting=5)
    bench.decide(LeaseAcquired(epoch=1), *some_candles(10))
    bench.state = replace(bench.state, epoch=2)
    bench.recorder.began(bench.state, RULES)
    await bench.flush()
    bench.decide(*some_candles(5, first=10))
    await bench.flush()

    assert all(one.agrees for one in bench.replayed())
    assert bench.shelf.events()[-1] == candle(14, f"{100 + 14 % 7}.50")


async def test_batch_the_ledger_refuses_is_told_and_the_next_state_starts_anew() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1))
    bench.shelf.trouble = InvariantBroken("no")
    with capture_logs() as logs:
        await bench.flush()
    bench.shelf.trouble = None
    bench.decide(*some_candles(4))
    await bench.flush()

    assert [one["event"] for one in logs] == ["recording_lost"]
    assert bench.shelf.numbers() == [2]
    assert len(bench.replayed()) == 1 + 3
    assert all(one.agrees for one in bench.replayed())


async def test_state_that_is_no_plain_value_is_told_once_and_ends_nothing() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1))
    strange = replace(bench.state, signals={KEY: ["a list may change"]})
    with capture_logs() as logs:
        bench.recorder.began(strange, RULES)
        bench.recorder.began(strange, RULES)
        bench.recorder.decided(candle(0, "100"), decide(strange, candle(0, "100"), RULES))
        await bench.flush()
        bench.recorder.began(bench.state, RULES)
        bench.decide(candle(0, "100"))
        await bench.flush()

    assert [one["event"] for one in logs] == ["record_not_writable"]
    assert all(one.agrees for one in bench.replayed())
    assert [number for number, _ in replay_batches(bench.shelf.batches)] == [1, 1, 5, 5]


async def test_wall_clock_that_steps_back_keeps_the_order() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1))
    bench.clock.instant -= timedelta(hours=2)
    bench.decide(HaltChanged(reason="stop"))
    await bench.flush()

    times = [one.at for one in bench.shelf.records()]
    assert times == sorted(times)
