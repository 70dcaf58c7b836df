"""Every decision of the process passes here: one state, the rules in force, and who watches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from botcore.domain.instruments import Instrument
from botrunner.engine.executor import Executor, Outcome
from botrunner.ports import Witness
from botrunner.trading.decide import decide
from botrunner.trading.events import Event
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["Turner"]


class Turner:
    """Holds the state and the rules; `turn` is the only caller of `decide`."""

    def __init__(
        self, *, executor: Executor, rules: Rules, witnesses: Sequence[Witness] = ()
    ) -> None:
        """Start with nothing known."""
        self._executor = executor
        self._witnesses = tuple(witnesses)
        self.state = BotState()
        self.rules = rules
        self._tell_start()

    async def turn(self, event: Event) -> Outcome:
        """Decide on one event and carry out what follows; the answers are the caller's to feed back."""
        step = decide(self.state, event, self.rules)
        self.state = step.state
        for witness in self._witnesses:
            witness.decided(event, step)
        return await self._executor.perform(step.commands, generation=self.rules.generation)

    def restart(self, state: BotState, rules: Rules) -> None:
        """Begin anew from what ledger and venue said."""
        self.state, self.rules = state, rules
        self._tell_start()

    def follow(self, rules: Rules) -> None:
        """Follow other rules from the next event on."""
        self.rules = rules
        self._tell_start()

    def refresh(self, instruments: Mapping[str, Instrument]) -> None:
        """Follow filters that were read anew, where they differ."""
        now = {**self.rules.instruments, **instruments}
        if now != self.rules.instruments:
            self.follow(replace(self.rules, instruments=now))

    def forget_signals(self) -> None:
        """Drop every strategy's own state, because history is about to be fed again."""
        self.state = replace(self.state, signals={})
        self._tell_start()

    def _tell_start(self) -> None:
        for witness in self._witnesses:
            witness.began(self.state, self.rules)
