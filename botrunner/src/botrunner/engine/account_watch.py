"""Watches the exchange account: its balances, its other orders, and what its fees are worth."""

from dataclasses import dataclass
from typing import Protocol

import structlog

from botcore.domain.account_book import FEE_ASSET
from botcore.domain.errors import InvalidInput, Transient
from botcore.domain.market import Interval
from botcore.runtime.clock import Clock
from botrunner.engine.bookkeeping import Bookkeeper, BooksLedger
from botrunner.engine.strangers import OpenOrders, StrangerLedger, Strangers
from botrunner.ports import Account, Exchange, Journal
from botrunner.trading.commands import SaveBooking
from botrunner.trading.events import BooksChecked, CandleClosed, Event, OrderReported, Problem
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step

__all__ = ["AccountBooks", "AccountWatch", "WholeLedger"]

_log = structlog.get_logger(__name__)
_RATE_EVERY = 60.0
"""Seconds of real time between readings of the fee asset's price."""


class WholeLedger(BooksLedger, StrangerLedger, Protocol):
    """What the ledger keeps of the whole account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBooks:
    """What the watch needs besides the engine's own parts.

    `is_exact`: nobody else uses the account, so that every unit of it must be explained (paper).
    """

    ledger: WholeLedger
    open_orders: OpenOrders
    is_exact: bool


class AccountWatch:
    """A witness of every decision that compares what was decided with what the account shows."""

    def __init__(
        self, books: AccountBooks, *, exchange: Exchange, journal: Journal, clock: Clock
    ) -> None:
        """Take the ports."""
        self._exchange = exchange
        self._clock = clock
        self._keeper = Bookkeeper(
            ledger=books.ledger,
            exchange=exchange,
            journal=journal,
            clock=clock,
            is_exact=books.is_exact,
        )
        self._strangers = Strangers(ledger=books.ledger, open_orders=books.open_orders, clock=clock)
        self._rules: Rules | None = None
        self._rate_at = float("-inf")

    def began(self, _state: BotState, rules: Rules) -> None:
        """Note the rules in force."""
        self._rules = rules

    def decided(self, event: Event, step: Step) -> None:
        """Count own fills; note what others did."""
        if self._rules is None:
            return
        for command in step.commands:
            if isinstance(command, SaveBooking):
                self._keeper.booked(command, self._rules)
        self._keeper.heard(event, self._rules)
        if isinstance(event, OrderReported):
            self._strangers.heard(event, step)

    async def recovered(self, account: Account, state: BotState, rules: Rules) -> tuple[Event, ...]:
        """Sum up the books and read others' open orders, before the venue is asked about own ones.

        Raises:
            Transient: venue or ledger are away; the bot must not trade.
        """
        await self._keeper.recovered(account, rules)
        await self._strangers.read_open(rules, tuple(state.orders))
        await self._strangers.write(rules.bot_uid, at_once=True)
        self._rate_at = float("-inf")
        return await self._fee_rate(state, rules)

    def first_look(self, account: Account, state: BotState, rules: Rules) -> BooksChecked:
        """Say what is known to be wrong before the first decision."""
        self._keeper.first_look(account, state, rules)
        return BooksChecked(problems=self._problems())

    async def check(self, state: BotState, rules: Rules) -> tuple[Event, ...]:
        """Do what is due, and return what the trading core has to know.

        Raises:
            Transient, LeaseLost: the ledger is away or not ours.
        """
        if state.is_fenced:
            return ()
        await self._strangers.write(rules.bot_uid)
        written_off = await self._keeper.check(state, rules)
        rate = await self._fee_rate(state, rules)
        problems = self._problems()
        if problems == state.problems and not written_off:
            return rate
        checked = BooksChecked(
            problems=problems, written_off=written_off, venue_time=self._exchange.venue_now()
        )
        return (*rate, checked)

    def _problems(self) -> tuple[Problem, ...]:
        strange = self._strangers.problem
        return (*self._keeper.problems, *(() if strange is None else (strange,)))

    async def _fee_rate(self, state: BotState, rules: Rules) -> tuple[Event, ...]:
        """Read what the fee asset is worth, if the account has any and no strategy watches it (TR-16)."""
        symbol, now = FEE_ASSET + rules.quote_asset, self._clock.boottime()
        watched = {pair[0] for pair in rules.wanted_candles()}
        if symbol in watched or not self._keeper.holds(FEE_ASSET):
            return ()
        if now - self._rate_at < _RATE_EVERY:
            return ()
        self._rate_at = now
        try:
            candles = await self._exchange.candles(symbol, Interval.M1, 1)
        except (Transient, InvalidInput) as error:
            _log.warning("fee_rate_not_read", symbol=symbol, reason=str(error))
            return ()
        known = state.marked_at.get(symbol)
        return tuple(
            [
                CandleClosed(candle=candle, is_history=True)
                for candle in candles
                if known is None or candle.close_at > known
            ]
        )
