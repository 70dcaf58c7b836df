"""A new configuration is taken as the bot runs, or refused with the old one in force."""

import asyncio

from botrunner.engine.reloading import Configured
from tests.support.engine_bench import EngineBench, a_spec, configured, quiet
from tests.support.trading import an_instrument


def reloaded(bench: EngineBench, fresh: Configured) -> None:
    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        bench.engine.reconfigure(fresh)
        await asyncio.sleep(6)

    bench.run(story)


def test_new_rules_are_in_force_without_a_restart() -> None:
    bench = EngineBench()

    reloaded(bench, configured(2, "BTCUSDT", "ETHUSDT"))

    _, beat = bench.lease.beats[-1]
    assert (beat.generation, beat.state, beat.reason) == (2, "Running", "")
    assert bench.troubles.named("instruments") == [("BTCUSDT",), ("ETHUSDT",)]
    assert bench.candles.wanted[-1] == {("BTCUSDT", "1m"), ("ETHUSDT", "1m")}
    assert bench.engine.keeper.epoch == 1


def test_filters_read_anew_are_in_force_at_the_next_candle() -> None:
    """TR-29, TR-30: a symbol that stopped trading takes no entries."""
    bench = EngineBench()

    async def story() -> None:
        await quiet()
        bench.engine.refresh_instruments({"BTCUSDT": an_instrument(status="HALT")})
        await quiet()
        bench.close_candle(1, "100")
        await quiet()
        bench.engine.refresh_instruments({"BTCUSDT": an_instrument()})
        await quiet()
        bench.close_candle(2, "100")
        await quiet()

    bench.run(story)

    assert bench.decided() == ["Blocked", "Enter"]


def test_stopped_ends_the_bot() -> None:
    bench = EngineBench()

    reloaded(bench, configured(2, desiredState="Stopped"))

    assert bench.ended.result().reason == "Stopped"


def test_symbol_that_holds_a_position_can_not_be_dropped() -> None:
    bench = EngineBench()

    reloaded(bench, configured(2, "ETHUSDT"))

    _, beat = bench.lease.beats[-1]
    assert beat.generation == 1
    assert beat.reason.startswith("generation 2 is not in force: spec.strategies[trend].symbols")
    assert bench.candles.wanted == [{("BTCUSDT", "1m")}]


def test_unknown_symbol_is_refused_and_the_bot_trades_on() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.engine.reconfigure(configured(2, "BTCUSDT", "NOSUCHUSDT"))
        await asyncio.sleep(2)
        bench.close_candle(1, "100")
        await quiet()

    bench.run(story)

    assert (
        bench.beat[1] == "generation 2 is not in force: symbols: NOSUCHUSDT is not known"
    )  # TR-51
    assert bench.decided() == ["Enter"]


def test_refused_rules_do_not_come_into_force_by_a_recovery() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.close_candle(1, "100")
        await quiet()
        bench.engine.reconfigure(configured(2, "ETHUSDT"))
        await quiet()
        bench.engine.keeper.drop("by test")
        await asyncio.sleep(7)

    bench.run(story)

    _, beat = bench.lease.beats[-1]
    assert (beat.generation, beat.epoch) == (1, 2)
    assert beat.reason.startswith("generation 2 is not in force")


def test_rules_changed_while_fenced_are_judged_by_the_recovery() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.lease.is_taken = True
        bench.engine.keeper.drop("by test")
        bench.engine.reconfigure(configured(2, "BTCUSDT", "ETHUSDT"))
        await asyncio.sleep(3)
        assert bench.lease.beats[-1][1].generation == 1
        bench.lease.is_taken = False
        await asyncio.sleep(7)

    bench.run(story)

    assert bench.lease.beats[-1][1].generation == 2
    assert bench.candles.wanted[-1] == {("BTCUSDT", "1m"), ("ETHUSDT", "1m")}


def test_mended_rules_clear_the_complaint() -> None:
    bench = EngineBench()

    async def story() -> None:
        bench.engine.reconfigure(configured(2, "NOSUCHUSDT"))
        await asyncio.sleep(2)
        bench.engine.reconfigure(configured(3, "ETHUSDT"))
        await asyncio.sleep(2)

    bench.run(story)

    _, beat = bench.lease.beats[-1]
    assert (beat.generation, beat.reason) == (3, "")


def test_changed_parameters_reread_candles() -> None:
    bench = EngineBench()
    spec = a_spec(
        strategies=[
            {
                "name": "trend",
                "type": "ema-cross",
                "symbols": ["BTCUSDT"],
                "interval": "1m",
                "capital": "1000",
                "params": {"fast": 2, "slow": 30},
            }
        ]
    )

    reloaded(bench, Configured(spec=spec, generation=2))

    assert bench.troubles.named("candles")[-1] == ("BTCUSDT", "1m", 241)


def test_same_generation_again_changes_nothing() -> None:
    bench = EngineBench()

    reloaded(bench, configured(1, "ETHUSDT"))

    assert bench.beat == ("Running", "")
    assert bench.candles.wanted == [{("BTCUSDT", "1m")}]
