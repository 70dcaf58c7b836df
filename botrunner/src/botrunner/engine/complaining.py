"""What the bot says is wrong with it, for its heartbeat."""

from collections.abc import Callable

from botcore.runtime.clock import Clock
from botrunner.ports import Exchange
from botrunner.trading.events import CandleClosed, Event, KeyInUse, Problem
from botrunner.trading.problems import stale_markets, standing_problems
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step

__all__ = ["Complaints"]

_SILENT_AFTER = 10.0
"""Seconds of real time without a symbol's candle before it can be stale, however fast venue time runs."""


class Complaints:
    """A witness that knows when each market was last heard of; `key` tells whether a mounted key was refused."""

    def __init__(self, exchange: Exchange, clock: Clock, key: Callable[[], KeyInUse]) -> None:
        """Have heard of nothing."""
        self._exchange = exchange
        self._clock = clock
        self._key = key
        self._heard_at: dict[str, float] = {}

    def began(self, _state: BotState, rules: Rules) -> None:
        """Count the silence of a symbol from here on."""
        for symbol, _ in rules.wanted_candles():
            self._heard_at.setdefault(symbol, self._clock.boottime())

    def decided(self, event: Event, _step: Step) -> None:
        """Note a market's sign of life."""
        if isinstance(event, CandleClosed):
            self._heard_at[event.candle.symbol] = self._clock.boottime()

    def of(self, state: BotState, rules: Rules) -> tuple[Problem, ...]:
        """Return every problem that stands; a fenced bot's memory is old and says nothing."""
        if state.is_fenced:
            return ()
        now = self._clock.boottime()
        stale = stale_markets(state, rules, self._exchange.venue_now())
        silent = {one for one in stale if now - self._heard_at.get(one, now) >= _SILENT_AFTER}
        refused = self._key().problem
        key = (Problem(reason="KeyRefused", message=refused),) if refused else ()
        return (*standing_problems(state, rules), *(stale[one] for one in sorted(silent)), *key)
