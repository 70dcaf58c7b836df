"""Compares the ledger with the exchange account once a minute (design §6, TR-20, TR-43 to TR-45)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import structlog

from botcore.domain.account_book import Adjustment, BookTotals, fill_changes
from botcore.domain.errors import Transient
from botcore.domain.lots import Lot, SubBook, write_off
from botcore.domain.money import ZERO
from botcore.domain.orders import Fill, Side, own_mark
from botcore.runtime.clock import Clock
from botrunner.ports import Account, Exchange, Journal
from botrunner.trading.adjusting import Evidence, Verdict, judge
from botrunner.trading.agreement import (
    Difference,
    assets_in_doubt,
    differences,
    own_lots,
    uncovered,
)
from botrunner.trading.commands import SaveBooking
from botrunner.trading.events import (
    BalanceChanged,
    Event,
    OrderReported,
    Problem,
    StreamRestored,
    WriteOff,
)
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["Bookkeeper", "BooksLedger"]

_log = structlog.get_logger(__name__)
_EVERY_ON_PAPER, _EVERY = 60.0, 300.0
"""Seconds of real time between checks; reading an account weighs 20, and 200 bots share one IP's weight."""
_AGAIN = 6.0
"""Seconds until a difference is looked at again: what the stream owes has arrived by then."""
_TRIES = 3
"""How often a difference is looked at before it is acted on or left for the next minute (TR-45)."""
_REST = 5.0
"""Seconds for which an asset that a fill has just touched is left alone (TR-43)."""

WrittenOff = Sequence[tuple[SubBook, Sequence[Lot]]]
Mismatch = tuple[str, Decimal, Decimal]


class BooksLedger(Protocol):
    """What the ledger knows of the whole account. Raises Transient, and LeaseLost on a write."""

    async def totals(self) -> BookTotals:
        """Sum up opening, fills and adjustments."""
        ...

    async def open(self, amounts: Mapping[str, Decimal]) -> None:
        """Write what the account held at the beginning, once (design §6)."""
        ...

    async def adjust(self, rows: Sequence[Adjustment], written_off: WrittenOff) -> None:
        """Commit adjustment rows together with the lots that were written off."""
        ...


