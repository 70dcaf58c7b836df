"""Whatever happens to an engine, its recording leads to the same decisions (design §7)."""

import asyncio

from botcore.domain.errors import Transient
from botcore.ledger.recordings import Batch
from botrunner.trading.events import (
    CandleClosed,
    HaltChanged,
    LeaseAcquired,
    LeaseEnded,
    RulesChanged,
    ShutdownRequested,
    StreamRestored,
)
from botrunner.trading.recording import Checkpoint, Happened
from tests.support.engine_bench import EngineBench, configured, quiet
from tests.support.recordings import read_batches, replay_batches


def test_recovery_reload_outage_and_shutdown_are_decided_again() -> None:
    bench, written = EngineBench(configured(1, stop="2")), []

    async def keep(batch: Batch) -> None:
        written.append(batch)

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        bench.engine.deliver(StreamRestored(stream="market"))
        bench.engine.reconfigure(configured(2, "BTCUSDT", "ETHUSDT", stop="3"))
        await quiet()
        bench.close_candle(2, "101")
        await quiet()
        bench.troubles.broken["save"] = Transient("the ledger is away")
        bench.close_candle(3, "102")
        await asyncio.sleep(3)
        bench.troubles.broken.clear()
        await asyncio.sleep(10)
        bench.engine.deliver(HaltChanged(reason="a person"))
        bench.close_candle(4, "50")
        await quiet()
        bench.engine.deliver(ShutdownRequested())
        await asyncio.sleep(5)

    bench.run(story)
    asyncio.run(bench.recorder.flush(keep))

    records = [record for _, part in read_batches(written) for record in part]
    met = {type(one.event) for one in records if isinstance(one, Happened)}
    assert met >= {
        CandleClosed, HaltChanged, LeaseAcquired, LeaseEnded, RulesChanged, ShutdownRequested, StreamRestored,
    }  # fmt: skip
    assert [one for one in records if isinstance(one, Checkpoint)][-1].rules.generation == 2
    told = [again for _, again in replay_batches(written)]
    assert len(told) == len(records)
    assert all(one.agrees for one in told)


def test_first_state_is_seen_before_anything_is_decided() -> None:
    bench, written = EngineBench(), []

    async def keep(batch: Batch) -> None:
        written.append(batch)

    bench.run(quiet)
    asyncio.run(bench.recorder.flush(keep))

    first = next(record for _, part in read_batches(written) for record in part)
    assert isinstance(first, Checkpoint)
    assert first.state.fence_reason == "Starting"
