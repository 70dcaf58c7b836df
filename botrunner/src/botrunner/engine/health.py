"""Whether the bot lives, and whether it is ready; a kubelet restarts only what does not live."""

from collections.abc import Callable
from datetime import datetime, timedelta

from botrunner.engine.loop import Engine
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["Health", "stale_symbols"]

_LATE_BY = timedelta(minutes=5)
"""How late a closed candle may be in venue time: as late as it may be acted on (TR-34)."""


class Health:
    """What the probes answer. A fenced, halted or waiting bot lives: a restart would mend nothing (I10)."""

    def __init__(
        self,
        engine: Engine,
        *,
        is_market_live: Callable[[], bool],
        venue_now: Callable[[], datetime],
    ) -> None:
        """Take the engine, whether the market stream is connected, and the venue's clock."""
        self._engine = engine
        self._is_market_live = is_market_live
        self._venue_now = venue_now

    def problems(self) -> tuple[str, ...]:
        """Return what only a new process can mend."""
        pulses = (("loop", self._engine.pulse), ("lease", self._engine.keeper.pulse))
        return tuple(f"{name}: {found}" for name, pulse in pulses if (found := pulse.problem()))

    def obstacles(self) -> tuple[str, ...]:
        """Return what keeps the bot from trading as it should."""
        if self._engine.state.is_fenced:
            return ("not recovered",)
        found = [] if self._engine.keeper.may_send() else ["the lease is not renewed"]
        if self.is_market_stale():
            found.append("market data is stale")
        return tuple(found)

    def is_market_stale(self) -> bool:
        """Tell whether candles of a wanted symbol stay away; while fenced nobody looks at them."""
        state, rules = self._engine.state, self._engine.rules
        if state.is_fenced or not rules.wanted_candles():
            return False
        return not self._is_market_live() or bool(stale_symbols(state, rules, self._venue_now()))


def stale_symbols(state: BotState, rules: Rules, venue_now: datetime) -> tuple[str, ...]:
    """Return the symbols without a closed candle for twice its length and five minutes of venue time."""
    return tuple(
        symbol
        for symbol, interval in sorted(rules.wanted_candles())
        if symbol not in state.marked_at
        or venue_now - state.marked_at[symbol] > interval.length * 2 + _LATE_BY
    )
