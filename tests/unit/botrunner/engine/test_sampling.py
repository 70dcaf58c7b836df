"""Figures for people: equity each minute and soon after fills, balances after fills."""

from decimal import Decimal

from botcore.domain.errors import Transient
from botrunner.engine.sampling import Sampler
from botrunner.trading.state import BotState
from tests.support.engine_ports import ModelExchange, ModelJournal, Troubles
from tests.support.trading import bought, candle, dca_rules, leased, play
from tests.support.virtual_time import VirtualClock, run_virtual

RULES = dca_rules()


class Bench:
    def __init__(self) -> None:
        self.troubles = Troubles()
        self.journal = ModelJournal(self.troubles)
        self.clock = VirtualClock()
        self.sampler = Sampler(
            journal=self.journal, exchange=ModelExchange(self.troubles), clock=self.clock
        )

    def sample(self, state: BotState, *pauses: float, fills: bool = False) -> int:
        """Sample once after each pause (seconds); returns how many rows there are."""

        async def story() -> int:
            for pause in pauses:
                self.clock.suspended += pause
                if fills:
                    self.sampler.note_fill()
                await self.sampler.sample(state, RULES)
            return len(self.journal.equities)

        return run_virtual(story())


def test_first_sample_comes_at_once_and_then_one_a_minute() -> None:
    state = play(leased(RULES), RULES, candle(1, "100")).state

    assert Bench().sample(state, 0, 1, 58, 1.5, 30) == 2


def test_fills_are_sampled_soon_but_not_each() -> None:
    state = play(leased(RULES), RULES, candle(1, "100")).state
    bench = Bench()

    assert bench.sample(state, 0, 0.5, 0.5, 1.5, fills=True) == 2
    assert len(bench.troubles.named("save_balances")) == 2


def test_nothing_is_sampled_while_fenced_or_before_the_first_candle() -> None:
    assert Bench().sample(BotState(), 0, 100) == 0
    assert Bench().sample(leased(RULES), 0, 100) == 0


def test_sample_adds_up() -> None:
    state, _ = bought(RULES)
    state = play(state, dca_rules(desired="Paused"), candle(2, "110")).state
    bench = Bench()

    bench.sample(state, 0)

    (row,) = bench.journal.equities
    assert row["equity"] == Decimal("1009.890")  # 1000 - 100 + 0.999 x 110
    assert row["exposure"] == Decimal("109.890")
    assert (row["realized"], row["unrealized"]) == (0, Decimal("9.890"))


def test_silent_exchange_leaves_the_balances_as_they_were() -> None:
    state = play(leased(RULES), RULES, candle(1, "100")).state
    bench = Bench()
    bench.troubles.broken["account"] = Transient("away")

    assert bench.sample(state, 0, fills=True) == 1
    assert bench.troubles.named("save_balances") == []
