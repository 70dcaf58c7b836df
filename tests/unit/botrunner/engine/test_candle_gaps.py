"""Candles that the stream does not bring are read, waited for, or filled flat."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from botcore.domain.errors import Transient
from botcore.domain.market import Candle
from botrunner.engine.candle_gaps import LateCandles
from botrunner.trading.commands import Note
from botrunner.trading.events import CandleClosed
from tests.support.engine_bench import EngineBench, quiet
from tests.support.trading import START, a_candle, candle, dca_rules, leased, play

Seen = list[tuple[int, str, bool]]


def seen(bench: EngineBench) -> Seen:
    """Give what the strategy was told, in that order: minute, close, and whether it might act on it."""
    return [
        (
            (one.candle.open_at - START) // timedelta(minutes=1),
            str(one.candle.close),
            not one.is_history,
        )
        for one in bench.witness.candles
    ]


def asked(bench: EngineBench) -> int:
    return len(bench.troubles.named("candles"))


def stream(bench: EngineBench, one: Candle) -> None:
    bench.exchange.venue.now = one.close_at + timedelta(seconds=1)
    bench.engine.deliver(CandleClosed(candle=one))


def awaited(bench: EngineBench) -> LateCandles:
    return LateCandles(bench.exchange, bench.clock, bench.engine.deliver)


async def watch_for(bench: EngineBench, late: LateCandles, seconds: int) -> None:
    """Look for late candles; the venue's clock goes as the machine's does."""
    watching = asyncio.create_task(late.run(lambda: (bench.engine.state, bench.engine.rules)))
    for _ in range(seconds):
        await asyncio.sleep(1)
        bench.exchange.venue.now += timedelta(seconds=1)
    watching.cancel()


def test_candle_that_the_stream_skipped_is_read_before_the_next_is_acted_on() -> None:
    """TR-35, TR-39."""
    bench = EngineBench()

    async def story() -> None:
        stream(bench, a_candle(1, "101"))
        await quiet()
        bench.exchange.history["BTCUSDT"] = [a_candle(1, "101"), a_candle(2, "102")]
        stream(bench, a_candle(3, "103"))
        await quiet()

    bench.run(story)

    assert seen(bench)[-3:] == [(1, "101", False), (2, "102", False), (3, "103", True)]
    assert bench.decided() == ["Enter", "Enter"]


def test_candle_that_the_venue_lacks_is_filled_flat_and_counted() -> None:
    """TR-35."""
    bench = EngineBench()

    async def story() -> None:
        stream(bench, a_candle(1, "101"))
        await quiet()
        bench.exchange.history["BTCUSDT"] = [a_candle(1, "101"), a_candle(4, "104")]
        stream(bench, a_candle(4, "104"))
        await quiet()

    with capture_logs() as logs:
        bench.run(story)

    last = [(minute, close) for minute, close, _ in seen(bench)[-5:]]
    assert last == [(1, "101"), (2, "101"), (3, "101"), (4, "104"), (4, "104")]
    flat = [one.candle for one in bench.witness.candles if one.candle.volume == Decimal(0)]
    assert {(c.open, c.high, c.low, c.close) for c in flat} == {(Decimal(101),) * 4}
    assert {one["count"] for one in logs if one["event"] == "candles_filled"} == {2}


def test_late_candle_is_asked_for_again_and_taken_when_it_is_there() -> None:
    """TR-36."""
    bench = EngineBench()
    bench.exchange.history["BTCUSDT"] = [a_candle(1, "101")]

    async def story() -> None:
        late = awaited(bench)
        stream(bench, a_candle(1, "101"))
        await quiet()
        before = asked(bench)
        await watch_for(bench, late, 60)  # until the next one is due
        assert asked(bench) == before
        await watch_for(bench, late, 10)
        assert asked(bench) > before
        bench.exchange.history["BTCUSDT"].append(a_candle(2, "102"))
        await watch_for(bench, late, 10)
        assert seen(bench)[-1] == (2, "102", True)
        bench.engine.deliver(CandleClosed(candle=a_candle(2, "102")))  # at last
        await quiet()

    bench.run(story)

    assert bench.decided() == ["Enter", "Enter"]


def test_candle_that_never_comes_is_given_up_after_a_minute_and_the_next_one_taken() -> None:
    """TR-36."""
    bench = EngineBench()
    bench.exchange.history["BTCUSDT"] = [a_candle(1, "101")]

    async def story() -> None:
        late = awaited(bench)
        stream(bench, a_candle(1, "101"))
        await quiet()
        before = asked(bench)
        await watch_for(bench, late, 60 + 70)
        during = asked(bench) - before
        assert 10 <= during <= 13
        await watch_for(bench, late, 120)
        assert asked(bench) - before == during
        stream(bench, a_candle(9, "109"))
        await quiet()

    with capture_logs() as logs:
        bench.run(story)

    assert [one["log_level"] for one in logs if one["event"] == "candle_missing"] == ["warning"]
    assert seen(bench)[-1] == (9, "109", True)


def test_question_that_fails_is_asked_again() -> None:
    """TR-36."""
    bench = EngineBench()

    async def story() -> None:
        late = awaited(bench)
        stream(bench, a_candle(1, "101"))
        await quiet()
        bench.troubles.broken["candles"] = Transient("away")
        await watch_for(bench, late, 66)
        del bench.troubles.broken["candles"]
        bench.exchange.history["BTCUSDT"] = [a_candle(1, "101"), a_candle(2, "102")]
        await watch_for(bench, late, 10)

    bench.run(story)

    assert seen(bench)[-1] == (2, "102", True)


@pytest.mark.parametrize(
    ("close", "percent"), [("130", None), ("131", "31"), ("70", None), ("69", "31")]
)
def test_close_that_leaps_by_more_than_30_percent_warns(close: str, percent: str | None) -> None:
    """TR-35."""
    rules = dca_rules()
    step = play(leased(rules), rules, candle(1, "100"), candle(2, close))

    told = [one for one in step.commands if isinstance(one, Note) and one.event == "price_jump"]
    assert [dict(one.facts)["percent"] for one in told] == ([percent] if percent else [])
    assert all(one.level == "warning" for one in told)
