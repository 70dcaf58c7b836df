"""Recorded decisions come out the same, and a change anywhere shows."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botcore.resources.strategy_params import PARAMETER_MODELS, StrategyType
from botrunner.trading.decide import decide
from botrunner.trading.events import CandleClosed, LeaseAcquired
from botrunner.trading.recording import Checkpoint, Happened, digest_of
from botrunner.trading.replaying import Replayer
from botrunner.trading.state import BotState
from tests.support.core_samples import samples_of
from tests.support.recordings import (
    RULES,
    RecorderBench,
)
from tests.support.trading import a_candle, a_rule, an_instrument, candle, rules


@pytest.mark.parametrize("strategy", PARAMETER_MODELS)
async def test_every_strategys_memory_survives_a_checkpoint(strategy: StrategyType) -> None:
    params = samples_of(PARAMETER_MODELS[strategy])[-1]
    symbols = ("BTCUSDT", "ETHUSDT")
    bench = RecorderBench(
        rules=rules(
            a_rule(params, symbols=symbols),
            instruments={symbol: an_instrument(symbol) for symbol in symbols},
        )
    )
    bench.decide(LeaseAcquired(epoch=1))
    for minute in range(120):
        bench.clock.instant += timedelta(minutes=1)
        for symbol in symbols:
            price = str(100 + (minute * 7) % 23)
            closed = a_candle(minute, price, symbol)
            bench.decide(CandleClosed(candle=closed, is_history=minute < 40))
    await bench.flush()

    checkpoints = [one for one in bench.shelf.records() if isinstance(one, Checkpoint)]
    assert len(checkpoints) == 3
    assert {*checkpoints[-1].state.signals} == {("trend", symbol) for symbol in symbols}
    told = bench.replayed()
    assert all(one.agrees for one in told)
    assert len(told) == 1 + 240 + 3


async def test_changed_event_shows_a_difference() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1), candle(0, "100"))
    await bench.flush()
    start, leased, closed = bench.shelf.records()
    assert isinstance(closed, Happened)
    forged = replace(closed, event=candle(0, "101"))

    replayer = Replayer()
    told = [replayer.take(one) for one in (start, leased, forged)]

    assert [one is not None and one.agrees for one in told] == [True, True, False]


async def test_checkpoint_that_the_events_do_not_lead_to_shows_a_difference() -> None:
    bench = RecorderBench()
    bench.decide(LeaseAcquired(epoch=1))
    bench.clock.instant += timedelta(hours=1)
    bench.decide(candle(0, "100"))
    await bench.flush()
    records = bench.shelf.records()
    assert isinstance(records[-1], Checkpoint)
    assert records[-1].follows

    forged = replace(records[-1], state=replace(bench.state, sequence=99))
    replayer = Replayer()
    told = [replayer.take(one) for one in (*records, forged)]

    assert [one is not None and one.agrees for one in told] == [True] * 4 + [False]


def test_digest_tells_order_and_digits_apart() -> None:
    step = decide(decide(BotState(), LeaseAcquired(epoch=1), RULES).state, candle(0, "100"), RULES)

    assert digest_of(()) == ""
    assert digest_of(step.commands) != digest_of(step.commands[::-1])
    other = replace(a_candle(0, "100"), close=Decimal("100.0"))
    assert digest_of((step.commands[0],)) == digest_of((step.commands[0],))
    assert other == a_candle(0, "100")
