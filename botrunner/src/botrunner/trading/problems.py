"""What makes a bot Degraded, from what the trading core knows."""

from datetime import datetime, timedelta
from typing import Final

from botrunner.trading.agreement import distrust
from botrunner.trading.events import Problem
from botrunner.trading.risk import breached_limits
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["stale_markets", "standing_problems"]

_LATE: Final = timedelta(minutes=5)
"""How much later than a candle's length the next one may come (venue time)."""


def standing_problems(state: BotState, rules: Rules) -> tuple[Problem, ...]:
    """Return every problem that stands, the gravest first; equal while nothing changed (I6)."""
    limits = (
        Problem(reason="RiskLimitReached", message=limit) for limit in breached_limits(state, rules)
    )
    return tuple(dict.fromkeys((*distrust(state), *limits)))


def stale_markets(state: BotState, rules: Rules, venue_now: datetime) -> dict[str, Problem]:
    """Return, by symbol, which candles are overdue by more than their own length and five minutes."""
    found: dict[str, Problem] = {}
    for rule in rules.strategies:
        for symbol in rule.symbols:
            last = state.marked_at.get(symbol)
            if last is None or venue_now - last <= 2 * rule.interval.length + _LATE:
                continue
            since = last.isoformat(timespec="seconds")
            message = f"no closed candle of {symbol} {rule.interval.value} since {since}"
            found.setdefault(symbol, Problem(reason="MarketStale", message=message))
    return found
