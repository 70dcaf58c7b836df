"""Whether the ledger and the exchange account agree; values in, findings out (design §6, TR-19, TR-20)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from botcore.domain.account_book import FEE_ASSET
from botcore.domain.lots import write_off
from botcore.domain.money import ZERO, wire
from botrunner.trading.cancelling import is_unresolved
from botrunner.trading.events import BalanceChanged, BooksChecked, Problem
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = [
    "BEARABLE",
    "EXACT",
    "Amounts",
    "Difference",
    "assets_in_doubt",
    "books_checked",
    "differences",
    "distrust",
    "own_lots",
    "uncovered",
]

EXACT: Final = Decimal("1E-8")
"""Amounts closer than Binance's smallest unit are equal."""
BEARABLE: Final = Decimal("0.02")
"""The share up to which a difference mends itself by a row that everybody can see (TR-19, TR-20)."""
_DOUBTFUL_DAYS: Final = 1
"""For how many days (UTC) after it a fill that is not believed blocks entries."""

Amounts = Mapping[str, Decimal]
"""By asset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One asset of which the account holds (free and locked) something else than the ledger says.

    `own` are the own lots in it, which the account must cover. Equal while nothing changed.
    """

    asset: str
    expected: Decimal
    held: Decimal
    own: Decimal

    @property
    def amount(self) -> Decimal:
        """What the ledger does not explain; negative if something is gone."""
        return self.held - self.expected

    @property
    def short(self) -> Decimal:
        """Own lots that the account does not cover."""
        return max(self.own - self.held, ZERO)

    @property
    def mismatch(self) -> tuple[str, Decimal, Decimal]:
        """What makes it the same mismatch at the next look."""
        return self.asset, self.amount, self.short


def own_lots(state: BotState, rules: Rules) -> Amounts:
    """Return the base asset that the lots of all strategies hold, by asset."""
    found: dict[str, Decimal] = {}
    for (_, symbol), sub_book in state.sub_books.items():
        instrument = rules.instruments.get(symbol)
        if instrument is not None and sub_book.lots:
            asset = instrument.base_asset
            found[asset] = found.get(asset, ZERO) + sub_book.quantity
    return found


def assets_in_doubt(state: BotState, rules: Rules) -> frozenset[str]:
    """Return the assets whose balances an order in flight or an unbooked fill may have changed (TR-44)."""
    symbols = {order.symbol for order in state.orders.values() if is_unresolved(order)}
    found = [rules.instruments[symbol] for symbol in symbols if symbol in rules.instruments]
    fees = {FEE_ASSET} if symbols else set()
    return frozenset(fees | {asset for one in found for asset in (one.base_asset, one.quote_asset)})


def differences(expected: Amounts, held: Amounts, own: Amounts) -> tuple[Difference, ...]:
    """Compare by asset; an asset that one side does not name counts as nothing there."""
    found = (
        Difference(
            asset=asset,
            expected=expected.get(asset, ZERO),
            held=held.get(asset, ZERO),
            own=own.get(asset, ZERO),
        )
        for asset in sorted({*expected, *held, *own})
    )
    return tuple(one for one in found if abs(one.amount) > EXACT or one.short > EXACT)


def uncovered(one: Difference) -> Problem | None:
    """Return what is wrong if the account lacks more than 2 % of own lots."""
    if one.short <= max(one.own * BEARABLE, EXACT):
        return None
    message = f"{one.asset}: the account holds {wire(one.held)}, own lots are {wire(one.own)}"
    return Problem(reason="BooksDisagree", message=message)


def books_checked(state: BotState, event: BooksChecked | BalanceChanged) -> BotState:
    """Take a check's findings; what was written off is no longer held and is a loss of that day.

    A change of a balance is evidence for the next check and changes nothing here.
    """
    if isinstance(event, BalanceChanged):
        return state
    state = replace(state, problems=event.problems)
    for one in event.written_off:
        key = (one.strategy, one.symbol)
        booking = write_off(state.sub_book(key), one.quantity)
        is_today = event.venue_time is None or event.venue_time.date() == state.day
        loss = (booking.realized_quote or ZERO) if is_today else ZERO
        state = replace(
            state,
            sub_books={**state.sub_books, key: booking.sub_book},
            day_realized=state.day_realized + loss,
        )
    return state


def distrust(state: BotState) -> tuple[Problem, ...]:
    """Return why the books can't be relied on; entries wait, exits go on (TR-66, I9)."""
    doubts = (
        Problem(reason=text.partition(": ")[0], message=text.partition(": ")[2])
        for day, text in state.doubts
        if state.day is None or (state.day - day).days <= _DOUBTFUL_DAYS
    )
    return (*state.problems, *doubts)
