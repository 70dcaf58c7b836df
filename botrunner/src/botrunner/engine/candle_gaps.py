"""Candles that are missing or late: what belongs between two of them, and which are overdue (TR-35, TR-36)."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from botcore.domain.errors import Transient
from botcore.domain.market import Candle, Interval
from botcore.domain.money import ZERO
from botcore.domain.records import replace
from botcore.runtime.clock import Clock
from botrunner.ports import Deliver, Exchange
from botrunner.trading.deciding import last_candle
from botrunner.trading.events import CandleClosed, Event
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["LateCandles", "as_events", "filled", "is_after_gap"]

_log = structlog.get_logger(__name__)
_Pair = tuple[str, Interval]
_PATIENCE: Final = 3.0
"""Seconds of real time the stream has for a candle that has closed."""
_ASK_EVERY: Final = 5.0
"""Seconds of real time between two questions for a late one."""
_GRACE: Final = 60.0
"""Seconds of real time after which it counts as missing."""
_MOST: Final = 500
"""Candles that one question brings at most."""


def filled(candles: Sequence[Candle]) -> tuple[Candle, ...]:
    """Put a flat candle without volume wherever the venue has none, oldest first (TR-35)."""
    found: list[Candle] = []
    for candle in candles:
        while found and _is_apart(found[-1], candle):
            found.append(_flat_after(found[-1]))
        found.append(candle)
    count = len(found) - len(candles)
    if count:
        last = candles[-1]
        _log.warning(
            "candles_filled", symbol=last.symbol, interval=last.interval.value, count=count
        )
    return tuple(found)


def _is_apart(earlier: Candle, later: Candle) -> bool:
    """Tell whether a candle is missing between two."""
    return later.open_at - earlier.open_at > earlier.interval.length


def is_after_gap(state: BotState, rules: Rules, event: Event) -> bool:
    """Tell whether this is a candle whose predecessor its strategy has not seen."""
    if not isinstance(event, CandleClosed):
        return False
    last = last_candle(state, rules, event.candle.symbol, event.candle.interval)
    return last is not None and _is_apart(last, event.candle)


def as_events(candles: Sequence[Candle], venue_now: datetime) -> tuple[CandleClosed, ...]:
    """Tell candles that were asked for, oldest first.

    Only the newest may be acted on, and only while it is no older than half its length (TR-38).
    """
    return tuple(
        CandleClosed(
            candle=candle,
            is_history=candle is not candles[-1]
            or venue_now - candle.close_at > candle.interval.length / 2,
        )
        for candle in candles
    )


def _flat_after(candle: Candle) -> Candle:
    price, length = candle.close, candle.interval.length
    return replace(
        candle, open_at=candle.open_at + length, close_at=candle.close_at + length,
        open=price, high=price, low=price, close=price, volume=ZERO,
    )  # fmt: skip


@dataclass(slots=True)
class _Wait:
    """One candle that has closed and did not come; seconds of CLOCK_BOOTTIME."""

    due: datetime
    since: float
    ask_at: float
    is_over: bool = False


class LateCandles:
    """Asks the venue for candles the stream does not bring, for a while (TR-36)."""

    def __init__(self, exchange: Exchange, clock: Clock, deliver: Deliver) -> None:
        """Await nothing yet; what is found is delivered as if the stream had brought it."""
        self._exchange = exchange
        self._clock = clock
        self._deliver = deliver
        self._waits: dict[_Pair, _Wait] = {}

    async def run(self, known: Callable[[], tuple[BotState, Rules]]) -> None:
        """Look every second until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            await self.look(*known())

    async def look(self, state: BotState, rules: Rules) -> None:
        """Ask for whatever is overdue now; while fenced nothing is awaited."""
        if state.is_fenced:
            return
        for symbol, interval in sorted(rules.wanted_candles()):
            last = last_candle(state, rules, symbol, interval)
            if last is not None and self._is_to_be_asked(last):
                await self._ask(last)

    def _is_to_be_asked(self, last: Candle) -> bool:
        now, due = self._clock.boottime(), last.close_at + last.interval.length
        pair = (last.symbol, last.interval)
        wait = self._waits.get(pair)
        if self._exchange.venue_now() < due:
            return False
        if wait is None or wait.due != due:
            self._waits[pair] = _Wait(due, now, now + _PATIENCE)
            return False
        if wait.is_over or now < wait.ask_at:
            return False
        if now - wait.since > _GRACE:
            wait.is_over = True
            _log.warning(
                "candle_missing", symbol=last.symbol, interval=last.interval.value, due=str(due)
            )
            return False
        wait.ask_at = now + _ASK_EVERY
        return True

    async def _ask(self, last: Candle) -> None:
        missing = (self._exchange.venue_now() - last.close_at) // last.interval.length
        limit = min(missing + 1, _MOST)
        try:
            read = await self._exchange.candles(last.symbol, last.interval, limit)
        except Transient as error:
            _log.warning("late_candle_not_read", symbol=last.symbol, reason=str(error))
            return
        news = [candle for candle in read if candle.open_at > last.open_at]
        for event in as_events(filled([last, *news])[1:], self._exchange.venue_now()):
            self._deliver(event)
