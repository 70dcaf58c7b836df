"""What the probes say: a restart only for what it can mend (I10), ready only for what trades as it should."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from botcore.domain.errors import Transient
from botrunner.engine.health import Health
from botrunner.trading.events import TimerFired
from tests.support.engine_bench import EngineBench, configured, quiet
from tests.support.virtual_time import run_virtual


class Probed:
    """A bench with its health; the market stream may be away."""

    def __init__(self) -> None:
        self.bench = EngineBench()
        self.is_connected = True
        self.health = Health(
            self.bench.engine,
            is_market_live=lambda: self.is_connected,
            venue_now=self.bench.exchange.venue_now,
        )

    async def live(self, seconds: int) -> None:
        """Let seconds pass with the timer's events."""
        for tick in range(seconds):
            self.bench.engine.deliver(TimerFired(tick=tick + 1))
            await asyncio.sleep(1)


def probed(story: Callable[[Probed], Awaitable[None]]) -> None:
    made = Probed()
    made.bench.run(lambda: story(made))


async def never(*_: object) -> None:
    await asyncio.get_running_loop().create_future()


def test_bot_that_trades_lives_and_is_ready() -> None:
    async def story(bot: Probed) -> None:
        bot.bench.close_candle(1, "100")
        await bot.live(40)

        assert bot.health.problems() == ()
        assert bot.health.obstacles() == ()

    probed(story)


def test_bot_that_has_not_reached_its_venue_yet_lives() -> None:
    bot = Probed()

    async def long_after() -> None:
        await asyncio.sleep(3600)
        assert bot.health.problems() == ()
        assert bot.health.obstacles() == ("not recovered",)

    run_virtual(long_after())


def test_an_event_that_is_never_done_ends_the_life() -> None:
    async def story(bot: Probed) -> None:
        bot.bench.exchange.place = never  # type: ignore[method-assign]
        bot.bench.close_candle(1, "100")
        await bot.live(100)
        assert bot.health.problems() == ()
        await bot.live(30)
        assert bot.health.problems() == ("loop: busy for 130 s",)

    probed(story)


def test_loop_without_any_event_ends_the_life() -> None:
    async def story(bot: Probed) -> None:
        await bot.live(3)
        await asyncio.sleep(20)
        assert bot.health.problems() == ()
        await asyncio.sleep(20)
        assert bot.health.problems() == ("loop: silent for 41 s",)

    probed(story)


def test_keeper_that_hangs_beyond_its_own_patience_ends_the_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(bot: Probed) -> None:
        monkeypatch.setattr(bot.bench.engine.keeper, "_round", never)
        monkeypatch.setattr("botrunner.engine.keeper._ANSWER_WITHIN", 100_000.0)
        await bot.live(130)
        (found,) = bot.health.problems()
        assert found.startswith("lease: busy for ")

    probed(story)


def test_fenced_bot_lives_and_is_not_ready() -> None:
    """Postgres is away for an hour: readiness alone (I10)."""

    async def story(bot: Probed) -> None:
        bot.bench.lease.is_away = True
        await bot.live(3600)
        assert bot.bench.engine.state.is_fenced
        assert bot.health.problems() == ()
        assert bot.health.obstacles() == ("not recovered",)
        bot.bench.lease.is_away = False
        await bot.live(10)
        bot.bench.close_candle(1, "100")
        await quiet()
        assert bot.health.obstacles() == ()

    probed(story)


def test_silent_ledger_is_no_reason_for_a_restart() -> None:
    async def story(bot: Probed) -> None:
        bot.bench.lease.hangs = True
        await bot.live(600)
        assert bot.health.problems() == ()

    probed(story)


@pytest.mark.parametrize(
    ("halt", "change"),
    [("by a person", {}), (None, {"desiredState": "Paused"}), (None, {"desiredState": "Flat"})],
)
def test_bot_that_may_not_enter_is_ready(halt: str | None, change: dict[str, str]) -> None:
    async def story(bot: Probed) -> None:
        bot.bench.lease.latch = halt
        bot.bench.engine.reconfigure(configured(2, **change))
        bot.bench.close_candle(1, "100")
        await bot.live(10)
        assert bot.health.problems() == ()
        assert bot.health.obstacles() == ()

    probed(story)


def test_candles_that_stay_away_make_the_market_stale() -> None:
    async def story(bot: Probed) -> None:
        bot.bench.close_candle(1, "100")
        await bot.live(2)
        now = bot.bench.exchange.venue.now
        bot.bench.exchange.venue.now = now + timedelta(minutes=6)  # twice its length, and five
        assert not bot.health.is_market_stale()
        bot.bench.exchange.venue.now = now + timedelta(minutes=8)
        assert bot.health.obstacles() == ("market data is stale",)

    probed(story)


def test_symbol_without_any_candle_is_stale_and_so_is_a_lost_stream() -> None:
    async def story(bot: Probed) -> None:
        await bot.live(2)
        assert bot.health.is_market_stale()
        bot.bench.close_candle(1, "100")
        await bot.live(2)
        assert not bot.health.is_market_stale()
        bot.is_connected = False
        assert bot.health.obstacles() == ("market data is stale",)

    probed(story)


def test_lease_that_is_not_renewed_makes_it_not_ready_before_it_is_fenced() -> None:
    async def story(bot: Probed) -> None:
        bot.bench.close_candle(1, "100")
        await bot.live(2)
        bot.bench.clock.suspended = (
            30  # the machine slept: no permit is left, and nobody has looked yet
        )
        assert bot.health.obstacles() == ("the lease is not renewed",)

    probed(story)


def test_bot_that_can_not_reach_the_exchange_lives() -> None:
    async def story(bot: Probed) -> None:
        bot.bench.troubles.broken["account"] = Transient("away")
        bot.bench.engine.keeper.drop("again")
        await bot.live(600)
        assert bot.health.problems() == ()
        assert bot.health.obstacles() == ("not recovered",)

    probed(story)
