"""Samples equity and balances for people to look at; never on the way of an order."""

import structlog

from botcore.domain.errors import Transient
from botcore.domain.money import ZERO
from botcore.runtime.clock import Clock
from botrunner.ports import Exchange, Journal
from botrunner.trading.risk import equity, unrealized
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["Sampler"]

_log = structlog.get_logger(__name__)
_EQUITY_EVERY = 60.0
"""Seconds of real time between equity samples without a fill."""
_FILLS_EVERY = 2.0
"""Least seconds between samples while fills come in."""


class Sampler:
    """Writes an equity row every minute and soon after fills, and the balances after fills."""

    def __init__(self, *, journal: Journal, exchange: Exchange, clock: Clock) -> None:
        """Take the ports."""
        self._journal = journal
        self._exchange = exchange
        self._clock = clock
        self._sampled_at = float("-inf")
        self._is_due = False

    def note_fill(self) -> None:
        """Ask for a sample soon."""
        self._is_due = True

    async def sample(self, state: BotState, rules: Rules) -> None:
        """Write what is due; the exchange's silence only leaves the balances as they were.

        Raises:
            Transient: the ledger is away.
        """
        since = self._clock.boottime() - self._sampled_at
        if state.is_fenced or state.venue_time is None:
            return
        if since < (_FILLS_EVERY if self._is_due else _EQUITY_EVERY):
            return
        had_fills, self._is_due, self._sampled_at = self._is_due, False, self._clock.boottime()
        open_profit = unrealized(state)
        total = equity(state, rules)
        cost = sum((sub_book.cost_quote for sub_book in state.sub_books.values()), ZERO)
        await self._journal.save_equity(
            venue_time=state.venue_time,
            equity=total,
            realized=total - rules.capital - open_profit,
            unrealized=open_profit,
            exposure=cost + open_profit,
        )
        if had_fills:
            try:
                balances = await self._exchange.balances()
            except Transient as error:
                _log.warning("balances_not_read", reason=str(error))
                return
            await self._journal.save_balances(balances)