class Bookkeeper:
    """Knows what the account should hold, asks what it holds, and settles the difference.

    `is_exact`: nobody else uses the account (paper), so that every unit must be explained.
    """

    def __init__(
        self,
        *,
        ledger: BooksLedger,
        exchange: Exchange,
        journal: Journal,
        clock: Clock,
        is_exact: bool,
    ) -> None:
        """Know nothing before the first recovery."""
        self._ledger = ledger
        self._exchange = exchange
        self._journal = journal
        self._clock = clock
        self._is_exact = is_exact
        self._expected: dict[str, Decimal] = {}
        self._touched_at: dict[str, float] = {}
        self._transfers: dict[str, Decimal] = {}
        self._trades: dict[str, Decimal] = {}
        self._seen_trades: set[tuple[str, int]] = set()
        self._has_gap = True
        self._looks: dict[str, tuple[Mismatch, ...]] = {}
        self._settled: dict[str, tuple[Mismatch, Problem]] = {}
        self._held: dict[str, Decimal] = {}
        self._due = float("inf")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what stands, by asset."""
        return tuple(problem for _, (_, problem) in sorted(self._settled.items()))

    def holds(self, asset: str) -> bool:
        """Tell whether the account held any of an asset when it was last read."""
        return self._held.get(asset, ZERO) > ZERO

    def booked(self, command: SaveBooking, rules: Rules) -> None:
        """Count an own fill."""
        now = self._clock.boottime()
        for asset, amount in self._changes(command.booked.fill, rules):
            self._expected[asset] = self._expected.get(asset, ZERO) + amount
            self._touched_at[asset] = now

    def heard(self, event: Event, rules: Rules) -> None:
        """Take what the user stream tells of others' doings as evidence, and look soon."""
        match event:
            case StreamRestored(stream="user"):
                self._has_gap = True
            case BalanceChanged():
                _add(self._transfers, event.asset, event.amount)
                self._look_soon()
            case OrderReported() if not event.report.client_order_id.startswith(
                own_mark(rules.bot_uid)
            ):
                for fill in event.fills:
                    self._note_trade(fill, rules)

    def _note_trade(self, fill: Fill, rules: Rules) -> None:
        key = (fill.symbol, fill.trade_id)
        if key not in self._seen_trades:
            self._seen_trades.add(key)
            for asset, amount in self._changes(fill, rules):
                _add(self._trades, asset, amount)
            self._look_soon()

    def _look_soon(self) -> None:
        self._due = min(self._due, self._clock.boottime() + _AGAIN)

    async def recovered(self, account: Account, rules: Rules) -> None:
        """Sum up anew; open the book if it is new.

        Raises:
            Transient: the ledger is away.
        """
        totals = await self._ledger.totals()
        self._expected = _expected(totals, rules)
        held = self._held = _held(account)
        if not totals.is_open:
            assets = {*held, *self._expected, rules.quote_asset}
            opening = {
                asset: held.get(asset, ZERO) - self._expected.get(asset, ZERO)
                for asset in sorted(assets)
            }
            await self._ledger.open(opening)
            self._expected = dict(held)
            _log.info("book_opened", assets=len(opening))
        self._has_gap = True
        self._transfers, self._trades, self._looks = {}, {}, {}
        self._due = self._clock.boottime() + _AGAIN

    def first_look(self, account: Account, state: BotState, rules: Rules) -> None:
        """Say at once what lots are not covered, so that no entry slips in before the first check."""
        doubted = assets_in_doubt(state, rules)
        for one in differences(self._expected, _held(account), own_lots(state, rules)):
            problem = uncovered(one)
            if problem is not None and one.asset not in doubted:
                self._settled.setdefault(one.asset, (one.mismatch, problem))

    async def check(self, state: BotState, rules: Rules) -> tuple[WriteOff, ...]:
        """Compare if it is time and return the lots written off; `problems` are what stands.

        The venue's silence is no finding (TR-44).

        Raises:
            Transient, LeaseLost: the ledger is away or not ours.
        """
        now = self._clock.boottime()
        if now < self._due:
            return ()
        try:
            account = await self._exchange.account()
        except Transient as error:
            _log.warning("books_not_checked", reason=str(error))
            self._due = now + _AGAIN
            return ()
        self._held = _held(account)
        await self._journal.save_balances(account.balances)
        found = differences(self._expected, self._held, own_lots(state, rules))
        self._forget_all_but({one.asset for one in found})
        busy = assets_in_doubt(state, rules) | self._resting(now)
        confirmed = tuple(
            [one for one in found if one.asset not in busy and self._is_confirmed(one)]
        )
        every = _EVERY_ON_PAPER if self._is_exact else _EVERY
        self._due = now + (_AGAIN if self._looks else every)
        written_off = await self._settle(confirmed, state, rules) if confirmed else ()
        is_pending = bool(self._looks) or any(one.asset in busy for one in found)
        self._has_gap = self._has_gap and is_pending
        return written_off

    def _forget_all_but(self, assets: set[str]) -> None:
        """Forget what was seen of assets that agree now."""
        for asset in {*self._looks, *self._settled, *self._transfers, *self._trades} - assets:
            self._looks.pop(asset, None)
            self._settled.pop(asset, None)
            self._transfers.pop(asset, None)
            self._trades.pop(asset, None)
        if not self._trades:  # a report that comes twice comes at once
            self._seen_trades.clear()

    def _resting(self, now: float) -> frozenset[str]:
        """Return the assets an own fill has just touched (TR-43); they are looked at anew later."""
        found = frozenset(asset for asset, at in self._touched_at.items() if now - at < _REST)
        for asset in found:
            self._looks.pop(asset, None)
        return found

    def _is_confirmed(self, one: Difference) -> bool:
        """Tell whether a difference was the same three times and is not settled yet."""
        settled = self._settled.get(one.asset)
        if settled is not None and settled[0] == one.mismatch:
            self._looks.pop(one.asset, None)
            return False
        looks = (*self._looks.get(one.asset, ()), one.mismatch)
        if len(looks) < _TRIES:
            self._looks[one.asset] = looks
            return False
        self._looks.pop(one.asset, None)
        if len(set(looks)) == 1:
            return True
        _log.warning("books_unsteady", asset=one.asset, amounts=[str(look[1]) for look in looks])
        return False

    async def _settle(
        self, confirmed: tuple[Difference, ...], state: BotState, rules: Rules
    ) -> tuple[WriteOff, ...]:
        evidence = Evidence(
            transfers=self._transfers,
            trades=self._trades,
            is_whole=self._is_exact and not self._has_gap,
        )
        verdict = judge(confirmed, evidence, state, rules, venue_time=self._exchange.venue_now())
        if verdict.adjustments:
            await self._ledger.adjust(verdict.adjustments, _written_off(verdict, state))
        for row in verdict.adjustments:
            _add(self._expected, row.asset, row.amount)
            self._transfers.pop(row.asset, None)
            self._trades.pop(row.asset, None)
            _log.warning(
                "book_adjusted", asset=row.asset, amount=str(row.amount), kind=row.kind.value
            )
        self._remember(confirmed, verdict)
        return verdict.write_offs

    def _remember(self, confirmed: tuple[Difference, ...], verdict: Verdict) -> None:
        for one in confirmed:
            self._settled.pop(one.asset, None)
            problem = verdict.problems.get(one.asset)
            if problem is not None:
                mended = sum((r.amount for r in verdict.adjustments if r.asset == one.asset), ZERO)
                left = (one.asset, one.amount - mended, one.short)
                self._settled[one.asset] = (left, problem)
                _log.error("books_disagree", reason=problem.message)

    def _changes(self, fill: Fill, rules: Rules) -> tuple[tuple[str, Decimal], ...]:
        instrument = rules.instruments.get(fill.symbol)
        if instrument is None:
            return ()
        return fill_changes(fill, instrument.base_asset, instrument.quote_asset)


def _add(amounts: dict[str, Decimal], asset: str, amount: Decimal) -> None:
    amounts[asset] = amounts.get(asset, ZERO) + amount


def _held(account: Account) -> dict[str, Decimal]:
    return {asset: one.free + one.locked for asset, one in account.balances.items()}


def _expected(totals: BookTotals, rules: Rules) -> dict[str, Decimal]:
    expected: dict[str, Decimal] = {}
    for asset, amount in totals.amounts:
        _add(expected, asset, amount)
    for one in totals.traded:
        instrument = rules.instruments[one.symbol]
        sign = 1 if one.side is Side.BUY else -1
        _add(expected, instrument.base_asset, sign * one.quantity)
        _add(expected, instrument.quote_asset, -sign * one.quote_quantity)
    return expected


def _written_off(verdict: Verdict, state: BotState) -> WrittenOff:
    bookings = [
        write_off(state.sub_book((one.strategy, one.symbol)), one.quantity)
        for one in verdict.write_offs
    ]
    return [(booking.sub_book, booking.changed) for booking in bookings]
